"""FS-VAE's bands, terms, schedule, gradients, training steps, classifier and predictions."""

import re

import torch
from torch.nn import functional as F

from parity import _vae as published
from zsar.learning.optim import AdamConfig, fused_adam
from zsar.vae.classifier import logits
from zsar.vae.frequency import (
    BandConfig,
    CalibrationConfig,
    FrequencyVAE,
    bounds_of_bands,
    calibrated_losses,
    squares,
)
from zsar.vae.model import Gaussian
from zsar.vae.step import Batch, LossWeights
from zsar.vae.training import loss_weights

BOOSTED = 30
CALIBRATION = CalibrationConfig(50.0, 100.0, "any")
PLAN = published.schedule(1700)
TEXTS = ["text_"]


def check(arrays, note, folder):
    given = arrays.tensors()
    model = _loaded(given)
    batches = [_batch(model, given, place) for place in range(len(given["x/skeleton"]))]
    negatives = given["x/perm_text"]
    _bands(model, given, batches[0])
    _terms(model, given, batches[0], negatives[0])
    for cycle, step in published.totals(given):
        weights = loss_weights(PLAN, cycle, step)
        losses = calibrated_losses(model, batches[0], weights, CALIBRATION, negatives[0])
        given.close(sum(losses.values()), given[f"y/loss_cycle{cycle}_step{step}"])
    _factors(given)
    _training(model, given, batches, negatives)
    _classifier(model, given)


def _tensors(given, prefix):
    """Published weights or gradients under our names."""
    layers = {
        f"{name.removesuffix(f'.{kind}')}.0.{kind}": value
        for name, value in given.items()
        for kind in published.KINDS
        if name.endswith(f"_transformation.{kind}")
    }
    found = published.tensors(given | layers, prefix, TEXTS)
    for ours, theirs in (("motion", "sequence"), ("text", "text")):
        found[f"{ours}_bands.weights"] = given[f"{prefix}{theirs}_encoder.freq_weights"]
        found[f"{ours}_bands.strength"] = given[f"{prefix}{theirs}_encoder.k"]
    return found


def _loaded(given):
    state = _tensors(given, "w/")
    widths = [state[f"{name}.weight"].shape[1] for name in ("motion_encoder", "text_encoder")]
    latent = state["motion_decoder.weight"].shape[1]
    bands = BandConfig(len(state["motion_bands.weights"]), BOOSTED, 0.3)
    model = FrequencyVAE(*widths, 1, latent, "relu", bands)
    model.load_state_dict(state)
    return model


def _text_features(given):
    texts = [given[f"x/text_{name}"] for name in ("lb", "ad", "md")]
    return F.normalize(torch.cat(texts, dim=1), dim=1)[None]


def _batch(model, given, place):
    noise = [given[f"x/eps_{name}"][place] for name in ("skeleton", "text")]
    noise = torch.stack(noise).expand(-1, -1, model.latent)
    features = given["x/skeleton"][place]
    return Batch(features, _text_features(given), given["x/label"][place], noise)


@torch.no_grad()
def _bands(model, given, batch):
    text = batch.text[0, batch.targets]
    for name, bands, inputs in (
        ("skeleton", model.motion_bands, batch.features),
        ("text", model.text_bands, text),
    ):
        bounds = bounds_of_bands(inputs.shape[1], len(bands.weights))
        assert bounds.equal(given[f"y/split_points_{name}"])
        given.close(bands(inputs), given[f"y/{name}_enhanced"])


@torch.no_grad()
def _terms(model, given, batch, negatives):
    text = batch.text.index_select(1, batch.targets)
    codes = [Gaussian.of(model.encode_motion(batch.features)), Gaussian.of(model.encode_text(text))]
    latents = [code.sample(noise) for code, noise in zip(codes, batch.noise, strict=True)]
    for name, code, latent in zip("st", codes, latents, strict=True):
        given.close(code.mean, given[f"y/{name}mu"])
        given.close(code.logvar, given[f"y/{name}lv"])
        given.close(latent, given[f"y/{name}z"])
    for latent, motion, words in zip(latents, ("sout", "sfromt"), ("tfroms", "tout"), strict=True):
        given.close(model.activated(model.motion_decoder(latent[None])[0]), given[f"y/{motion}"])
        given.close(model.activated(model.text_decoder(latent[None])[0]), given[f"y/{words}"])
    decoded = given["y/tfroms"][None]
    gaps = squares(text, decoded[:, negatives]) - squares(text, decoded)
    given.close(gaps, given["y/t_cali_temp0"])
    gaps = -squares(batch.features[None], given["y/sfromt"][None])
    given.close(gaps, given["y/s_cali_temp0"])
    losses = calibrated_losses(
        model, batch, LossWeights(1.0, 1.0, True, 0.0), CALIBRATION, negatives
    )
    given.close(losses["motion"], given["y/s_recons"])
    given.close(losses["text"], given["y/t_recons"])
    given.close(losses["motion_kl"], -given["y/s_kld"])  # published with the sign turned
    given.close(losses["text_kl"], -given["y/t_kld"])
    given.close(losses["calibration"] / 50, given["y/t_cali"] + given["y/s_cali"])


