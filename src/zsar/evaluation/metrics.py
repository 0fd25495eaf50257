"""Accuracies in per cent from predicted classes, over unseen classes and in the generalised
setting. Nothing here knows which method predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

Labels = Int[np.ndarray, " clip"]


def accuracy(predicted: Labels, labels: Labels) -> float:
    """The share of clips that are right; over clips, never a mean of batch means."""
    return 100 * float(np.mean(predicted == labels))


def class_accuracies(predicted: Labels, labels: Labels) -> dict[int, float]:
    return {int(k): 100 * float(np.mean(predicted[labels == k] == k)) for k in np.unique(labels)}


def mean_class_accuracy(predicted: Labels, labels: Labels) -> float:
    """A class with many clips weighs no more than one with few."""
    return float(np.mean(list(class_accuracies(predicted, labels).values())))


def mean_and_std(values: list[float]) -> tuple[float, float]:
    """Over seeds; the standard deviation is that of a sample, and 0 for one seed."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def mean_rows(seeds: Sequence[list[dict[str, float]]]) -> list[dict[str, float]]:
    """The mean over seeds, row by row."""
    return [
        {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        for rows in zip(*seeds, strict=True)
    ]


def confusion(
    predicted: Int[np.ndarray, "seed clip"], labels: Labels, names: list[str]
) -> list[dict[str, str]]:
    """Every prediction of every seed as actual and predicted class name, in class order."""
    actual, flat = np.tile(labels, len(predicted)), predicted.ravel()
    order = np.lexsort((flat, actual))
    pairs = zip(actual[order], flat[order], strict=True)
    return [{"actual": names[label], "predicted": names[answer]} for label, answer in pairs]


@dataclass(frozen=True)
class ScoredClips:
    """The test clips of a phase with the scores of one seed.

    Columns of `joint_scores` are the seen classes, then the unseen.
    """

    labels: Labels
    seen: Int[np.ndarray, " seen"]
    unseen: Int[np.ndarray, " unseen"]
    unseen_scores: Float[np.ndarray, "clip unseen"]  # by the method
    joint_scores: Float[np.ndarray, "clip class"]  # by the method
    seen_logits: Float[np.ndarray, "clip seen"]  # by the encoder's classifier

    @property
    def is_seen(self) -> Bool[np.ndarray, " clip"]:
        return np.isin(self.labels, self.seen)


def seen_and_unseen(predicted: Labels, clips: ScoredClips) -> dict[str, float]:
    """Accuracy on clips of seen and on clips of unseen classes, and the harmonic mean of both."""
    found = {}
    for suffix, measure in (("", accuracy), ("_per_class", mean_class_accuracy)):
        seen, unseen = (
            measure(predicted[side], clips.labels[side]) for side in (clips.is_seen, ~clips.is_seen)
        )
        found[f"seen{suffix}"], found[f"unseen{suffix}"] = seen, unseen
        found[f"harmonic{suffix}"] = float(harmonic_mean(seen, unseen))
    return found


def harmonic_mean(
    seen: float | Float[np.ndarray, "*some"], unseen: float | Float[np.ndarray, "*some"]
) -> float | Float[np.ndarray, "*some"]:
    """0 where both are 0."""
    total = np.asarray(seen + unseen)
    return 2 * seen * unseen / np.where(total == 0, 1, total)
