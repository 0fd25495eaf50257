"""Similarities and losses that several methods use: cosine, ranking, triplets, discrepancy."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

FLOOR = 1e-12  # of likelihoods


def cosine(
    skeleton_features: Float[Tensor, "clip width"], text_features: Float[Tensor, "class width"]
) -> Float[Tensor, "clip class"]:
    return F.normalize(skeleton_features, dim=1) @ F.normalize(text_features, dim=1).T


def positions(labels: Int[Tensor, " clip"], classes: Int[Tensor, " class"]) -> Int[Tensor, " clip"]:
    """Where each label stands in `classes`, which is sorted."""
    return torch.searchsorted(classes, labels)


def rows_of_other_classes(labels: Int[Tensor, " clip"]) -> Int[Tensor, " clip"]:
    """For each clip of a batch, a random one of another class."""
    other = (labels[:, None] != labels).float()
    alone = other.sum(1, keepdim=True) == 0  # a batch of one class has no other
    return torch.multinomial(other + alone, 1)[:, 0]


def floored_cross_entropy(logits: Float[Tensor, "class class"]) -> Float[Tensor, ""]:
    """Each row is to be its own class. As STAR is published, what is less likely than the floor
    teaches nothing."""
    likelihoods = logits.log_softmax(1).diagonal()
    return -likelihoods.logaddexp(torch.full_like(likelihoods, math.log(FLOOR))).mean()


def hinge(
    scores: Float[Tensor, "clip class"], targets: Int[Tensor, " clip"], margin: float
) -> Float[Tensor, ""]:
    """Every wrong class should score lower than the true one by the margin."""
    gaps = (margin + scores - scores.gather(1, targets[:, None])).clamp(min=0)
    return gaps.scatter(1, targets[:, None], 0.0).sum(1).mean()


Ranking = Callable[
    [Float[Tensor, "clip width"], Float[Tensor, "class width"], Int[Tensor, " clip"], float],
    Float[Tensor, ""],
]


def wrong_classes(
    skeleton_features: Float[Tensor, "clip width"],
    text_features: Float[Tensor, "class width"],
    targets: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """Every wrong class should score lower by the margin."""
    return hinge(skeleton_features @ text_features.T, targets, margin)


def every_class(
    skeleton_features: Float[Tensor, "clip width"],
    text_features: Float[Tensor, "class width"],
    targets: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """As published: the true class is ranked against itself, too, and only the true text learns."""
    scores = skeleton_features @ text_features.detach().T
    hits = (skeleton_features * text_features[targets]).sum(1, keepdim=True)
    return (margin + scores - hits).clamp(min=0).sum(1).mean()


RANKINGS: dict[str, Ranking] = {"wrong_classes": wrong_classes, "every_class": every_class}


Grid = Float[Tensor, "clip clip"]

# Which clips may be the negative of each; `any`, as published, includes the clip itself, and it is
# the most alike.
NEGATIVES: dict[str, Callable[[Bool[Tensor, "clip clip"]], Bool[Tensor, "clip clip"]]] = {
    "other_word": torch.logical_not,
    "any": torch.ones_like,
}
# Whose positive and negative a clip is compared with; `all`, as published: those of every clip.
PAIRINGS: dict[str, Callable[[Grid], Tensor]] = {
    "own": torch.diagonal,
    "all": lambda gaps: gaps,
}


def triplet_loss(
    skeleton_features: Float[Tensor, "clip width"],
    groups: Int[Tensor, " clip"],
    margin: float,
    negatives: str,
    pairs: str,
) -> Float[Tensor, ""]:
    """The negative should be less alike than the positive by the margin; neither learns from it."""
    fixed = skeleton_features.detach()
    similarity, same = fixed @ fixed.T, groups[:, None] == groups
    allowed = NEGATIVES[negatives](same)
    positive = fixed[similarity.masked_fill(~same, torch.inf).argmin(1)]
    negative = fixed[similarity.masked_fill(~allowed, -torch.inf).argmax(1)]
    gaps = (skeleton_features @ (negative - positive).T + margin).clamp(min=0)
    gaps = PAIRINGS[pairs](gaps * allowed.any(1))  # without a negative there is no triplet
    return gaps.sum() / len(skeleton_features)


def mmd(
    skeleton_features: Float[Tensor, "clip width"],
    text_features: Float[Tensor, "class width"],
    targets: Int[Tensor, " clip"],
    sharpness: float,
) -> Float[Tensor, ""]:
    """The maximum mean discrepancy between clips and the texts of their classes; each class is
    computed once and weighted by its clips."""
    counts = torch.bincount(targets, minlength=len(text_features))
    weights = counts.to(skeleton_features.dtype) / len(targets)
    among_clips = kernel(skeleton_features, skeleton_features, sharpness).mean()
    among_texts = weights @ kernel(text_features, text_features, sharpness) @ weights
    between = kernel(skeleton_features, text_features, sharpness).mean(0) @ weights
    return among_clips + among_texts - 2 * between


def kernel(
    left: Float[Tensor, "left width"], right: Float[Tensor, "right width"], sharpness: float
) -> Float[Tensor, "left right"]:
    squares = left.square().sum(1)[:, None] + right.square().sum(1) - 2 * left @ right.T
    return (-sharpness * squares.clamp(min=0)).exp()
