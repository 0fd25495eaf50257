"""The last step of every reader: joints of any layout become a recording, or a clear complaint."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64

from zsar.data.layouts import Layout
from zsar.data.recording import Damaged, Part, Recording

AXES = "xyz"


class Facts(NamedTuple):
    """What a data set says of a clip besides its coordinates; 0 where it does not tell."""

    name: str
    label: int
    subject: int
    camera: int
    setup: int


def recorded(
    part: Part, facts: Facts, layout: Layout, bodies: Float[np.ndarray, "frame body theirs xyz"]
) -> Recording:
    """The clip with the 25 joints; a body is there in the frames where it is not all zero."""
    if not bodies.size:
        raise Damaged(part, f"clip {facts.name} holds no frame, expected at least one")
    if not np.isfinite(bodies).all():
        raise Damaged(part, f"clip {facts.name}, {_first_hole(layout.joints, bodies)}")
    joints = np.ascontiguousarray(layout.brought(bodies), dtype=np.float32)
    return Recording(**facts._asdict(), bodies=joints, ids=numbered(bodies), derived=layout.unseen)


def numbered(bodies: Float[np.ndarray, "frame body theirs xyz"]) -> Int64[np.ndarray, "frame body"]:
    """Ids for bodies that the format only keeps apart by their slot: 1 for the first, and so on."""
    slots = np.arange(1, bodies.shape[1] + 1)
    return np.where(present(bodies), slots, 0)


def present(bodies: Float[np.ndarray, "frame body theirs xyz"]) -> Bool[np.ndarray, "frame body"]:
    return np.asarray(bodies.any((2, 3)))


def labelled(part: Part, name: str, label: int, classes: int) -> int:
    """The label again, if the data set has such a class."""
    if not 0 <= label < classes:
        raise Damaged(part, f"clip {name} has label {label}, expected 0 to {classes - 1}")
    return label


def _first_hole(joints: tuple[str, ...], bodies: Float[np.ndarray, "frame body theirs xyz"]) -> str:
    frame, body, joint, axis = np.argwhere(~np.isfinite(bodies))[0]
    value = bodies[frame, body, joint, axis]
    return (
        f"frame {frame + 1}, body {body + 1}: {AXES[axis]} of {joints[joint]} is {value}, "
        "expected a number"
    )
