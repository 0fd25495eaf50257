"""Reads PKU-MMD I and II: a text file per video and view, and a label file of the same name.

A video (0002-L.txt, in II A01N01-L.txt) has a line per frame, 150 numbers: two bodies x 25 joints
x xyz, the second all zero where one person is alone. Its label file has a line per action,
`label,start,end,confidence`, label 1 to 51, frames counted from 1, both ends included. Labels are
in a folder or archive whose name contains "label" (Train_Label_PKU_final, Label_PKUMMD.zip, ...).

A clip is called F002V001C003L001 after video, view (L M R are cameras 1 2 3), label and label line
(blank lines do not count), in part II A001N001V001C003L001. The subject is the number of the video,
because the published protocol names videos; in part II it is 100 A + N. Clips have all their
frames, however many. A wrong label line loses its own clip, a wrong frame the clips that show it.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from zsar.data.files import archive
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording

FPS = 30.0
HOME = "http://39.96.165.147/Projects/PKUMMD/PKU-MMD.html (skeletons and labels; ask the authors)"
NAME = re.compile(r"(?:(\d{4})|A(\d\d)N(\d\d))-([LMR])")
VIEWS = "LMR"
CLASSES = 51
WIDTH = 150  # numbers a line


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoPart(Part):
    """A video and where its labels are."""

    labels: Part | None


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


def recognises(path: Path) -> bool:
    return bool(_texts(path))


def find(folder: Path) -> list[Part]:
    texts = _texts(folder)
    if not texts:
        raise Damaged(folder, f"has no video such as 0002-L.txt; expected the files of {HOME}")
    labels = {archive.stem(part): part for part in archive.unique(filter(_is_label(folder), texts))}
    if not labels:
        raise Damaged(
            folder, 'has no label files; expected them in a folder with "label" in its name'
        )
    videos = archive.unique(part for part in texts if not _is_label(folder)(part))
    if not videos:
        raise Damaged(folder, f"has label files only; expected the videos from {HOME}")
    found = [
        VideoPart(part.path, part.member, labels=labels.get(archive.stem(part))) for part in videos
    ]
    return sorted(found, key=archive.stem)


def read(part: VideoPart) -> list[Recording | Damaged]:
    """A clip for every label line, or what is wrong with it."""
    if part.labels is None:
        raise Damaged(part, "has no label file of the same name")
    frames = _frames(part, archive.content(part))
    return [_outcome(part, line, frames) for line in _lines(part.labels)]


def _texts(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".txt") if NAME.fullmatch(archive.stem(part))]


def _is_label(folder: Path) -> Callable[[Part], bool]:
    def is_label(part: Part) -> bool:
        inside = part.path.relative_to(folder) if part.path != folder else Path(folder.name)
        return "label" in f"{inside.parent / inside.stem}/{Path(part.member).parent}".lower()

    return is_label


def _lines(part: Part) -> list[LabelLine]:
    rows = enumerate(archive.content(part).splitlines(), start=1)
    filled = [(line, row) for line, row in rows if row.strip()]
    if not filled:
        raise Damaged(part, "is empty, expected label,start,end,confidence")
    return [LabelLine(number, *each) for number, each in enumerate(filled, start=1)]


def _outcome(part: VideoPart, line: LabelLine, frames: Frames) -> Recording | Damaged:
    try:
        return _clip(part, line, frames)
    except Damaged as damaged:
        return damaged


def _clip(part: VideoPart, line: LabelLine, frames: Frames) -> Recording:
    label, start, end = _action(part.labels, line, len(frames.numbers))
    meta = _meta(part, line.number, label)
    for frame, what in frames.wrong.items():
        if start <= frame <= end:
            raise Damaged(part, f"{what}, in clip {meta.name}", frame)
    bodies = frames.numbers[start - 1 : end].reshape(-1, 2, 25, 3)
    return to_recording(part, meta, LAYOUTS["ntu25"], bodies, FPS)


def _meta(part: VideoPart, number: int, label: int) -> ClipMeta:
    video, group, person, view = NAME.fullmatch(archive.stem(part)).groups()  # type: ignore[union-attr]
    camera = VIEWS.index(view) + 1
    first = f"F{int(video):03d}" if video else f"A{int(group):03d}N{int(person):03d}"
    name = f"{first}V{camera:03d}C{label:03d}L{number:03d}"
    subject = int(video or 100 * int(group) + int(person))
    return ClipMeta(name, label - 1, subject, camera, setup=0)


def _action(labels: Part | None, line: LabelLine, frames: int) -> ActionInterval:
    def damaged(what: str) -> Damaged:
        return Damaged(labels, what, line.line)

    try:
        label, start, end, _ = map(int, line.text.split(b","))
    except ValueError as error:
        shown = line.text.decode(errors="replace").strip()
        what = f"{shown!r} is no label,start,end,confidence (whole numbers)"
        raise damaged(what) from error
    if not 1 <= label <= CLASSES:
        raise damaged(f"label {label}, expected 1 to {CLASSES}")
    if not 1 <= start <= end:
        raise damaged(f"frames {start} to {end}, expected 1 <= start <= end")
    if end > frames:
        raise damaged(f"frame {end} is past the end of the video, which has {frames} frames")
    return ActionInterval(label, start, end)


def _frames(part: Part, text: bytes) -> Frames:
    if not text.strip():
        raise Damaged(part, "is empty, expected a line of 150 numbers for every frame")
    try:
        numbers = np.loadtxt(io.BytesIO(text), comments=None, ndmin=2)
    except ValueError:
        numbers = np.empty((0, 0))
    lines = text.rstrip().count(b"\n") + 1
    if numbers.shape == (lines, WIDTH) and np.isfinite(numbers).all():
        return Frames(numbers, {})
    return _line_by_line(part, text.rstrip().split(b"\n"))


def _line_by_line(part: Part, lines: list[bytes]) -> Frames:
    """Slow, and needed for damaged videos only."""
    found = [_numbers(line.split()) for line in lines]
    wrong = {frame: each for frame, each in enumerate(found, start=1) if isinstance(each, str)}
    if len(wrong) == len(lines):
        raise Damaged(part, wrong[1], 1)
    nothing = [0.0] * WIDTH
    rows = [nothing if isinstance(each, str) else each for each in found]
    return Frames(np.array(rows), wrong)


def _numbers(fields: list[bytes]) -> list[float] | str:
    """The numbers of a frame, or what is wrong with them."""
    if len(fields) != WIDTH:
        return f"{len(fields)} numbers, expected {WIDTH}"
    for field in fields:
        if not _is_number(field):
            return f"{field.decode(errors='replace')!r} is not a finite number"
    return [float(field) for field in fields]


def _is_number(field: bytes) -> bool:
    try:
        return bool(np.isfinite(float(field))) and b"_" not in field
    except ValueError:
        return False
