"""Cross-aligned VAEs with published weights, and the values that they must give."""

import re
from dataclasses import replace

import torch

from zsar.vae.classifier import logits
from zsar.vae.model import AlignedVAE, Gaussian
from zsar.vae.step import Batch, LossWeights, vae_step
from zsar.vae.training import CycleSchedule, loss_weights

KINDS = ("weight", "bias")
HEADS = ("mu", "logvar")


def schedule(steps, **changes):
    """As published: the cross terms start at step 1400 of 1700, otherwise at step 1500."""
    cross = 1400 if steps == 1700 else 1500
    published = CycleSchedule(
        cycles=10,
        steps=steps,
        kl_gain=0.1,
        kl_steps=3000,
        motion_kl_after=1000,
        text_kl_after=cross,
        text_kl_cycle=2,
        cross_after=cross,
        distribution=0.0,
    )
    return replace(published, **changes)


def tensors(given, prefix, texts):
    """Published weights, or gradients, under our names; `texts` are prefixes of text modules."""

    def stacked(modules, kind):
        stack = torch.stack(
            [torch.cat([given[f"{prefix}{part}.0.{kind}"] for part in parts]) for parts in modules]
        )
        return stack.mT if kind == "weight" else stack[:, None]

    def encoders(names):
        return [[f"{name}encoder.{head}_transformation" for head in HEADS] for name in names]

    def decoders(names):
        return [[f"{name}decoder.model"] for name in names]

    modules = {
        "motion_encoder": encoders(["sequence_"]),
        "text_encoder": encoders(texts),
        "motion_decoder": decoders(["sequence_"]),
        "text_decoder": decoders(texts),
    }
    return {
        f"{ours}.{kind}": stacked(theirs, kind)
        for ours, theirs in modules.items()
        for kind in KINDS
    }


def loaded(given, texts):
    state = tensors(given, "w/", texts)
    sizes = [state[f"{name}.weight"].shape[1] for name in ("motion_encoder", "text_encoder")]
    latent = state["motion_decoder.weight"].shape[1]
    ours = AlignedVAE(*sizes, len(texts), latent, "relu")
    ours.load_state_dict(state)
    return ours


def batch(ours, given, features, text, names):
    """Published noise is one number for each row and part."""
    noise = [given[f"x/eps_{name}"].expand(-1, ours.latent // ours.parts) for name in names]
    motion_noise = given["x/eps_s"].expand(-1, ours.latent)
    both = torch.stack((motion_noise, torch.cat(noise, dim=1)))
    return Batch(features, text, given["x/target"], both)


def check_terms(ours, data, given, names):
    """`names` are those of the texts in the published terms, as in t_recons; returns the terms."""
    alone = vae_step(ours, data, LossWeights(0.0, 0.0, False, 0.0))
    both = vae_step(ours, data, LossWeights(1.0, 1.0, True, 1.0))
    summed = lambda term: sum(given[f"y/{name}_{term}"] for name in names)
    given.close(alone["motion"], given["y/s_recons"])
    given.close(alone["text"], summed("recons"))
    given.close(both["motion"] - alone["motion"], given["y/s_crecons"])
    given.close(both["text"] - alone["text"], summed("crecons"))
    given.close(both["motion_kl"], -given["y/s_kld"])  # published with the sign turned
    given.close(both["text_kl"], -summed("kld"))
    return both


@torch.no_grad()
def check_modalities(ours, data, given, names):
    """Codes, samples, and the outputs of both decoders for both modalities."""
    motion_code = Gaussian.of(ours.encode_motion(data.features))
    text_code = Gaussian.of(ours.encode_text(data.text)[data.targets])
    motion, text = motion_code.sample(data.noise[0]), text_code.sample(data.noise[1])
    for code, sample, parts in ((motion_code, motion, ["s"]), (text_code, text, names)):
        for kind, value in (("mu", code.mean), ("lv", code.logvar), ("z", sample)):
            given.close(value, torch.cat([given[f"y/{part}{kind}"] for part in parts], dim=1))
    for latent, motion_key, text_key in ((motion, "sout", "froms"), (text, "sfromt", "out")):
        given.close(ours.motion_decoder(latent[None])[0].relu(), given[f"y/{motion_key}"])
        decoded = ours.text_decoder(ours.split_parts(latent)).relu()
        for part, name in zip(decoded, names, strict=True):
            given.close(part, given[f"y/{name}{text_key}"])


def totals(given):
    """Cycle and step of every total in the fixture."""
    found = [tuple(map(int, re.findall(r"\d+", name))) for name in given if "/loss_cycle" in name]
    assert found
    return found


def check_total(ours, data, given, plan, cycle, step, texts):
    terms = vae_step(ours, data, loss_weights(plan, cycle, step))
    given.close(sum(terms.values()), given[f"y/loss_cycle{cycle}_step{step}"])
    prefix = f"y/grad_cycle{cycle}_step{step}/"
    if any(name.startswith(prefix) for name in given):
        for name, gradient in tensors(given, prefix, texts).items():
            given.close(ours.get_parameter(name).grad, gradient)


@torch.no_grad()
def check_predictions(ours, given, features):
    """The predicted classes of clips."""
    weight, bias = given["w/cls.model.0.weight"], given["w/cls.model.0.bias"]
    found = logits(ours, features, weight, bias[:, None], "relu")
    given.close(Gaussian.of(ours.encode_motion(features)).mean, given["y/test_mu"])
    given.close(found, given["y/test_logits"])
    given.close(found.softmax(1), given["y/test_softmax"])
    return given["x/unseen_classes"][found.argmax(1)]
