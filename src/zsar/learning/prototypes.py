"""Class vectors made of the very clips that are to be classified, without their labels."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.losses import cosine

Vectors = Float[Tensor, "class width"]


def prototypes(motion: Float[Tensor, "clip width"], words: Vectors, share: float) -> Vectors:
    """The mean of the surest clips that come to each class; where none come, its words stay."""
    return _means(F.normalize(motion, dim=1), surest(cosine(motion, words), share), words)


def one_shot_prototypes(
    motion: Float[Tensor, "clip width"],
    words: Vectors,
    share: float,
    exemplars: Float[Tensor, "exemplar width"],
    classes: Int[Tensor, " exemplar"],
    rounds: int,
    stay: bool,
) -> Vectors:
    """Exemplars stand for their classes until clips come to them, and then count beside these if
    they `stay`; as published, they do not, and of three rounds the best on the test counts."""
    labelled = F.one_hot(classes, len(words)).bool()
    support = F.normalize(torch.cat((exemplars, motion)), dim=1)
    vectors = _means(support[: len(exemplars)], labelled, words)
    for _ in range(rounds):
        members = torch.cat((labelled & stay, surest(cosine(motion, vectors), share)))
        vectors = _means(support, members, words)
    return vectors


def surest(cosines: Float[Tensor, "clip class"], share: float) -> Bool[Tensor, "clip class"]:
    """Of the clips that come to each class, the share whose softmax has the least entropy."""
    nearest = F.one_hot(cosines.argmax(1), cosines.shape[1])
    order = entropy(cosines).argsort(stable=True)
    ranks = nearest[order].cumsum(0)
    chosen = (nearest[order] > 0) & (ranks <= (share * nearest.sum(0).double()).floor())
    return torch.empty_like(chosen).index_copy(0, order, chosen)


def entropy(logits: Float[Tensor, "clip class"]) -> Float[Tensor, " clip"]:
    return -(logits.softmax(1) * logits.log_softmax(1)).sum(1)


def _means(
    support: Float[Tensor, "clip width"], members: Bool[Tensor, "clip class"], words: Vectors
) -> Vectors:
    weights = members.to(support.dtype)
    counts = weights.sum(0)[:, None]
    return torch.where(counts > 0, weights.T @ support / counts.clamp(min=1), words)
