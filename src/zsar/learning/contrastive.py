"""Contrastive losses on a batch of clips and the texts of their classes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Amount, Cosine, Count, Finite, Positive
from zsar.learning.training import Losses

Grid = Float[Tensor, "clip clip"]


@dataclass(frozen=True)
class Pairs:
    """Clips and the texts of their classes, all of length one."""

    skeleton_features: Float[Tensor, "clip width"]
    text_features: Float[Tensor, "clip width"]
    same: Bool[Tensor, "clip clip"]  # whether two clips are of one class
    scale: Float[Tensor, ""]  # from cosines to logits

    @property
    def cosines(self) -> Grid:
        return self.skeleton_features @ self.text_features.T


@dataclass(frozen=True)
class ContrastiveConfig:
    """Each of the last four settings is used by one loss."""

    # What kl+margin, kl+cosface and kl+sphereface change; logits, as published, are far above 1.
    shaped: Literal["cosines", "logits"]

    sharpness: Positive  # of the soft targets, which leave a little for other classes
    second: Amount  # weight of the second term, where there is one
    cap: Cosine  # kl+margin: upper limit of a cosine of the same class
    margin: Amount  # kl+cosface: subtracted from a cosine of the same class
    angle_multiplier: Count  # kl+sphereface: factor of an angle within one class
    gap: Finite  # kl+kd: subtracted from the teacher's cosines between classes


def kl_loss(logits: Grid, target: Grid) -> Float[Tensor, ""]:
    """The divergence of the softmax of each row from the target, mean over rows."""
    return F.kl_div(logits.log_softmax(1), target, reduction="batchmean")


def symmetric_kl(logits: Grid, target: Grid) -> Float[Tensor, ""]:
    """The mean of both directions, clips to texts and texts to clips; the target is symmetric."""
    return (kl_loss(logits, target) + kl_loss(logits.T, target)) / 2


def soft_targets(pairs: Pairs, terms: ContrastiveConfig) -> Grid:
    return (terms.sharpness * pairs.same).softmax(1)


def kl(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return {"kl": symmetric_kl(pairs.scale * pairs.cosines, soft_targets(pairs, terms))}


def with_shaped_positives(
    shape: Callable[[Grid, ContrastiveConfig], Grid],
) -> Callable[[Pairs, ContrastiveConfig], Losses]:
    """KL where the similarity of clips and texts of one class is reduced first."""

    def loss(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
        one, scale = torch.ones_like(pairs.scale), pairs.scale
        before, after = {"cosines": (one, scale), "logits": (scale, one)}[terms.shaped]
        grid = before * pairs.cosines
        shaped = torch.where(pairs.same, shape(grid, terms), grid)
        return {"kl": symmetric_kl(after * shaped, soft_targets(pairs, terms))}

    return loss


def capped(cosines: Grid, terms: ContrastiveConfig) -> Grid:
    return cosines.clamp(max=terms.cap)


def cosface(cosines: Grid, terms: ContrastiveConfig) -> Grid:
    return cosines - terms.margin


def sphereface(cosines: Grid, terms: ContrastiveConfig) -> Grid:
    """The cosine of the multiplied angle, continued downwards where it would rise again."""
    before, multiplied = torch.ones_like(cosines), cosines
    for _ in range(terms.angle_multiplier - 1):
        before, multiplied = multiplied, 2 * cosines * multiplied - before
    half_turns = (terms.angle_multiplier / torch.pi * cosines.detach().clamp(-1, 1).acos()).floor()
    half_turns = half_turns.clamp(
        max=terms.angle_multiplier - 1
    )  # of logits, which may be below -1
    return (1 - 2 * (half_turns % 2)) * multiplied - 2 * half_turns


def mse(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return {"mse": len(pairs.skeleton_features) * _distance(pairs)}


def kl_and_mse(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return kl(pairs, terms) | {"mse": terms.second * _distance(pairs)}


def kl_and_teacher(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    """KL and distillation: the similarities among texts are the targets of clips and texts."""
    teacher = pairs.text_features @ pairs.text_features.T - terms.gap * ~pairs.same
    return kl(pairs, terms) | {"kd": terms.second * symmetric_kl(pairs.cosines, teacher.softmax(1))}


def kl_and_motion(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    """KL, also among the clips themselves."""
    logits = pairs.scale * pairs.skeleton_features @ pairs.skeleton_features.T
    return kl(pairs, terms) | {
        "motion": terms.second * symmetric_kl(logits, soft_targets(pairs, terms))
    }


def _distance(pairs: Pairs) -> Float[Tensor, ""]:
    return F.mse_loss(pairs.cosines, pairs.text_features @ pairs.text_features.T)


CONTRASTIVE_LOSSES: dict[str, Callable[[Pairs, ContrastiveConfig], Losses]] = {
    "kl": kl,
    "kl+margin": with_shaped_positives(capped),
    "kl+cosface": with_shaped_positives(cosface),
    "kl+sphereface": with_shaped_positives(sphereface),
    "mse": mse,
    "kl+mse": kl_and_mse,
    "kl+kd": kl_and_teacher,
    "kl+motion": kl_and_motion,
}