def _factors(given):
    for cycle, step, *theirs in given["y/factors"].tolist():
        now = loss_weights(PLAN, int(cycle), int(step))
        cross = float(now.cross)
        ours = [now.motion_kl, now.text_kl, cross, CALIBRATION.weight * cross]
        given.close(torch.tensor(ours), torch.tensor(theirs))


def _training(model, given, batches, negatives):
    """The last steps of a cycle that has all terms."""
    optimizer = fused_adam(model, AdamConfig(1e-4, 0.0))
    first = PLAN.steps - len(batches)
    for place, batch in enumerate(batches):
        weights = loss_weights(PLAN, 3, first + place)
        losses = calibrated_losses(model, batch, weights, CALIBRATION, negatives[place])
        given.close(sum(losses.values()), given["y/train_loss"][place])
        given.close(losses["motion"], given["y/train_s_recons"][place])
        given.close(losses["text"], given["y/train_t_recons"][place])
        given.close(losses["motion_kl"] / weights.motion_kl, -given["y/train_s_kld"][place])
        given.close(losses["text_kl"] / weights.text_kl, -given["y/train_t_kld"][place])
        cali = given["y/train_t_cali"][place] + given["y/train_s_cali"][place]
        given.close(losses["calibration"] / CALIBRATION.weight, cali)
        given.close(weights.motion_kl, given["y/train_k_fact"][place].double())
        given.close(weights.text_kl, given["y/train_k_fact2"][place].double())
        optimizer.zero_grad()
        sum(losses.values()).backward()
        if place == 0:
            for name, gradient in _tensors(given, "y/grad_step1/").items():
                given.close(model.get_parameter(name).grad, gradient)
        optimizer.step()
    for name, weight in _tensors(given, f"y/after{len(batches)}/").items():
        given.close(model.get_parameter(name), weight)


def _classifier(model, given):
    """Trained as published from a random start, on published noise, by autograd."""
    about = re.search(r"y/test_logits", given.note["tolerance"]).group()
    unseen = given["x/unseen_classes_file_order"].sort().values
    with torch.no_grad():
        code = Gaussian.of(model.encode_text(_text_features(given)[:, unseen]))
        copies = len(given["x/eps_classifier"]) // len(unseen)
        latents = code.mean.repeat(copies, 1).addcmul(
            code.std.repeat(copies, 1), given["x/eps_classifier"]
        )
    targets = torch.arange(len(unseen)).repeat(copies)
    weight, bias = (
        given[f"w/classifier_init.model.0.{kind}"].clone().requires_grad_()
        for kind in ("weight", "bias")
    )
    optimizer = torch.optim.Adam([weight, bias], lr=1e-3)
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(F.linear(latents, weight, bias).relu(), targets).backward()
        optimizer.step()
    weight, bias = weight.detach(), bias.detach()
    given.close(weight, given["y/classifier.model.0.weight"], about)
    given.close(bias, given["y/classifier.model.0.bias"], about)
    with torch.no_grad():
        features = given["x/test_skeleton"]
        given.close(Gaussian.of(model.encode_motion(features)).mean, given["y/test_mu"])
        found = logits(model, features, weight, bias[:, None], "relu")
        given.close(found, given["y/test_logits"], about)
        predictions = unseen[found.argmax(1)]
        assert predictions.equal(given["y/test_pred"])
        right = (predictions == given["x/test_label"]).double().mean()
        given.close(right, given["y/acc_zsl"])
        softmax = logits(model, given["x/gzsl_skeleton"], weight, bias[:, None], "relu").softmax(1)
        given.close(softmax, given["y/gzsl_unseen_softmax"], about)
