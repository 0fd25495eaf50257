"""Calibrated stacking: all classes compete, and the seen ones pay a penalty for being known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.accuracy import Trial, harmonic


@dataclass(frozen=True)
class Stacking:
    """The penalty is subtracted from the scores of the seen classes."""

    penalty: float

    def answers(self, trial: Trial) -> Int[np.ndarray, " clip"]:
        as_seen, as_unseen = _favourites(trial)
        return np.where(_leads(trial) < self.penalty, as_unseen, as_seen)

    @property
    def tuned(self) -> dict[str, float]:
        """What was chosen on the validation phase."""
        return {"penalty": self.penalty}


@dataclass(frozen=True)
class Curve:
    """Seen and unseen accuracy for every penalty that makes a difference, the least first."""

    penalties: Float[np.ndarray, " point"]
    seen: Float[np.ndarray, " point"]
    unseen: Float[np.ndarray, " point"]


def fitted_stacking(validation: Trial) -> Stacking:
    """The penalty with the best harmonic mean on the validation phase; all were candidates."""
    found = curve(validation, _alike(validation))
    best = np.argmax(harmonic(found.seen, found.unseen))
    return Stacking(float(found.penalties[best]))


def ausuc(trial: Trial) -> dict[str, float]:
    """The area under seen over unseen accuracy, where 100 is perfect; it chooses no penalty."""
    kinds = {"area": _alike(trial), "area_per_class": _evenly(trial)}
    return {name: _area(curve(trial, weights)) for name, weights in kinds.items()}


def curve(trial: Trial, weights: Float[np.ndarray, " clip"]) -> Curve:
    """Between the leads of two clips all penalties do the same; the middle stands for them."""
    leads, place = np.unique(_leads(trial), return_inverse=True)
    gaps = (leads[1:] + leads[:-1]) / 2
    as_seen, as_unseen = _favourites(trial)

    def flipped(side: Bool[np.ndarray, " clip"], answers: Int[np.ndarray, " clip"]):
        """The share of a side that is answered rightly and changes hands up to each lead."""
        right = weights * (side & (answers == trial.labels)) / weights[side].sum()
        return 100 * np.append(0, np.bincount(place, right, len(leads)).cumsum())

    lost, gained = flipped(trial.is_seen, as_seen), flipped(~trial.is_seen, as_unseen)
    return Curve(np.concatenate((leads[:1], gaps, [np.inf])), lost[-1] - lost, gained)


def _area(found: Curve) -> float:
    heights = (found.seen[1:] + found.seen[:-1]) / 2
    return float(heights @ np.diff(found.unseen)) / 100


def _leads(trial: Trial) -> Float[np.ndarray, " clip"]:
    """By how much the best seen class is ahead of the best unseen one."""
    seen, unseen = _halves(trial)
    return seen.max(1).astype(np.float64) - unseen.max(1)


def _favourites(trial: Trial) -> tuple[Int[np.ndarray, " clip"], Int[np.ndarray, " clip"]]:
    seen, unseen = _halves(trial)
    return trial.seen[seen.argmax(1)], trial.unseen[unseen.argmax(1)]


def _halves(
    trial: Trial,
) -> tuple[Float[np.ndarray, "clip seen"], Float[np.ndarray, "clip unseen"]]:
    return trial.joint[:, : len(trial.seen)], trial.joint[:, len(trial.seen) :]


def _alike(trial: Trial) -> Float[np.ndarray, " clip"]:
    return np.ones(len(trial.labels))


def _evenly(trial: Trial) -> Float[np.ndarray, " clip"]:
    """Weights that give every class as much to say as any other."""
    _, place, counts = np.unique(trial.labels, return_inverse=True, return_counts=True)
    return 1 / counts[place]
