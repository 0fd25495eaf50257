"""A clip between two preprocessing steps, and which settings a step may have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NewType

import numpy as np
from jaxtyping import Bool, Float32, Int64

from zsar.data.skeleton import JOINTS


@dataclass(frozen=True)
class SkeletonSequence:
    """What one step passes to the next; a body that is absent from a frame holds zeros there."""

    name: str
    bodies: Float32[np.ndarray, "frame body joint xyz"]
    ids: Int64[np.ndarray, "frame body"]
    length: int  # frames of the clip: those after them are padding


def shown(bodies: Float32[np.ndarray, "frame body joint xyz"]) -> Bool[np.ndarray, "frame body"]:
    """Where a body is present: some coordinate is not 0.

    The published code asks for a sum that is not 0, which misses a body symmetric about the origin.
    """
    return np.any(bodies != 0, axis=(2, 3))


def with_slots(clip: SkeletonSequence, slots: list[int], bodies: int) -> SkeletonSequence:
    """The bodies of these slots in this order, and empty slots up to the number of bodies."""
    frames, _, joints, axes = clip.bodies.shape
    placed = np.zeros((frames, bodies, joints, axes), np.float32)
    ids = np.zeros((frames, bodies), np.int64)
    placed[:, : len(slots)] = clip.bodies[:, slots]
    ids[:, : len(slots)] = clip.ids[:, slots]
    return SkeletonSequence(clip.name, placed, ids, clip.length)


def with_frames(clip: SkeletonSequence, frames: slice | np.ndarray) -> SkeletonSequence:
    """These frames only, all of which count."""
    bodies = clip.bodies[frames]
    return SkeletonSequence(clip.name, bodies, clip.ids[frames], len(bodies))


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


# Each raises ValueError with what it expected.
SETTING_PARSERS: dict[Any, Callable[[Any], Any]] = {
    Count: _count,
    Positive: _positive,
    Share: _share,
    Joint: _place_in(JOINTS),
    Axis: _place_in(("x", "y", "z")),
}
