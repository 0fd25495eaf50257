"""From predicted classes and scores to numbers in per cent; independent of methods.

Zero-shot, the unseen classes are the candidates: `accuracy`, `mean_class_accuracy`, `confusion`,
and over seeds `mean_and_std` and `bootstrap_interval`.

Generalised, all classes are. A `Gate` or `CalibratedStacking` decides whether a clip is of an
unseen class, selected on the validation phase; `seen_and_unseen` gives the accuracy of either side
and the harmonic mean, `harmonic_bootstrap_interval` its interval, `ausuc` needs no decision.
"""

from zsar.evaluation.bootstrap import bootstrap_interval, harmonic_bootstrap_interval
from zsar.evaluation.gate import Gate, GateFeatures, select_gate
from zsar.evaluation.metrics import (
    ScoredClips,
    accuracy,
    class_accuracies,
    confusion,
    harmonic_mean,
    mean_and_std,
    mean_class_accuracy,
    mean_rows,
    seen_and_unseen,
)
from zsar.evaluation.stacking import CalibratedStacking, ausuc, select_stacking

__all__ = [
    "CalibratedStacking",
    "Gate",
    "GateFeatures",
    "ScoredClips",
    "accuracy",
    "ausuc",
    "bootstrap_interval",
    "class_accuracies",
    "confusion",
    "harmonic_bootstrap_interval",
    "harmonic_mean",
    "mean_and_std",
    "mean_class_accuracy",
    "mean_rows",
    "seen_and_unseen",
    "select_gate",
    "select_stacking",
]
