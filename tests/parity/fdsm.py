"""FDSM's curriculum, gate, frequencies, losses, training steps, errors and predictions."""

import torch

from parity import _transformer as published
from parity._diffusion import answers, settings
from zsar.learning.dct import dct_matrix
from zsar.learning.diffusion import Noised, denoised, kept_shares
from zsar.learning.optim import adamw, cosine_decay, warmup_cosine
from zsar.learning.world import Sizes
from zsar.methods.fdsm import FDSM, FDSMConfig

STEPS, WARMUP = 10, 2  # of the fixture


def check(arrays, note, folder):
    given = arrays.tensors()
    method = _loaded(given)
    given.close(kept_shares(len(given["y/alphas_cumprod"])), given["y/alphas_cumprod"])
    enhanced = method.amplified(given["x/dct_tokens"], given["x/dct_gate"])
    given.close(enhanced, given["y/dct_enhanced"])
    _training(method, given)
    answers(method, given, given["x/text_short"], "y/acc_test")


def _names(given):
    found = {
        f"predict.{ours}": theirs
        for ours, theirs in published.diffusion("dit.", published.depth(given)).items()
    }
    found |= published.layers({f"gate.{place}": f"kinematic_head.net.{place}" for place in (0, 2)})
    return found | {"predict.positions": "dit.fl_pos_embed"}


def _loaded(given):
    width, features = given["w/dit.x_embedder.weight"].shape
    noises = given["x/test_noise"][:, 0, 0]
    config = FDSMConfig(
        **settings(given, given["x/text_short"], width, WARMUP, (1, STEPS)),
        gate_width=len(given["w/kinematic_head.net.0.bias"]),
        amplified_from=0.25,
    )
    method = FDSM(Sizes(features, given["x/text_short"].shape[2], 2), config, None)
    state = {ours: given[f"w/{theirs}"] for ours, theirs in _names(given).items()}
    state["predict.positions"] = state["predict.positions"][0]
    method.load_state_dict(state | {"test_noise": noises})
    return method


def _training(method, given):
    optimizer = adamw(method, method.config.optimizer)
    schedule = warmup_cosine(optimizer, WARMUP, STEPS, 1)
    tables = torch.stack((given["x/text_short"], given["x/text_rich"]))
    for place, theirs in enumerate(given["y/train_loss"]):
        rich = given["x/train_uniform"][place] < cosine_decay(
            (int(given["x/first_step"]) + place) / STEPS, 1
        )
        assert rich.equal(given["y/train_use_rich"][place].bool())
        step, noise = given["x/train_timestep"][place], given["x/train_noise"][place, :, 0]
        labels = given["x/train_label"][place]
        batch = Noised(given["x/train_feature"][place], labels, noise, step, method.kept[step])
        _predictions(method, given, place, batch, tables, rich.long())
        losses = method.spectral_losses(batch, tables[rich.long(), labels])
        given.close(losses["diffusion"], given["y/train_loss_diff"][place])
        given.close(losses["spectrum"], given["y/train_loss_freq"][place])
        given.close(sum(losses.values()), theirs)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        if place == 0:
            _compare(method, given, "y/grad_step1/", lambda weight: weight.grad)
        optimizer.step()
        schedule.step()
        rate = torch.tensor(optimizer.param_groups[0]["lr"])
        given.close(rate, given["y/lr_after_step"][place].to(rate.dtype))
    _compare(method, given, "y/after2/", lambda weight: weight)


@torch.no_grad()
def _predictions(method, given, place, batch, tables, rich):
    """Of the true class and of the random one."""
    labels = torch.cat((batch.targets, given["x/train_random_label"][place]))
    texts = tables[rich.repeat(2), labels]
    gate = method.gate(texts[:, -1]).sigmoid()
    given.close(gate, given["y/train_gate"][place])
    noisy = batch.noisy.repeat(2, 1)
    given.close(noisy, given["y/train_noisy_latents"][place, :, 0])
    between = method.between(texts[:, -1])
    predicted = method.predict(noisy, batch.step.repeat(2), texts, between)
    given.close(predicted, given["y/train_model_pred"][place, :, 0])
    left = denoised(batch.noisy, predicted[: len(batch.noisy)], batch.kept)
    given.close(left, given["y/train_pred_z0_s"][place])
    dct = dct_matrix(left.shape[1])
    given.close(left @ dct.T, given["y/train_pred_z0_dct"][place])
    given.close(batch.features @ dct.T, given["y/train_z0_dct"][place])


def _compare(method, given, prefix, value):
    ours = {theirs: name for name, theirs in _names(given).items()}
    for name, theirs in given.items():
        if name.startswith(prefix):
            weight = method.get_parameter(ours[name.removeprefix(prefix)])
            given.close(value(weight).view_as(theirs), theirs)
