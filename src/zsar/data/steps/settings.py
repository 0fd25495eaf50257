"""What the settings of a step may be in settings/preprocess.yaml."""

from collections.abc import Callable, Sequence
from typing import Any, NewType

from zsar.data.skeleton import JOINTS

Count = NewType("Count", int)
Positive = NewType("Positive", float)
Share = NewType("Share", float)
Joint = NewType("Joint", int)
Axis = NewType("Axis", int)


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("a whole number above 0")
    return value


def _positive(value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value < float("inf"):
        raise ValueError("a number above 0")
    return float(value)


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise ValueError("a number above 0 and at most 1")
    return float(value)


def _place_in(names: Sequence[str]) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if value not in names:
            raise ValueError(f"one of: {', '.join(names)}")
        return names.index(value)

    return read


# A reading raises ValueError with what it expected.
READINGS: dict[Any, Callable[[Any], Any]] = {
    Count: _count,
    Positive: _positive,
    Share: _share,
    Joint: _place_in(JOINTS),
    Axis: _place_in(("x", "y", "z")),
}
