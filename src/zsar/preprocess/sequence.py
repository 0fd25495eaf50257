"""A clip between two preprocessing steps, and which settings a step may have."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float32, Int64
from pydantic import BeforeValidator, Field

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


# What a setting of a step may be.
Joint = Annotated[  # a name in the settings, its number for the step
    int, BeforeValidator(JOINTS.index), Field(description=f"one of: {', '.join(JOINTS)}")
]
Axis = Annotated[int, BeforeValidator(("x", "y", "z").index), Field(description="one of: x, y, z")]
