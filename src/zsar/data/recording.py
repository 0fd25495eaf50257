"""One labelled action as a sensor recorded it, the common result of every reader; and how joints of
any layout become one, or a clear error."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from zsar.data.layouts import Layout
from zsar.data.skeleton import JOINTS
from zsar.errors import UserError

LONGEST = 2000  # characters that are said of a file
FARTHEST = 1000.0  # metres from the camera; no sensor sees so far


def printable(text: str) -> str:
    """The text with control characters and the like written as escapes, as a terminal needs it."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class Damaged(UserError):
    """A raw file that is not what it claims to be; says `where:line: what was expected`."""

    def __init__(self, where: object, what: str, line: int | None = None):
        place = printable(f"{where}:{line}" if line is not None else f"{where}")
        said = printable(" ".join(what.split()))  # always one line
        super().__init__(f"{place}: {said if len(said) <= LONGEST else said[:LONGEST] + ' ...'}")

    def __reduce__(self):
        # Only the finished message is sent between processes.
        return _restored, (str(self),)


def _restored(message: str) -> Damaged:
    damaged = Damaged.__new__(Damaged)
    UserError.__init__(damaged, message)
    return damaged


@dataclass(frozen=True)
class Part:
    """A piece of raw data that can be read on its own: a file, or a member of an archive."""

    path: Path
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}::{self.member}" if self.member else str(self.path)


@dataclass(frozen=True, kw_only=True, eq=False)
class Unreadable(Part):
    """A clip of which is known before it is read that it cannot be, and why."""

    why: Damaged


@dataclass(frozen=True)
class Recording:
    """Bodies stay in the order of the file; a slot without a body holds zeros and the id 0."""

    name: str
    label: int  # the data set's own class id, from 0
    subject: int  # 0 where the format does not say
    camera: int
    setup: int
    bodies: Float32[np.ndarray, "frame body joint xyz"]  # the 25 joints of NTU, metres
    ids: Int64[np.ndarray, "frame body"]
    derived: Bool[np.ndarray, " joint"] = field(
        default_factory=lambda: np.zeros(len(JOINTS), dtype=bool)
    )  # joints that are computed from others
    fps: float = float("nan")  # NaN where nobody knows


AXES = "xyz"


class ClipMeta(NamedTuple):
    """What a data set says of a clip besides its coordinates; 0 where it does not say."""

    name: str
    label: int
    subject: int
    camera: int
    setup: int


def to_recording(
    part: Part,
    meta: ClipMeta,
    layout: Layout,
    bodies: Float[np.ndarray, "frame body theirs xyz"],
    fps: float = float("nan"),
) -> Recording:
    """The clip with the 25 joints; a body is present in the frames where it is not all zero."""
    if not bodies.size:
        raise Damaged(part, f"clip {meta.name} holds no frame, expected at least one")
    check_coordinates(part, meta.name, layout.joints, bodies)
    joints = np.ascontiguousarray(layout.to_ntu25(bodies), dtype=np.float32)
    return Recording(
        **meta._asdict(),
        bodies=joints,
        ids=slot_ids(bodies),
        derived=layout.derived_mask,
        fps=fps,
    )


def slot_ids(bodies: Float[np.ndarray, "frame body theirs xyz"]) -> Int64[np.ndarray, "frame body"]:
    """Ids for bodies that the format tells apart only by their slot: 1 for the first, and so on."""
    slots = np.arange(1, bodies.shape[1] + 1)
    return np.where(present(bodies), slots, 0)


def present(bodies: Float[np.ndarray, "frame body theirs xyz"]) -> Bool[np.ndarray, "frame body"]:
    return np.asarray(bodies.any((2, 3)))


def checked_label(part: Part, name: str, label: int, classes: int) -> int:
    """The label again, if the data set has such a class."""
    if not 0 <= label < classes:
        raise Damaged(part, f"clip {name} has label {label}, expected 0 to {classes - 1}")
    return label


def check_coordinates(
    part: Part,
    name: str,
    joints: tuple[str, ...],
    bodies: Float[np.ndarray, "frame body theirs xyz"],
) -> None:
    """Refuse what is not finite, and what is farther away than any sensor sees."""
    # Not where one is NaN; both together are quicker than the largest of absolute numbers.
    if bodies.max(initial=0) <= FARTHEST and bodies.min(initial=0) >= -FARTHEST:
        return
    frame, body, joint, axis = np.argwhere(~(np.abs(bodies) <= FARTHEST))[0]
    value = bodies[frame, body, joint, axis]
    expected = f"at most {FARTHEST:g} m; is the `unit` right?" if np.isfinite(value) else "a number"
    raise Damaged(
        part,
        f"clip {name}, frame {frame + 1}, body {body + 1}: {AXES[axis]} of {joints[joint]} is"
        f" {value:g}, expected {expected}",
    )
