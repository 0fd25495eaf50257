"""What generalised zero-shot recognition is given, and what its answers are worth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.answers import overall, per_class


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
