"""Confidence intervals by the bootstrap: seeds, classes and the clips of a class are resampled
together, as another run would have other ones of each."""

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.metrics import harmonic_mean

SEED = 0  # of the resampling


def bootstrap_interval(
    correct: Bool[np.ndarray, "seed clip"] | Float[np.ndarray, "seed clip"],
    labels: Int[np.ndarray, " clip"],
    resamples: int,
) -> tuple[float, float]:
    """The 95 % interval of the mean accuracy; a row of `correct` is a whole run. Also that of a
    difference of two, clip by clip."""
    (accuracies,) = resampled_accuracies([(correct, labels)], resamples)
    return _interval_95(accuracies.mean(1))


def harmonic_bootstrap_interval(
    correct: Bool[np.ndarray, "seed clip"],
    labels: Int[np.ndarray, " clip"],
    is_seen: Bool[np.ndarray, " clip"],
    resamples: int,
) -> tuple[float, float]:
    """The 95 % interval of the harmonic mean; either side keeps its number of classes."""
    sides = [(correct[:, side], labels[side]) for side in (is_seen, ~is_seen)]
    seen, unseen = resampled_accuracies(sides, resamples)
    return _interval_95(np.mean(harmonic_mean(seen, unseen), axis=1))


def resampled_accuracies(
    sides: list[tuple[np.ndarray, Int[np.ndarray, " _"]]], resamples: int
) -> Float[np.ndarray, "side resample seed"]:
    """The accuracy on each side, with the same seeds on all of them."""
    draw = np.random.default_rng(SEED)
    count = len(sides[0][0])
    rows = draw.integers(count, size=(resamples, count))
    found = np.stack([_resampled(correct, labels, resamples, draw) for correct, labels in sides])
    return np.take_along_axis(found, np.broadcast_to(rows, found.shape), 2)


def _resampled(
    correct: Bool[np.ndarray, "seed clip"] | Float[np.ndarray, "seed clip"],
    labels: Int[np.ndarray, " clip"],
    resamples: int,
    draw: np.random.Generator,
) -> Float[np.ndarray, "resample seed"]:
    """The accuracy of every seed on drawn classes, and drawn clips of each of them."""
    classes = [correct[:, labels == k].astype(float) for k in np.unique(labels)]
    right, clips = np.zeros((resamples, len(correct))), np.zeros(resamples)
    for _ in classes:
        drawn = draw.integers(len(classes), size=resamples)
        for k in np.unique(drawn):
            where, own = np.flatnonzero(drawn == k), classes[k]
            size = own.shape[1]
            weights = draw.multinomial(size, np.full(size, 1 / size), size=len(where))
            right[where] += weights @ own.T
            clips[where] += size
    return 100 * right / clips[:, None]


def _interval_95(means: Float[np.ndarray, " resample"]) -> tuple[float, float]:
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
