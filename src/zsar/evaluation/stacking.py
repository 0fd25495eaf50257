"""Calibrated stacking: all classes compete, and a penalty is subtracted from the seen ones.

Chao et al., "An empirical study and analysis of generalized zero-shot learning for object
recognition in the wild", ECCV 2016, https://arxiv.org/abs/1605.04253.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.metrics import ScoredClips, harmonic_mean


@dataclass(frozen=True)
class CalibratedStacking:
    """The penalty is subtracted from the scores of the seen classes."""

    penalty: float

    def predict(self, clips: ScoredClips) -> Int[np.ndarray, " clip"]:
        as_seen, as_unseen = _best_classes(clips)
        return np.where(_margins(clips) < self.penalty, as_unseen, as_seen)

    @property
    def tuned(self) -> dict[str, float]:
        """What was chosen on the validation phase."""
        return {"penalty": self.penalty}


@dataclass(frozen=True)
class SeenUnseenCurve:
    """Seen and unseen accuracy for every penalty that makes a difference, ascending."""

    penalties: Float[np.ndarray, " point"]
    seen: Float[np.ndarray, " point"]
    unseen: Float[np.ndarray, " point"]

    @property
    def area(self) -> float:
        heights = (self.seen[1:] + self.seen[:-1]) / 2
        return float(heights @ np.diff(self.unseen)) / 100


def select_stacking(validation: ScoredClips) -> CalibratedStacking:
    """The penalty with the best harmonic mean on the validation phase; all are candidates."""
    curve = seen_unseen_curve(validation, _equal_weights(validation))
    best = np.argmax(harmonic_mean(curve.seen, curve.unseen))
    return CalibratedStacking(float(curve.penalties[best]))


def ausuc(clips: ScoredClips) -> dict[str, float]:
    """The area under the seen-unseen curve, where 100 is perfect; it chooses no penalty."""
    weights = {"ausuc": _equal_weights(clips), "ausuc_per_class": _class_weights(clips)}
    return {name: seen_unseen_curve(clips, each).area for name, each in weights.items()}


def seen_unseen_curve(clips: ScoredClips, weights: Float[np.ndarray, " clip"]) -> SeenUnseenCurve:
    """All penalties between the margins of two clips do the same; the middle stands for them."""
    margins, place = np.unique(_margins(clips), return_inverse=True)
    gaps = (margins[1:] + margins[:-1]) / 2
    as_seen, as_unseen = _best_classes(clips)

    def flipped(side: Bool[np.ndarray, " clip"], predicted: Int[np.ndarray, " clip"]):
        """The share of a side that is right and changes sides, up to each margin."""
        correct = weights * (side & (predicted == clips.labels)) / weights[side].sum()
        return 100 * np.append(0, np.bincount(place, correct, len(margins)).cumsum())

    lost, gained = flipped(clips.is_seen, as_seen), flipped(~clips.is_seen, as_unseen)
    penalties = np.concatenate((margins[:1], gaps, [np.inf]))
    return SeenUnseenCurve(penalties, lost[-1] - lost, gained)


def _margins(clips: ScoredClips) -> Float[np.ndarray, " clip"]:
    """The score of the best seen class minus that of the best unseen one."""
    seen, unseen = _seen_and_unseen_scores(clips)
    return seen.max(1).astype(np.float64) - unseen.max(1)


def _best_classes(
    clips: ScoredClips,
) -> tuple[Int[np.ndarray, " clip"], Int[np.ndarray, " clip"]]:
    seen, unseen = _seen_and_unseen_scores(clips)
    return clips.seen[seen.argmax(1)], clips.unseen[unseen.argmax(1)]


def _seen_and_unseen_scores(
    clips: ScoredClips,
) -> tuple[Float[np.ndarray, "clip seen"], Float[np.ndarray, "clip unseen"]]:
    count = len(clips.seen)
    return clips.joint_scores[:, :count], clips.joint_scores[:, count:]


def _equal_weights(clips: ScoredClips) -> Float[np.ndarray, " clip"]:
    return np.ones(len(clips.labels))


def _class_weights(clips: ScoredClips) -> Float[np.ndarray, " clip"]:
    """Weights with which every class counts the same."""
    _, place, counts = np.unique(clips.labels, return_inverse=True, return_counts=True)
    return 1 / counts[place]
