"""Similarities and losses that several methods use: cosine, ranking, triplets, discrepancy."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F


def cosine(
    motion: Float[Tensor, "clip width"], words: Float[Tensor, "class width"]
) -> Float[Tensor, "clip class"]:
    return F.normalize(motion, dim=1) @ F.normalize(words, dim=1).T


def positions(labels: Int[Tensor, " clip"], classes: Int[Tensor, " class"]) -> Int[Tensor, " clip"]:
    """Where each label stands in `classes`, which is sorted."""
    return torch.searchsorted(classes, labels)


def hinge(
    scores: Float[Tensor, "clip class"], right: Int[Tensor, " clip"], margin: float
) -> Float[Tensor, ""]:
    """Every wrong class should score lower than the right one by the margin."""
    gaps = (margin + scores - scores.gather(1, right[:, None])).clamp(min=0)
    return gaps.scatter(1, right[:, None], 0.0).sum(1).mean()


Ranking = Callable[
    [Float[Tensor, "clip width"], Float[Tensor, "class width"], Int[Tensor, " clip"], float],
    Float[Tensor, ""],
]


def wrong_classes(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """Every wrong class should score lower by the margin."""
    return hinge(motion @ words.T, right, margin)


def every_class(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """As published: the right class pays the margin to itself, and only the right text learns."""
    scores = motion @ words.detach().T
    hits = (motion * words[right]).sum(1, keepdim=True)
    return (margin + scores - hits).clamp(min=0).sum(1).mean()


RANKINGS: dict[str, Ranking] = {"wrong_classes": wrong_classes, "every_class": every_class}


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


def triplet_loss(
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


def mmd(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    sharpness: float,
) -> Float[Tensor, ""]:
    """Between the clips and the words of their classes; each class is seen once, by weight."""
    weights = torch.bincount(right, minlength=len(words)).to(motion.dtype) / len(right)
    among_clips = kernel(motion, motion, sharpness).mean()
    among_words = weights @ kernel(words, words, sharpness) @ weights
    between = kernel(motion, words, sharpness).mean(0) @ weights
    return among_clips + among_words - 2 * between


def kernel(
    left: Float[Tensor, "left width"], right: Float[Tensor, "right width"], sharpness: float
) -> Float[Tensor, "left right"]:
    squares = left.square().sum(1)[:, None] + right.square().sum(1) - 2 * left @ right.T
    return (-sharpness * squares.clamp(min=0)).exp()
