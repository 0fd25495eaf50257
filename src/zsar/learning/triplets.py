"""Triplets within a batch: the least alike clip of the same word, and the most alike of another."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Grid = Float[Tensor, "clip clip"]

# Which clips may be the negative of each; `any`, as published, includes the clip itself, and it is
# the most alike.
NEGATIVES: dict[str, Callable[[Bool[Tensor, "clip clip"]], Bool[Tensor, "clip clip"]]] = {
    "other_word": torch.logical_not,
    "any": torch.ones_like,
}
# Whose positive and negative each clip is compared with; `all`, as published, are everybody's.
PAIRINGS: dict[str, Callable[[Grid], Tensor]] = {
    "own": torch.diagonal,
    "all": lambda gaps: gaps,
}


def triplets(
    motion: Float[Tensor, "clip width"],
    groups: Int[Tensor, " clip"],
    margin: float,
    negatives: str,
    pairs: str,
) -> Float[Tensor, ""]:
    """The negative should be less alike than the positive by the margin; neither learns from it."""
    still = motion.detach()
    alike, same = still @ still.T, groups[:, None] == groups
    allowed = NEGATIVES[negatives](same)
    positive = still[alike.masked_fill(~same, torch.inf).argmin(1)]
    negative = still[alike.masked_fill(~allowed, -torch.inf).argmax(1)]
    gaps = (motion @ (negative - positive).T + margin).clamp(min=0)
    gaps = PAIRINGS[pairs](gaps * allowed.any(1))  # without a stranger there is no triplet
    return gaps.sum() / len(motion)
