"""SA-DVAE's codes, terms, schedules, discriminator, gradients and predictions."""

import re

import torch

from zsar.vae.classifier import logits
from zsar.vae.disentangled import (
    Codes,
    DisentangledVAE,
    Factors,
    Latents,
    correlation,
    discriminator,
    discriminator_loss,
    disentangled_losses,
)
from zsar.vae.epoch_schedule import EpochSchedule, factors
from zsar.vae.model import Gaussian

PLAN = EpochSchedule(0.1, 3000 / 1700, 1 / 1.7, 0.8, 2, 0.8, ())
CODERS = {
    "motion_encoder": ["sequence_encoder.mu", "sequence_encoder.logvar"],
    "text_encoder": ["text_encoder.mu", "text_encoder.logvar"],
    "motion_decoder": ["sequence_decoder.model"],
    "text_decoder": ["text_decoder.model"],
}


def check(arrays, note, folder):
    given = arrays.tensors()
    model, judge = _loaded(given)
    features = given["x/skeleton"]
    text = given["x/text"][given["x/target"]]
    codes = Codes.of(model, features, text)
    drawn = {
        name: code.sample(given[f"x/eps_{eps}"].expand_as(code.mean))
        for name, code, eps in (
            ("motion", codes.motion, "sz"),
            ("style", codes.style, "isz"),
            ("text", codes.text, "tz"),
        )
    }
    latents = Latents(**drawn)
    _codes(model, given, codes, latents)
    _terms(model, judge, given, features, text, codes, latents)
    _discriminator(judge, given, codes)
    _schedules(given)
    for name in given:
        if name.startswith("y/loss_cycle") or name.startswith("y/loss_beta"):
            _total(model, judge, given, name, (features, text, codes, latents))
    _predictions(model, given)


def _tensors(given, prefix):
    """Published weights or gradients under our names."""

    def stacked(modules, kind):
        both = torch.cat([given[f"{prefix}{module}.0.{kind}"] for module in modules])
        return both.mT[None] if kind == "weight" else both[None, None]

    return {
        f"{ours}.{kind}": stacked(theirs, kind)
        for ours, theirs in CODERS.items()
        for kind in ("weight", "bias")
    }


def _loaded(given):
    state = _tensors(given, "w/")
    semantic = len(given["w/text_encoder.mu.0.bias"])
    style = len(given["w/sequence_encoder.mu.0.bias"]) - semantic
    widths = [given[f"x/{name}"].shape[1] for name in ("skeleton", "text")]
    model = DisentangledVAE(*widths, semantic, style, "relu")
    model.load_state_dict(state)
    judge = discriminator(semantic + style)
    names = judge.state_dict()
    judge.load_state_dict({name: given[f"w/discriminator.net.{name}"] for name in names})
    return model, judge


def _codes(model, given, codes, latents):
    for name, code in (("s", codes.motion), ("is", codes.style), ("t", codes.text)):
        given.close(code.mean, given[f"y/{name}mu"])
        given.close(code.logvar, given[f"y/{name}lv"])
    for name, value in (("s", latents.motion), ("is", latents.style), ("t", latents.text)):
        given.close(value, given[f"y/{name}z"])
    given.close(model.decode_motion(latents.motion, latents.style), given["y/sout"])
    given.close(model.decode_motion(latents.text, latents.style), given["y/sfromt"])
    given.close(model.decode_text(latents.text), given["y/tout"])
    given.close(model.decode_text(latents.motion), given["y/tfroms"])


def _terms(model, judge, given, features, text, codes, latents):
    ours = disentangled_losses(model, judge, features, text, codes, latents, Factors(1.0, 1.0, 1.0))
    given.close(ours["motion"], given["y/loss_rss"])
    given.close(ours["text"], given["y/loss_rtt"])
    given.close(ours["cross"], given["y/loss_rst"] + given["y/loss_rts"])
    # Published with the sign turned.
    given.close(ours["motion_kl"], -given["y/loss_kld_s"] - given["y/loss_kld_is"])
    given.close(ours["text_kl"], -given["y/loss_kld_t"])
    given.close(ours["correlation"], given["y/loss_tc"])
    given.close(correlation(judge, latents.motion, latents.style), given["y/loss_tc"])


def _discriminator(judge, given, codes):
    losses = []
    for side, code, place in (("s", codes.motion, 1), ("t", codes.text, 2)):
        parts = [
            each.sample(given[f"x/eps_dis_{name}"].expand_as(each.mean))
            for each, name in ((code, f"{side}z"), (codes.style, f"isz_{place}"))
        ]
        orders = tuple(given[f"x/perm_{side}_{part}"] for part in ("semantic", "style"))
        losses.append(discriminator_loss(judge, *[part.detach() for part in parts], orders))
        given.close(losses[-1], given[f"y/loss_{side}_dis"])
    loss = torch.stack(losses).mean()
    given.close(loss, given["y/loss_dis"])
    prefixes = {name.rpartition("/")[0] for name in given if name.startswith("y/grad_dis_cycle")}
    rows = {tuple(map(int, row[:2])): row for row in given["y/schedule"].tolist()}
    for prefix in prefixes:
        weight = rows[tuple(map(int, re.findall(r"\d+", prefix)))][3]
        names, weights = zip(*judge.named_parameters(), strict=True)
        found = torch.autograd.grad(weight * loss, weights, retain_graph=True)
        for name, gradient in zip(names, found, strict=True):
            given.close(gradient, given[f"{prefix}/discriminator.net.{name}"])


def _schedules(given):
    betas = given["x/beta_x"].item(), given["x/beta_y"].item()
    for name, plan in (("schedule", PLAN), ("schedule_beta", _beta(betas))):
        rows = given[f"y/{name}"]
        steps = int(rows[:, 1].max()) + 1
        ours = [factors(plan, int(row[0]), int(row[1]), steps) for row in rows]
        values = [[each.motion_kl, each.text_kl, each.cross] for each in ours]
        given.close(torch.tensor(values, dtype=rows.dtype), rows[:, 2:5])


def _beta(betas):
    return EpochSchedule(0.0, 1.0, 0.0, 0.0, 0, PLAN.cross_from, betas)


def _total(model, judge, given, name, batch):
    beta = name.startswith("y/loss_beta")
    rows = given["y/schedule_beta" if beta else "y/schedule"].tolist()
    cycle, step = map(int, re.findall(r"\d+", name))
    (row,) = [row for row in rows if row[:2] == [cycle, step]]
    losses = disentangled_losses(model, judge, *batch, Factors(*row[2:5]))
    total = sum(losses.values())
    given.close(total, given[name])
    prefix = f"y/grad_cycle{cycle}_iter{step}/"
    if beta or not any(each.startswith(prefix) for each in given):
        return
    names, weights = zip(*model.named_parameters(), strict=True)
    found = torch.autograd.grad(total, weights, retain_graph=True)
    theirs = _tensors(given, prefix)
    for each, gradient in zip(names, found, strict=True):
        given.close(gradient, theirs[each])


@torch.no_grad()
def _predictions(model, given):
    weight, bias = given["w/clf.model.0.weight"], given["w/clf.model.0.bias"]
    features = given["x/test_skeleton"]
    given.close(Gaussian.of(model.encode_motion(features)).mean, given["y/test_mu"])
    found = logits(model, features, weight, bias[:, None], "relu")
    given.close(found, given["y/test_logits"])
    given.close(found.softmax(1), given["y/test_softmax"])
    assert given["x/unseen_classes"].sort().values[found.argmax(1)].equal(given["y/test_pred"])
