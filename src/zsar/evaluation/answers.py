"""From answers to numbers, in per cent. Nothing here knows which method gave the answers."""

import numpy as np
from jaxtyping import Int


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
