"""Similarities and losses that more than one method uses."""

import torch
from jaxtyping import Float, Int
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
