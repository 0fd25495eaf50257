"""How sure a mean is: seeds and clips are drawn anew together, again and again."""

import numpy as np
from jaxtyping import Bool, Float

from zsar.evaluation.accuracy import harmonic


def interval(
    right: Bool[np.ndarray, "seed clip"], resamples: int, seed: int
) -> tuple[float, float]:
    """The bootstrap 95 % interval of the mean accuracy."""
    (accuracy,) = redrawn([right], resamples, seed)
    return middle(accuracy.mean(1))


def harmonic_interval(
    right: Bool[np.ndarray, "seed clip"],
    is_seen: Bool[np.ndarray, " clip"],
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    """The bootstrap 95 % interval of the harmonic mean; each side keeps as many clips."""
    seen, unseen = redrawn([right[:, is_seen], right[:, ~is_seen]], resamples, seed)
    return middle(np.mean(harmonic(seen, unseen), axis=1))


def redrawn(
    sides: list[Bool[np.ndarray, "seed _"]], resamples: int, seed: int
) -> Float[np.ndarray, "side resample seed"]:
    """The accuracy on each side, with the same seeds on all of them."""
    draw = np.random.default_rng(seed)
    found = np.empty((len(sides), resamples, len(sides[0])))
    for i in range(resamples):
        rows = draw.integers(len(sides[0]), size=len(sides[0]))
        for side, right in enumerate(sides):
            clips = draw.integers(right.shape[1], size=right.shape[1])
            found[side, i] = 100 * right[:, clips].mean(1)[rows]
    return found


def middle(means: Float[np.ndarray, " resample"]) -> tuple[float, float]:
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
