"""The columns of a csv file of joints, as its first line names them in any order."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from zsar.data.files.coordinates import FASTEST, SLOWEST
from zsar.data.joint_names import joint_key, known_layout, no_layout
from zsar.data.layouts import LAYOUTS, Layout

COORDINATE = re.compile(r"(?P<joint>.+?)[\W_]*(?P<axis>[xyz])\W*", re.IGNORECASE)
AXIS_FIRST = re.compile(r"(?P<axis>[xyz])(?:[\W_]+|(?=\d))(?P<joint>.+?)\W*", re.IGNORECASE)
REPEATED = re.compile(r"\.\d+$")  # pandas tells columns of one name apart so
NUMBER = re.compile(r"(?:landmark|joint|keypoint|point)?[\W_]*(\d+)", re.IGNORECASE)
QUALITY = re.compile(
    r"(?P<joint>.+?)[\W_]*(visibility|presence|confidence|score)\W*|v(is)?[\W_]*\d+", re.IGNORECASE
)  # how sure a pose estimator is of a joint
COUNTER = re.compile(r"(frame|index)([\W_]*(id|index|no|number))?\W*|", re.IGNORECASE)
CLOCK = re.compile(r"(time|timestamp|t)([\W_]*(?P<unit>s|sec|seconds|ms|msec|us|ns))?\W*", re.I)
TICKS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "ns": 1e-9}
EMPTY = ("", "nan")
LONG = {"x", "y", "z"}  # names of columns where every joint of a frame has a line
OTHERS = "time, frame, or visibility and presence of a joint"


class Columns(NamedTuple):
    """Where things stand in a line."""

    layout: Layout
    coordinates: Int[np.ndarray, "body theirs xyz"]
    clock: int | None
    tick: float | None  # seconds; None: the name does not say


def unnamed(width: int, layout: Layout | None) -> Columns:
    """Where there is no line of names; ValueError if the numbers are not those of whole bodies."""
    if layout is None:
        raise ValueError(f"has no line of names; {layout_needed(0 if width % 3 else width // 3)}")
    joints = len(layout.joints)
    if not width or width % (3 * joints):
        expected = f"expected {3 * joints} for {joints} joints (or a multiple)"
        raise ValueError(f"{width} numbers, {expected}")
    return Columns(layout, np.arange(width).reshape(-1, joints, 3), None, None)


def layout_needed(joints: int) -> str:
    """What to do where files do not name their joints."""
    fits = [name for name, each in LAYOUTS.items() if len(each.joints) == joints]
    choices = f"for instance {' or '.join(fits)}" if fits else f"one of: {', '.join(LAYOUTS)}"
    return f"expected a layout to be given, {choices}"


def named(header: Sequence[str], layout: Layout | None) -> Columns:
    """The columns by their names; ValueError about the first that is missing or strange."""
    if {field.strip().strip("\"'").lower() for field in header} >= LONG:
        raise ValueError(
            "has columns x, y and z: a line for every joint; expected a line for every frame, with"
            " x, y and z of all joints"
        )
    found: dict[tuple[str, int], list[int]] = {}
    names: dict[str, str] = {}
    qualities: list[tuple[int, str]] = []
    clock, tick = None, None
    for place, field in enumerate(header):
        name = REPEATED.sub("", field.strip().strip("\"'"))
        if COUNTER.fullmatch(name):
            continue
        if time := CLOCK.fullmatch(name):
            clock, tick = place, TICKS[time["unit"].lower()] if time["unit"] else None
        elif quality := QUALITY.fullmatch(name):
            qualities.append((place, quality["joint"] or ""))
        elif column := AXIS_FIRST.fullmatch(name) or COORDINATE.fullmatch(name):
            key = joint_key(column["joint"])
            names.setdefault(key, column["joint"])
            found.setdefault((key, "xyz".index(column["axis"].lower())), []).append(place)
        else:
            what = f"expected x, y or z of a joint, or {OTHERS}"
            raise ValueError(f"column {place + 1} is {field.strip()!r}, {what}")
    keys, layout = _keys(names, layout)
    for place, joint in qualities:
        if joint and joint_key(joint) not in keys:
            raise ValueError(f"column {place + 1} is {header[place].strip()!r}, of no known joint")
    return Columns(layout, _whole_bodies(found, keys, layout, header), clock, tick)


def _keys(names: dict[str, str], layout: Layout | None) -> tuple[list[str], Layout]:
    """How the header calls the joints of the layout, in its order."""
    if not names:
        raise ValueError("names no joint; expected x, y and z of every joint")
    numbers = [NUMBER.fullmatch(name) for name in names.values()]
    if all(numbers):
        if layout is None:
            raise ValueError(f"numbers its joints; {layout_needed(len(names))}")
        return _numbered(
            {int(n[1]): key for n, key in zip(numbers, names, strict=True) if n}, layout
        )
    fits = known_layout(names.values())
    if layout is None:
        if not fits:
            raise ValueError(f"its {no_layout([*names.values()])}")
        layout = LAYOUTS[fits]
    keys = [joint_key(joint) for joint in layout.joints]
    if fits and not {*keys} <= {*names}:
        raise ValueError(f"names the joints of {fits}, expected those of the layout that was given")
    return keys, layout


def _numbered(keys: dict[int, str], layout: Layout) -> tuple[list[str], Layout]:
    first, count = min(keys), len(layout.joints)
    if first > 1 or sorted(keys) != [*range(first, first + count)]:
        raise ValueError(f"numbers {len(keys)} joints, expected {count} from 0 or 1")
    return [keys[number] for number in sorted(keys)], layout


def _whole_bodies(
    found: dict[tuple[str, int], list[int]], keys: list[str], layout: Layout, header: Sequence[str]
) -> Int[np.ndarray, "body theirs xyz"]:
    wanted = [(key, axis) for key in keys for axis in range(3)]
    title = {
        (key, axis): f"{joint}_{'xyz'[axis]}"
        for key, joint in zip(keys, layout.joints, strict=True)
        for axis in range(3)
    }
    for stray in sorted(found[each][0] for each in found if each not in title):
        joints = ", ".join(layout.joints)
        raise ValueError(
            f"column {stray + 1} is {header[stray].strip()!r}, expected x, y, z of: {joints}"
        )
    for each in wanted:
        if each not in found:
            raise ValueError(f"has no column {title[each]!r}, expected x, y, z of every joint")
    bodies, _ = Counter(len(found[each]) for each in wanted).most_common(1)[0]
    for each in wanted:
        if len(found[each]) != bodies:
            raise ValueError(
                f"has {len(found[each])} columns {title[each]!r}, expected {bodies} as of others"
            )
    columns = np.array([found[each] for each in wanted])  # coordinate x body
    return columns.T.reshape(bodies, len(keys), 3)


def absent_as_zeros(fields: Sequence[str], columns: Columns) -> list[str]:
    """A line with zeros for each body of which no coordinate is there, as pose estimators write
    where they find nobody, and for how sure they are of it."""
    found, coordinates = list(fields), set(columns.coordinates.ravel().tolist())
    empty = [field.strip().lower() in EMPTY for field in fields]
    nobody = [body.ravel() for body in columns.coordinates if all(empty[k] for k in body.ravel())]
    absent = {int(k) for body in nobody for k in body}
    if absent:
        absent |= {k for k in range(len(fields)) if k not in coordinates and k != columns.clock}
    for k in absent:
        found[k] = "0" if empty[k] else found[k]
    return found


def rate(times: Float[np.ndarray, " frame"], tick: float | None) -> float:
    """Frames per second by the steps of a clock, in whose unit `tick` seconds pass: their mean, for
    clocks are rounded, without those of lost frames. NaN where it counts frames or stands alone.
    ValueError where time goes back or no sensor is so fast."""
    if len(times) < 2:
        return float("nan")
    steps = np.diff(times)
    if (steps < 0).any():
        raise ValueError(f"time goes back in frame {int((steps < 0).argmax()) + 2}")
    step = float(np.median(steps))
    if tick is None:
        if step == 1:
            return float("nan")
        # A second has at least one frame and at most a thousand, in whatever it is counted.
        tick = next((each for each in (1.0, 1e-3, 1e-6, 1e-9) if step * each <= 1), 1.0)
    if not step or not SLOWEST <= 1 / (step * tick) <= FASTEST:
        raise ValueError(f"the median step of time is {step:g}, expected that of a sensor")
    usual = steps[np.abs(steps - step) <= step / 2]
    return float(1 / (usual.mean() * tick))
