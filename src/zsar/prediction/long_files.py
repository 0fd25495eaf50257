"""A csv that is longer than a clip can be, piece by piece: memory does not grow with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from io import BufferedReader
from typing import TypeGuard

import numpy as np

from zsar.data.files import clip_files, limits
from zsar.data.files.coordinates import Conventions
from zsar.data.guard import guarded
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, printable
from zsar.data.unlabelled import NOBODY_SAYS, Declared, UnlabelledClip

FRAMES = 9000  # of a piece, five minutes at 30 a second
LONGEST = 1 << 32  # bytes of a file, two days of MediaPipe


@dataclass(frozen=True)
class Piece(Recording):
    """Some frames of a recording, which begin after so many seconds."""

    begins: float = 0.0


def is_long(part: Part) -> TypeGuard[UnlabelledClip]:
    """Whether it is a csv that is read in pieces."""
    return (
        isinstance(part, UnlabelledClip)
        and part.kind == "csv"
        and not part.member
        and part.path.is_file()
        and part.path.stat().st_size > clip_files.LARGEST
    )


def pieces(part: UnlabelledClip, declared: Declared) -> Iterator[Piece | Damaged]:
    """One by one; a damaged one loses its frames alone."""
    if (size := part.path.stat().st_size) > LONGEST:
        yield Damaged(part, f"holds {size} bytes, expected at most {LONGEST}; cut it")
        return
    said = declared.conventions() if part.said is None else part.said
    with guarded(part), part.path.open("rb") as file:
        first = file.readline(limits.LINE)
        names = first if _names(first) else b""
        line, before = int(bool(names)), 0
        block = _lines(file, b"" if names else first)
        while block:
            yield _piece(part, names, block, line, before, said)
            line += block.count(b"\n")
            before += sum(1 for each in block.splitlines() if each.strip())
            block = _lines(file, b"")


def _lines(file: BufferedReader, first: bytes) -> bytes:
    """Those of the next piece."""
    found, size = [first] if first else [], len(first)
    while len(found) < FRAMES and size < clip_files.LARGEST // 2:
        if not (line := file.readline(limits.LINE)):
            break
        found.append(line)
        size += len(line)
    return b"".join(found)


def _piece(
    part: UnlabelledClip, names: bytes, block: bytes, lines: int, before: int, said: Conventions
) -> Piece | Damaged:
    meta = ClipMeta(printable(part.name), NOBODY_SAYS, 0, 0, 0)
    try:
        with guarded(part):
            found = clip_files.recording(part, names + block, "csv", meta, said)
    except Damaged as damaged:
        return _at(damaged, part, lines - bool(names))
    values = {each.name: getattr(found, each.name) for each in fields(Recording)}
    return Piece(**values, begins=before / found.fps)


def _at(damaged: Damaged, part: Part, lines: int) -> Damaged:
    """With the line of the file in place of that of the piece."""
    where = printable(str(part))
    match = re.match(rf"{re.escape(where)}:(\d+): (.*)", str(damaged), re.DOTALL)
    return Damaged(part, match[2], int(match[1]) + lines) if match else damaged


def _names(line: bytes) -> bool:
    """Whether a first line holds names of columns, no number."""
    return not any(map(_is_number, re.split(rb"[,;\t]", line)))


def _is_number(field: bytes) -> bool:
    try:
        return bool(np.isfinite(float(field)))
    except ValueError:
        return False
