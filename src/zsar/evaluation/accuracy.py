"""From answers to accuracies, in per cent, over unseen classes and in the generalised setting.
Nothing here knows which method gave the answers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int


def overall(predicted: Int[np.ndarray, " clip"], labels: Int[np.ndarray, " clip"]) -> float:
    """The share of clips that are right; over clips, never a mean of batch means."""
    return 100 * float(np.mean(predicted == labels))


def by_class(
    predicted: Int[np.ndarray, " clip"], labels: Int[np.ndarray, " clip"]
) -> dict[int, float]:
    return {int(k): 100 * float(np.mean(predicted[labels == k] == k)) for k in np.unique(labels)}


def per_class(predicted: Int[np.ndarray, " clip"], labels: Int[np.ndarray, " clip"]) -> float:
    """The mean of the classes' own accuracies: a frequent class weighs no more than a rare one."""
    return float(np.mean(list(by_class(predicted, labels).values())))


def spread(values: list[float]) -> tuple[float, float]:
    """Mean over seeds and its sample standard deviation, which one seed does not have."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def confusion(
    answers: Int[np.ndarray, "seed clip"], labels: Int[np.ndarray, " clip"], names: list[str]
) -> list[dict[str, str]]:
    """Every answer of every seed as actual and predicted class name, in class order."""
    order = np.lexsort((answers.ravel(), np.tile(labels, len(answers))))
    pairs = zip(np.tile(labels, len(answers))[order], answers.ravel()[order], strict=True)
    return [{"actual": names[actual], "predicted": names[answer]} for actual, answer in pairs]


@dataclass(frozen=True)
class Trial:
    """The test clips of a phase as one seed scores them.

    Columns of `joint` are the seen classes, then the unseen.
    """

    labels: Int[np.ndarray, " clip"]
    seen: Int[np.ndarray, " seen"]
    unseen: Int[np.ndarray, " unseen"]
    gate: Float[np.ndarray, "clip unseen"]
    joint: Float[np.ndarray, "clip class"]
    seen_logits: Float[np.ndarray, "clip seen"]

    @property
    def is_seen(self) -> Bool[np.ndarray, " clip"]:
        return np.isin(self.labels, self.seen)


def balance(answers: Int[np.ndarray, " clip"], trial: Trial) -> dict[str, float]:
    """Accuracy on clips of seen and on clips of unseen classes, all classes being candidates."""
    found = {}
    for suffix, accuracy in (("", overall), ("_per_class", per_class)):
        seen, unseen = (
            accuracy(answers[side], trial.labels[side]) for side in (trial.is_seen, ~trial.is_seen)
        )
        found[f"seen{suffix}"], found[f"unseen{suffix}"] = seen, unseen
        found[f"harmonic{suffix}"] = float(harmonic(seen, unseen))
    return found


def harmonic(
    seen: float | Float[np.ndarray, "*some"], unseen: float | Float[np.ndarray, "*some"]
) -> float | Float[np.ndarray, "*some"]:
    """The harmonic mean, which is nothing where either side is nothing."""
    total = np.asarray(seen + unseen)
    return 2 * seen * unseen / np.where(total == 0, 1, total)
