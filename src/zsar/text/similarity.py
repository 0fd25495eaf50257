"""Which classes lie close together by what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64


@dataclass(frozen=True)
class Pair:
    """Two classes that an encoder can hardly tell apart."""

    first: int
    second: int
    cosine: float
    equal: bool  # the very text


def cosines(pooled: Float32[np.ndarray, "class width"]) -> Float[np.ndarray, "class class"]:
    """How alike each two classes are, from -1 to 1; a class without a vector is like none."""
    wide = pooled.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    units = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return units @ units.T


def mean_cosines(
    pooled: Float32[np.ndarray, "class source width"],
) -> Float[np.ndarray, "class class"]:
    """The cosine of each source, averaged over the sources."""
    return np.mean([cosines(pooled[:, source]) for source in range(pooled.shape[1])], axis=0)


def nearest(similarity: Float[np.ndarray, "class class"], own: int, count: int) -> list[int]:
    """The classes most like a class, the nearest first."""
    order = np.argsort(-similarity[own], kind="stable").tolist()
    return [each for each in order if each != own][:count]


def alike(
    pooled: Float32[np.ndarray, "class width"],
    groups: Int64[np.ndarray, " class"] | Sequence[int],
    above: float,
) -> list[Pair]:
    """Pairs of equal text or of a cosine above a bound, the closest first."""
    similarity = cosines(pooled)
    count = len(similarity)
    pairs = [
        Pair(a, b, float(similarity[a, b]), bool(groups[a] == groups[b]))
        for a in range(count)
        for b in range(a + 1, count)
        if groups[a] == groups[b] or similarity[a, b] > above
    ]
    return sorted(pairs, key=lambda pair: (not pair.equal, -pair.cosine))
