"""Reads PKU-MMD I and II: a text file per video and view, and a label file of the same name.

A video (0002-L.txt, in II A01N01-L.txt) has a line per frame, 150 numbers: two bodies x 25 joints
x xyz, the second all zero where one person is alone. Its label file has a line per action,
`label,start,end,confidence`, label 1 to 51, frames counted from 1, both ends included. Labels lie
in a folder or archive whose name contains "label" (Train_Label_PKU_final, Label_PKUMMD.zip, ...).

A clip is called F002V001C003L001 after video, view (L M R are cameras 1 2 3), label and label line,
in part II A001N001V001C003L001. The subject is the number of the video, because the published
division names videos; in part II it is 100 A + N. Clips have all their frames, however many.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from zsar.data import archive
from zsar.data.bodies import Facts, recorded
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged, Part, Recording

HOME = "http://39.96.165.147/Projects/PKUMMD/PKU-MMD.html (skeletons and labels; ask the authors)"
NAME = re.compile(r"(?:(\d{4})|A(\d\d)N(\d\d))-([LMR])")
VIEWS = "LMR"
CLASSES = 51
WIDTH = 150  # numbers a line


@dataclass(frozen=True, kw_only=True, eq=False)
class Video(Part):
    """A video and where its labels are."""

    labels: Part | None


class Action(NamedTuple):
    """A line of a label file; frames start-1 up to, without, end."""

    line: int
    label: int
    start: int
    end: int


def recognises(path: Path) -> bool:
    return bool(_texts(path))


def find(folder: Path) -> list[Part]:
    texts = _texts(folder)
    if not texts:
        raise Damaged(folder, f"has no video such as 0002-L.txt; expected the files of {HOME}")
    labels = {_stem(part): part for part in archive.unique(filter(_is_label(folder), texts))}
    if not labels:
        raise Damaged(
            folder, 'has no label files; expected them in a folder with "label" in its name'
        )
    videos = archive.unique(part for part in texts if not _is_label(folder)(part))
    if not videos:
        raise Damaged(folder, f"has label files only; expected the videos from {HOME}")
    found = [Video(part.path, part.member, labels=labels.get(_stem(part))) for part in videos]
    return sorted(found, key=_stem)


def read(part: Video) -> list[Recording]:
    if part.labels is None:
        raise Damaged(part, "has no label file of the same name")
    frames = _frames(part, archive.content(part))
    text = archive.content(part.labels)
    return [
        recorded(part, _facts(part, number, action), LAYOUTS["ntu25"], _clip(frames, action))
        for number, action in enumerate(_actions(part.labels, text, len(frames)), start=1)
    ]


def _texts(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".txt") if NAME.fullmatch(_stem(part))]


def _stem(part: Part) -> str:
    return Path(part.member or part.path).stem


def _is_label(folder: Path) -> Callable[[Part], bool]:
    def judge(part: Part) -> bool:
        inside = part.path.relative_to(folder) if part.path != folder else Path(folder.name)
        return "label" in f"{inside.parent / inside.stem}/{Path(part.member).parent}".lower()

    return judge


def _clip(frames: Float64[np.ndarray, "frame number"], action: Action) -> np.ndarray:
    return frames[action.start - 1 : action.end].reshape(-1, 2, 25, 3)


def _facts(part: Video, number: int, action: Action) -> Facts:
    video, group, person, view = NAME.fullmatch(_stem(part)).groups()  # type: ignore[union-attr]
    camera = VIEWS.index(view) + 1
    first = f"F{int(video):03d}" if video else f"A{int(group):03d}N{int(person):03d}"
    name = f"{first}V{camera:03d}C{action.label:03d}L{number:03d}"
    subject = int(video or 100 * int(group) + int(person))
    return Facts(name, action.label - 1, subject, camera, setup=0)


def _actions(part: Part, text: bytes, frames: int) -> Iterator[Action]:
    if not text.strip():
        raise Damaged(part, "is empty, expected label,start,end,confidence")
    for line, row in enumerate(text.splitlines(), start=1):
        if row.strip():
            action = _action(part, line, row)
            if action.end > frames:
                what = f"frame {action.end} is past the end of the video, which has {frames} frames"
                raise Damaged(part, what, line)
            yield action


def _action(part: Part, line: int, row: bytes) -> Action:
    try:
        label, start, end, _ = map(int, row.split(b","))
    except ValueError as error:
        shown = row.decode(errors="replace").strip()
        what = f"{shown!r} is no label,start,end,confidence (whole numbers)"
        raise Damaged(part, what, line) from error
    if not 1 <= label <= CLASSES:
        raise Damaged(part, f"label {label}, expected 1 to {CLASSES}", line)
    if not 1 <= start <= end:
        raise Damaged(part, f"frames {start} to {end}, expected 1 <= start <= end", line)
    return Action(line, label, start, end)


def _frames(part: Part, text: bytes) -> Float64[np.ndarray, "frame number"]:
    if not text.strip():
        raise Damaged(part, "is empty, expected a line of 150 numbers for every frame")
    try:
        frames = np.loadtxt(io.BytesIO(text), comments=None, ndmin=2)
    except ValueError:
        frames = np.empty((0, 0))
    lines = text.rstrip().count(b"\n") + 1
    if frames.shape != (lines, WIDTH) or not np.isfinite(frames).all():
        raise _mistake(part, text)
    return frames


def _mistake(part: Part, text: bytes) -> Damaged:
    """Where the first line is that is not 150 numbers; slow, and needed once."""
    for line, row in enumerate(text.rstrip().splitlines(), start=1):
        words = row.split()
        if len(words) != WIDTH:
            return Damaged(part, f"{len(words)} numbers, expected {WIDTH}", line)
        for word in words:
            if not _is_number(word):
                shown = word.decode(errors="replace")
                return Damaged(part, f"{shown!r} is not a finite number", line)
    return Damaged(part, "is no table of 150 numbers a line")


def _is_number(word: bytes) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
