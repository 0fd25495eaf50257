"""From scores to numbers, in per cent. Nothing here knows which method gave the scores.

Zero-shot: the unseen classes are the candidates. `overall`, `per_class`, `by_class`, `confusion`,
and over seeds `spread` and `interval`.

Generalised: all classes are. Whether a clip is of an unseen one is decided by a `Gate` or by
`Stacking`, fitted on the validation phase; `balance` says what their answers are worth, and
`harmonic_interval` how sure that is.
"""

from zsar.evaluation.accuracy import (
    Trial,
    balance,
    by_class,
    confusion,
    harmonic,
    overall,
    per_class,
    spread,
)
from zsar.evaluation.bootstrap import harmonic_interval, interval
from zsar.evaluation.gate import Gate, GateFeatures, fitted_gate
from zsar.evaluation.stacking import Stacking, ausuc, fitted_stacking

__all__ = [
    "Gate",
    "GateFeatures",
    "Stacking",
    "Trial",
    "ausuc",
    "balance",
    "by_class",
    "confusion",
    "fitted_gate",
    "fitted_stacking",
    "harmonic",
    "harmonic_interval",
    "interval",
    "overall",
    "per_class",
    "spread",
]
