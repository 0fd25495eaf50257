"""Joints from npz archives and npy files."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from zsar.data.files.coordinates import checked_fps
from zsar.data.files.csv_columns import layout_needed
from zsar.data.files.small_arrays import array, arrays
from zsar.data.joint_names import in_order_of, joint_key, known_layout, no_layout
from zsar.data.layouts import LAYOUTS, Layout
from zsar.data.recording import Damaged, Part

BESIDE = ("joints", "fps", "label")  # arrays beside that of the coordinates


class NamedJoints(NamedTuple):
    """Coordinates as in the file, with its joints in the order of the layout."""

    layout: Layout
    bodies: Float[np.ndarray, "frame body theirs xyz"]
    fps: float


def npz(part: Part, content: bytes, layout: Layout | None) -> NamedJoints:
    """An array of coordinates; beside it there may be `joints` (names), `fps` and `label`."""
    found = arrays(part, content)
    names, fps = _names(part, found), _rate(part, found)
    others = {name: values for name, values in found.items() if name not in BESIDE}
    if len(others) != 1:
        raise Damaged(part, f"holds {len(others)} arrays ({', '.join(others)}), expected one")
    (coordinates,) = others.values()
    return _joints(part, coordinates, names, layout, fps)


def npy(part: Part, content: bytes, layout: Layout | None) -> NamedJoints:
    """The array of a single file."""
    try:
        values = array(io.BytesIO(content), len(content))
    except ValueError as error:
        raise Damaged(part, f"cannot be used as an array that numpy saved: {error}") from error
    return _joints(part, values, (), layout, float("nan"))


def _joints(
    part: Part, values: np.ndarray, names: Sequence[str], layout: Layout | None, fps: float
) -> NamedJoints:
    if values.dtype.kind not in "fiu" or values.ndim not in (3, 4):
        what = _shape(len(names) or (len(layout.joints) if layout else 0))
        raise Damaged(part, f"holds {values.dtype} of shape {values.shape}, {what}")
    bodies = values[:, None] if values.ndim == 3 else values
    layout, order = _layout(part, bodies.shape[2], names, layout)
    if bodies.shape[2:] != (len(order), 3):
        raise Damaged(part, f"holds an array of shape {values.shape}, {_shape(len(order))}")
    return NamedJoints(layout, bodies[:, :, order].astype(np.float64), fps)


def _layout(
    part: Part, count: int, names: Sequence[str], layout: Layout | None
) -> tuple[Layout, list[int]]:
    """The layout, and the places of its joints in the file."""
    if layout is None:
        if not names:
            raise Damaged(part, f"does not name its {count} joints; {layout_needed(count)}")
        if not (fits := known_layout(names)):
            raise Damaged(part, f"its {no_layout(names)}")
        layout = LAYOUTS[fits]
    if not names:
        return layout, [*range(len(layout.joints))]
    if sorted(map(joint_key, names)) != sorted(map(joint_key, layout.joints)):
        expected = " ".join(layout.joints)
        raise Damaged(part, f"its joints are {' '.join(names)}, expected {expected}")
    return layout, in_order_of(names, layout)


def _names(part: Part, found: dict[str, np.ndarray]) -> tuple[str, ...]:
    names = found.get("joints", np.zeros(0, dtype=str))
    if names.dtype.kind != "U" or names.ndim != 1:
        raise Damaged(part, f"joints are {names.dtype} of shape {names.shape}, expected names")
    return tuple(map(str, names))


def _rate(part: Part, found: dict[str, np.ndarray]) -> float:
    rate = found.get("fps", np.array(np.nan))
    if rate.dtype.kind not in "fiu" or rate.size != 1:
        raise Damaged(part, f"fps is {rate.dtype} of shape {rate.shape}, expected a number")
    if np.isnan(value := float(rate.reshape(()))):
        return value
    try:
        return checked_fps(value)
    except ValueError as error:
        raise Damaged(part, f"fps is {value:g}, {error}") from error


def _shape(joints: int) -> str:
    return f"expected frames (x bodies) x {joints or 'joints'}{' joints' if joints else ''} x 3"
