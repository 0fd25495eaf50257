"""Contrastive losses on a batch of clips and the texts of their classes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.training import Losses

Grid = Float[Tensor, "clip clip"]


@dataclass(frozen=True)
class Pairs:
    """Clips and the texts of their classes, all of length one."""

    motion: Float[Tensor, "clip width"]
    words: Float[Tensor, "clip width"]
    same: Bool[Tensor, "clip clip"]  # whether two clips are of one class
    scale: Float[Tensor, ""]  # from cosines to logits

    @property
    def cosines(self) -> Grid:
        return self.motion @ self.words.T


@dataclass(frozen=True)
class ContrastiveConfig:
    """What shapes the losses; each of the last four serves one loss."""

    # What kl+margin, kl+cosface and kl+sphereface make harder; logits, as published, pass 1 by far.
    shaped: Literal["cosines", "logits"]

    sharpness: float  # of the target, which keeps a little for other classes
    second: float  # weight of the second term, where there is one
    cap: float  # kl+margin: a cosine of one class counts no higher
    lead: float  # kl+cosface: taken off a cosine of one class
    turns: int  # kl+sphereface: an angle within one class counts so many times
    gap: float  # kl+kd: what the teacher takes off between classes


def kl_loss(logits: Grid, target: Grid) -> Float[Tensor, ""]:
    """How far the softmax of each row is from the target, as a mean over rows."""
    return F.kl_div(logits.log_softmax(1), target, reduction="batchmean")


def symmetric_kl(logits: Grid, target: Grid) -> Float[Tensor, ""]:
    """The same from clips to texts and from texts to clips; the target is alike both ways."""
    return (kl_loss(logits, target) + kl_loss(logits.T, target)) / 2


def soft_targets(pairs: Pairs, terms: ContrastiveConfig) -> Grid:
    return (terms.sharpness * pairs.same).softmax(1)


def kl(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return {"kl": symmetric_kl(pairs.scale * pairs.cosines, soft_targets(pairs, terms))}


def with_margin(
    shape: Callable[[Grid, ContrastiveConfig], Grid],
) -> Callable[[Pairs, ContrastiveConfig], Losses]:
    """What clips have in common with texts of their class is made harder before it is compared."""

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
    return cosines - terms.lead


def sphereface(cosines: Grid, terms: ContrastiveConfig) -> Grid:
    """The cosine of the multiplied angle, continued downwards where it would rise again."""
    before, turned = torch.ones_like(cosines), cosines
    for _ in range(terms.turns - 1):
        before, turned = turned, 2 * cosines * turned - before
    half_turns = (terms.turns / torch.pi * cosines.detach().clamp(-1, 1).acos()).floor()
    half_turns = half_turns.clamp(max=terms.turns - 1)  # of logits, which may be below -1
    return (1 - 2 * (half_turns % 2)) * turned - 2 * half_turns


def mse(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return {"mse": len(pairs.motion) * _distance(pairs)}


def kl_and_mse(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    return kl(pairs, terms) | {"mse": terms.second * _distance(pairs)}


def kl_and_teacher(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    """The texts, alike as they are to one another, teach how alike clips and texts should be."""
    teacher = pairs.words @ pairs.words.T - terms.gap * ~pairs.same
    return kl(pairs, terms) | {"kd": terms.second * symmetric_kl(pairs.cosines, teacher.softmax(1))}


def kl_and_motion(pairs: Pairs, terms: ContrastiveConfig) -> Losses:
    """Clips of one class should also be alike among themselves."""
    logits = pairs.scale * pairs.motion @ pairs.motion.T
    return kl(pairs, terms) | {
        "motion": terms.second * symmetric_kl(logits, soft_targets(pairs, terms))
    }


def _distance(pairs: Pairs) -> Float[Tensor, ""]:
    return F.mse_loss(pairs.cosines, pairs.words @ pairs.words.T)


CONTRASTIVE_LOSSES: dict[str, Callable[[Pairs, ContrastiveConfig], Losses]] = {
    "kl": kl,
    "kl+margin": with_margin(capped),
    "kl+cosface": with_margin(cosface),
    "kl+sphereface": with_margin(sphereface),
    "mse": mse,
    "kl+mse": kl_and_mse,
    "kl+kd": kl_and_teacher,
    "kl+motion": kl_and_motion,
}
