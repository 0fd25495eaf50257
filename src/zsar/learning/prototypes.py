"""Class prototypes from the very clips that are classified, without their labels (transductive)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.losses import cosine

Vectors = Float[Tensor, "class width"]


def prototypes(clips: Float[Tensor, "clip width"], text_features: Vectors, share: float) -> Vectors:
    """The mean of the clips of least entropy that are assigned to each class; where there are none,
    the text of the class."""
    members = least_entropy(cosine(clips, text_features), share)
    return _means(F.normalize(clips, dim=1), members, text_features)


def one_shot_prototypes(
    query: Float[Tensor, "clip width"],
    text_features: Vectors,
    share: float,
    support: Float[Tensor, "support width"],
    classes: Int[Tensor, " support"],
    rounds: int,
    keep_support: bool,
) -> Vectors:
    """The support clip of a class is its prototype until query clips are assigned to it. Then it
    counts beside these if `keep_support`; as published it does not, and the best of three rounds on
    the test clips is reported."""
    labelled = F.one_hot(classes, len(text_features)).bool()
    clips = F.normalize(torch.cat((support, query)), dim=1)
    vectors = _means(clips[: len(support)], labelled, text_features)
    for _ in range(rounds):
        members = torch.cat((labelled & keep_support, least_entropy(cosine(query, vectors), share)))
        vectors = _means(clips, members, text_features)
    return vectors


def least_entropy(cosines: Float[Tensor, "clip class"], share: float) -> Bool[Tensor, "clip class"]:
    """Of the clips that are assigned to each class, the share whose softmax has least entropy."""
    nearest = F.one_hot(cosines.argmax(1), cosines.shape[1])
    order = entropy(cosines).argsort(stable=True)
    ranks = nearest[order].cumsum(0)
    chosen = (nearest[order] > 0) & (ranks <= (share * nearest.sum(0).double()).floor())
    return torch.empty_like(chosen).index_copy(0, order, chosen)


def entropy(logits: Float[Tensor, "clip class"]) -> Float[Tensor, " clip"]:
    return -(logits.softmax(1) * logits.log_softmax(1)).sum(1)


def _means(
    clips: Float[Tensor, "clip width"], members: Bool[Tensor, "clip class"], otherwise: Vectors
) -> Vectors:
    weights = members.to(clips.dtype)
    counts = weights.sum(0)[:, None]
    return torch.where(counts > 0, weights.T @ clips / counts.clamp(min=1), otherwise)
