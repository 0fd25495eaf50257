"""The joints of one clip of your own recordings, from a csv, npz, npy or bvh file."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from zsar.data.files import csv_columns, limits, npz_joints
from zsar.data.files.bvh import bvh
from zsar.data.files.coordinates import Conventions, check_size, to_metres
from zsar.data.layouts import Layout
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording

LARGEST = limits.TEXT  # bytes of a file
SHOWN = 40  # characters of a field that is wrong
Read = Callable[[Part, bytes, Conventions], "JointPositions"]


class JointPositions(NamedTuple):
    """Frames x bodies x joints x xyz, in metres and the axes of a camera that looks along z."""

    layout: Layout
    bodies: Float[np.ndarray, "frame body theirs xyz"]
    fps: float  # NaN: nobody says


def recording(
    part: Part, content: bytes, kind: str, meta: ClipMeta, said: Conventions
) -> Recording:
    """The clip of a file of this kind; raises Damaged if it is not what it claims to be."""
    if len(content) > LARGEST:
        raise Damaged(
            part, f"holds {len(content)} bytes, expected at most {LARGEST} of a clip; cut it"
        )
    found = FORMATS[kind](part, content, said)
    clip = to_recording(part, meta, found.layout, found.bodies, found.fps)
    check_size(part, clip)
    return clip


def _csv(part: Part, content: bytes, said: Conventions) -> JointPositions:
    lines = [
        (n, line)
        for n, line in enumerate(limits.lines(part, _text(part, content)), 1)
        if line.strip()
    ]
    separator = _separator(lines[0][1]) if lines else ","
    first = lines[0][1].split(separator) if lines else []
    header = bool(lines) and names_columns(lines[0][1])
    rows = lines[header:]
    if not rows:
        raise Damaged(part, "is empty, expected a line for every frame")
    width = len(first) if header else rows[0][1].count(separator) + 1
    try:
        columns = (
            csv_columns.named(first, said.layout)
            if header
            else csv_columns.unnamed(width, said.layout)
        )
    except ValueError as error:
        raise Damaged(part, str(error), lines[0][0]) from error
    numbers = _numbers(part, rows, width, separator, columns)
    bodies = to_metres(numbers[:, columns.coordinates], columns.layout, said)
    return JointPositions(columns.layout, bodies, _fps(part, numbers, columns, said))


def names_columns(first: str) -> bool:
    """Whether the first line of a csv that is not blank holds names, no number."""
    return not any(map(_is_number, first.split(_separator(first))))


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _text(part: Part, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged(part, "is no text in UTF-8") from error


def _numbers(
    part: Part,
    rows: list[tuple[int, str]],
    width: int,
    separator: str,
    columns: csv_columns.Columns,
) -> Float[np.ndarray, "frame column"]:
    if len(rows) * width > limits.NUMBERS:
        raise Damaged(part, f"{len(rows)} frames of {width} numbers are too many for a clip")
    numbers = np.empty((len(rows), width))
    for frame, (line, text) in enumerate(rows):
        fields = text.split(separator)
        if len(fields) != width:
            raise Damaged(part, f"{len(fields)} numbers, expected {width} as before", line)
        try:
            numbers[frame] = [float(field) for field in fields]
        except ValueError:
            numbers[frame] = np.nan
        if "_" in text or not np.isfinite(numbers[frame]).all():
            fields = csv_columns.absent_as_zeros(fields, columns)
            for each in fields:
                if not _is_number(each):
                    raise Damaged(part, f"{each.strip()[:SHOWN]!r} is not a finite number", line)
            numbers[frame] = [float(field) for field in fields]
    return numbers


def _is_number(field: str) -> bool:
    try:
        return bool(np.isfinite(float(field))) and "_" not in field
    except ValueError:
        return False


def _fps(
    part: Part,
    numbers: Float[np.ndarray, "frame column"],
    columns: csv_columns.Columns,
    said: Conventions,
) -> float:
    """As was said, else by the clock of the file."""
    if columns.clock is None or not np.isnan(said.fps):
        return said.fps
    try:
        return csv_columns.rate(numbers[:, columns.clock], columns.tick)
    except ValueError as error:
        raise Damaged(part, str(error)) from error


def _npz(part: Part, content: bytes, said: Conventions) -> JointPositions:
    found = npz_joints.npz(part, content, said.layout)
    fps = said.fps if np.isnan(found.fps) else found.fps
    return JointPositions(found.layout, to_metres(found.bodies, found.layout, said), fps)


def _npy(part: Part, content: bytes, said: Conventions) -> JointPositions:
    found = npz_joints.npy(part, content, said.layout)
    return JointPositions(found.layout, to_metres(found.bodies, found.layout, said), said.fps)


def _bvh(part: Part, content: bytes, said: Conventions) -> JointPositions:
    return JointPositions(*bvh(part, _text(part, content), said))


FORMATS: dict[str, Read] = {"csv": _csv, "npz": _npz, "npy": _npy, "bvh": _bvh}
SUFFIXES = tuple(f".{kind}" for kind in FORMATS)
