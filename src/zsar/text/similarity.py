"""The similarity of classes: cosines between the features of their texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64

from zsar.bounds import Cosine, Count


@dataclass(frozen=True)
class TextReportConfig:
    """Settings of `zsar text`."""

    nearest: Count  # other classes shown for each class
    similar_above: Cosine  # two classes with a greater cosine are reported as too similar


@dataclass(frozen=True)
class ClassPair:
    """Two classes that are too similar."""

    first: int
    second: int
    cosine: float
    equal: bool  # they have the same text


def cosine_matrix(pooled: Float32[np.ndarray, "class width"]) -> Float[np.ndarray, "class class"]:
    """The cosine between each two classes; 0 where a class has a zero vector."""
    wide = pooled.astype(np.float64)
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    normalised = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0)
    return normalised @ normalised.T


def mean_cosines(
    pooled: Float32[np.ndarray, "class source width"],
) -> Float[np.ndarray, "class class"]:
    """The cosine in each source, averaged over the sources."""
    return np.mean([cosine_matrix(pooled[:, source]) for source in range(pooled.shape[1])], axis=0)


def nearest(similarity: Float[np.ndarray, "class class"], own: int, count: int) -> list[int]:
    """The classes that are most similar to a class, most similar first."""
    order = np.argsort(-similarity[own], kind="stable").tolist()
    return [each for each in order if each != own][:count]


def similar_pairs(
    pooled: Float32[np.ndarray, "class width"],
    groups: Int64[np.ndarray, " class"] | Sequence[int],
    above: float,
) -> list[ClassPair]:
    """Pairs with the same text, then pairs with a cosine above a bound, most similar first."""
    similarity = cosine_matrix(pooled)
    count = len(similarity)
    pairs = [
        ClassPair(a, b, float(similarity[a, b]), bool(groups[a] == groups[b]))
        for a in range(count)
        for b in range(a + 1, count)
        if groups[a] == groups[b] or similarity[a, b] > above
    ]
    return sorted(pairs, key=lambda pair: (not pair.equal, -pair.cosine))
