"""What files of joints leave open: which joints, which unit, which axes, which frame rate."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.recording import Damaged, Part, Recording, present

METRES = {"metre": 1.0, "centimetre": 0.01, "millimetre": 0.001, "inch": 0.0254}
AXES = {
    f"{sign}{axis}": vector * (-1 if sign else 1)
    for axis, vector in zip("xyz", np.eye(3), strict=True)
    for sign in ("", "-")
}
SLOWEST, FASTEST = 1.0, 1000.0  # frames per second
SMALLEST, LARGEST = 0.2, 5.0  # metres; a body outside is a sign of a wrong unit

Matrix = Float[np.ndarray, "3 3"]
Point = Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False)
class Conventions:
    """What was said of files that do not say it themselves; None, or NaN of `fps`: nothing was."""

    layout: Layout | None
    unit: float | None  # metres
    axes: Matrix | None
    origin: Point | None
    fps: float


class Camera(NamedTuple):
    """How the program that a layout belongs to writes coordinates."""

    unit: str
    axes: tuple[str, str, str]
    origin: tuple[float, float, float]


KINECT = Camera("metre", ("x", "y", "z"), (0, 0, 0))
# Where nothing is said: both count x and y as an image does. World landmarks are centred on the
# hips, and all zeros would mean an absent body.
CAMERAS = {
    "mediapipe33": Camera("metre", ("-x", "-y", "z"), (0, 0, 3)),
    "azure32": Camera("millimetre", ("-x", "-y", "z"), (0, 0, 0)),
}


def camera(layout: Layout) -> Camera:
    """What holds for a layout where nothing else is said."""
    own = (name for name in CAMERAS if LAYOUTS[name] is layout)
    return CAMERAS.get(next(own, ""), KINECT)


def to_metres(
    bodies: Float[np.ndarray, "frame body theirs xyz"], layout: Layout, said: Conventions
) -> Float[np.ndarray, "frame body theirs xyz"]:
    """In metres and the axes of a camera that looks along z; absent bodies stay zero."""
    usual = camera(layout)
    unit = METRES[usual.unit] if said.unit is None else said.unit
    axes = axes_matrix(usual.axes) if said.axes is None else said.axes
    origin = np.array(usual.origin, dtype=float) if said.origin is None else said.origin
    mask = present(bodies)[:, :, None, None]
    return np.where(mask, bodies @ (axes * unit).T + origin, 0)


def axes_matrix(names: tuple[str, ...]) -> Matrix:
    """The matrix that `-x, -y, z` stands for; ValueError if it is none."""
    for name in names:
        if name not in AXES:
            raise ValueError(f"{name!r} is none of: {', '.join(AXES)}")
    axes = np.array([AXES[name] for name in names])
    if axes.shape != (3, 3) or abs(np.linalg.det(axes)) != 1:
        raise ValueError("expected three different axes, such as [x, -y, -z]")
    return axes


def checked_fps(fps: float) -> float:
    """The rate again, if a sensor can have it."""
    if not SLOWEST <= fps <= FASTEST:
        raise ValueError(f"expected frames per second, {SLOWEST:g} to {FASTEST:g}")
    return fps


def check_size(part: Part, recording: Recording) -> None:
    """Refuse the results of a wrong unit or a missing origin."""
    here = recording.ids > 0
    lost = here & ~recording.bodies[:, :, 0].any(-1)
    if lost.any():
        frame = lost.any(1).argmax() + 1
        what = "the spine base is all zeros, which means no body; give an `origin`, as [0, 0, 3]"
        raise Damaged(part, f"frame {frame}: {what}")
    size = float(np.median(np.ptp(recording.bodies[here], axis=1).max(1))) if here.any() else 1.0
    if not SMALLEST < size < LARGEST:
        raise Damaged(part, f"bodies measure {size:.3g} m; is the given `unit` right?")
