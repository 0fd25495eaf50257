"""The text of PKU-MMD: a video has a line per frame, its label file a line per action."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from zsar.data.files import archive
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording

FPS = 30.0
CLASSES = 51
WIDTH = 150  # numbers a line: two bodies x 25 joints x xyz
MOST_FRAMES, LONGEST_LINE = 20_000, 1 << 14  # eleven minutes; bytes
SHOWN = 80  # bytes of a line that is wrong
LABEL_BYTES = 1 << 20
MOST_LABELS, MOST_LABELLED = 1000, 80_000  # lines of a label file; frames in all its actions


class LabelLine(NamedTuple):
    """A line of a label file that is not blank: its number among these, and in the file."""

    number: int
    line: int
    text: bytes


class ActionInterval(NamedTuple):
    """A label line: the frames start-1 up to, without, end."""

    label: int
    start: int
    end: int


class Frames(NamedTuple):
    """The numbers of a video, and errors by frame."""

    numbers: Float64[np.ndarray, "frame number"]
    wrong: dict[int, str]


def label_lines(part: Part) -> list[LabelLine]:
    """The lines of a label file."""
    rows = enumerate(archive.content(part, LABEL_BYTES).splitlines(), start=1)
    filled = [(line, row) for line, row in rows if row.strip()]
    if not filled:
        raise Damaged(part, "is empty, expected label,start,end,confidence")
    if len(filled) > MOST_LABELS:
        raise Damaged(part, f"has {len(filled)} lines, expected at most {MOST_LABELS}")
    return [LabelLine(number, *each) for number, each in enumerate(filled, start=1)]


def action(labels: Part | None, line: LabelLine, frames: int) -> ActionInterval:
    """What a label line says of a video of so many frames."""

    def damaged(what: str) -> Damaged:
        return Damaged(labels, what, line.line)

    try:
        label, start, end, _ = map(int, line.text.split(b",", 4))
    except ValueError as error:
        shown = line.text[:SHOWN].decode(errors="replace").strip()
        what = f"{shown!r} is no label,start,end,confidence (whole numbers)"
        raise damaged(what) from error
    if not 1 <= label <= CLASSES:
        raise damaged(f"label {label}, expected 1 to {CLASSES}")
    if not 1 <= start <= end:
        raise damaged(f"frames {start} to {end}, expected 1 <= start <= end")
    if end > frames:
        raise damaged(f"frame {end} is past the end of the video, which has {frames} frames")
    return ActionInterval(label, start, end)


def clips(
    part: Part,
    labels: Part,
    frames: Frames,
    meta: Callable[[LabelLine, ActionInterval], ClipMeta],
) -> list[Recording | Damaged]:
    """A clip for every label line, or what is wrong with it."""
    found: list[Recording | Damaged] = []
    labelled = 0
    for line in label_lines(labels):
        try:
            interval = action(labels, line, len(frames.numbers))
            labelled += interval.end - interval.start + 1
            if labelled > MOST_LABELLED:
                what = f"actions of more than {MOST_LABELLED} frames in all, expected fewer"
                raise Damaged(labels, what, line.line)
            found.append(interval_clip(part, frames, interval, meta(line, interval)))
        except Damaged as damaged:
            found.append(damaged)
    return found


def interval_clip(
    part: Part, frames: Frames, interval: ActionInterval, meta: ClipMeta
) -> Recording:
    """The frames of an action; raises Damaged if one of them is wrong."""
    for frame, what in frames.wrong.items():
        if interval.start <= frame <= interval.end:
            raise Damaged(part, f"{what}, in clip {meta.name}", frame)
    bodies = frames.numbers[interval.start - 1 : interval.end].reshape(-1, 2, 25, 3)
    return to_recording(part, meta, LAYOUTS["ntu25"], bodies, FPS)


def video(part: Part, text: bytes) -> Frames:
    """The frames of a video; raises Damaged where all of them are wrong."""
    if not text.strip():
        raise Damaged(part, "is empty, expected a line of 150 numbers for every frame")
    lines = text.rstrip().count(b"\n") + 1
    if lines > MOST_FRAMES:
        raise Damaged(part, f"has {lines} lines, expected at most {MOST_FRAMES} frames")
    if max(map(len, text.split(b"\n"))) > LONGEST_LINE:
        return _line_by_line(part, text.rstrip().split(b"\n"))
    try:
        numbers = np.loadtxt(io.BytesIO(text), comments=None, ndmin=2)
    except ValueError:
        numbers = np.empty((0, 0))
    if numbers.shape == (lines, WIDTH) and np.isfinite(numbers).all():
        return Frames(numbers, {})
    return _line_by_line(part, text.rstrip().split(b"\n"))


def _line_by_line(part: Part, lines: list[bytes]) -> Frames:
    """Slow, and needed for damaged videos only."""
    found = [_numbers(line) for line in lines]
    wrong = {frame: each for frame, each in enumerate(found, start=1) if isinstance(each, str)}
    if len(wrong) == len(lines):
        raise Damaged(part, wrong[1], 1)
    nothing = [0.0] * WIDTH
    rows = [nothing if isinstance(each, str) else each for each in found]
    return Frames(np.array(rows), wrong)


def _numbers(line: bytes) -> list[float] | str:
    """The numbers of a frame, or what is wrong with them."""
    if len(line) > LONGEST_LINE:
        return f"a line of {len(line)} bytes, expected {WIDTH} numbers"
    fields = line.split()
    if len(fields) != WIDTH:
        return f"{len(fields)} numbers, expected {WIDTH}"
    for field in fields:
        if not _is_number(field):
            return f"{field[:SHOWN].decode(errors='replace')!r} is not a finite number"
    return [float(field) for field in fields]


def _is_number(field: bytes) -> bool:
    try:
        return bool(np.isfinite(float(field))) and b"_" not in field
    except ValueError:
        return False
