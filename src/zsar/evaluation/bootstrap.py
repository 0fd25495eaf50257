"""Confidence intervals by the bootstrap: seeds and clips are resampled together."""

import numpy as np
from jaxtyping import Bool, Float

from zsar.evaluation.metrics import harmonic_mean


def bootstrap_interval(
    correct: Bool[np.ndarray, "seed clip"], resamples: int, seed: int
) -> tuple[float, float]:
    """The 95 % interval of the mean accuracy."""
    (accuracies,) = resampled_accuracies([correct], resamples, seed)
    return _interval_95(accuracies.mean(1))


def harmonic_bootstrap_interval(
    correct: Bool[np.ndarray, "seed clip"],
    is_seen: Bool[np.ndarray, " clip"],
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    """The 95 % interval of the harmonic mean; either side keeps its number of clips."""
    sides = [correct[:, is_seen], correct[:, ~is_seen]]
    seen, unseen = resampled_accuracies(sides, resamples, seed)
    return _interval_95(np.mean(harmonic_mean(seen, unseen), axis=1))


def resampled_accuracies(
    sides: list[Bool[np.ndarray, "seed _"]], resamples: int, seed: int
) -> Float[np.ndarray, "side resample seed"]:
    """The accuracy on each side, with the same seeds on all of them."""
    draw = np.random.default_rng(seed)
    found = np.empty((len(sides), resamples, len(sides[0])))
    for i in range(resamples):
        rows = draw.integers(len(sides[0]), size=len(sides[0]))
        for side, correct in enumerate(sides):
            clips = draw.integers(correct.shape[1], size=correct.shape[1])
            found[side, i] = 100 * correct[:, clips].mean(1)[rows]
    return found


def _interval_95(means: Float[np.ndarray, " resample"]) -> tuple[float, float]:
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
