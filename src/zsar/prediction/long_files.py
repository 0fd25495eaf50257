"""A csv that is longer than a clip can be, piece by piece: memory does not grow with it."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, fields
from io import BufferedReader
from itertools import chain, islice
from typing import TypeGuard

from zsar.data.files import clip_files, limits
from zsar.data.files.coordinates import Conventions
from zsar.data.guard import guarded
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, printable
from zsar.data.unlabelled import NOBODY_SAYS, Declared, UnlabelledClip

FRAMES = 9000  # of a piece, five minutes at 30 a second
LONGEST = 1 << 32  # bytes of a file, two days of MediaPipe
CHUNK = 1 << 20  # bytes that are read at once
ESCAPED = "surrogateescape"  # what is no UTF-8 comes back as it was, and damages its piece alone


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
        lines = _lines(file)
        before, first = next(((n, each) for n, each in enumerate(lines) if each.strip()), (0, ""))
        names = first if clip_files.names_columns(first) else ""
        before += bool(names)
        rest, times, found = lines if names else chain([first], lines), _Times(), None
        while block := list(_block(rest)):
            if frames := sum(1 for each in block if each.strip()):
                found = _read(part, names, block, before, said)
                yield times.piece(found, frames)
            before += len(block)
        if found is None:
            yield times.piece(_read(part, names, [], before, said), 0)  # that it is empty


def _lines(file: BufferedReader) -> Iterator[str]:
    """As `splitlines` divides them, which reads a clip; no more of one is held than its limit."""
    decoder = getincrementaldecoder("utf-8-sig")(ESCAPED)
    rest = ""
    while content := file.read(CHUNK):
        *whole, rest = (rest + decoder.decode(content)).splitlines(keepends=True) or [""]
        yield from whole
        if len(rest) > limits.LINE:
            rest = rest[: limits.LINE] + rest[-1]  # too long a line, which may have ended
    yield from (rest + decoder.decode(b"", final=True)).splitlines(keepends=True)


def _block(lines: Iterator[str]) -> Iterator[str]:
    """Those of the next piece."""
    size = 0
    for line in islice(lines, FRAMES):
        yield line
        size += len(line.encode("utf-8", ESCAPED))
        if size >= clip_files.LARGEST // 2:
            return


class _Times:
    """When pieces begin: every frame before lasts as long as those of its own piece. Where nobody
    knows how long that is, as in the last piece of which it is known, or else the next."""

    def __init__(self) -> None:
        self.seconds, self.untimed, self.rate = 0.0, 0, float("nan")

    def piece(self, found: Recording | Damaged, frames: int) -> Piece | Damaged:
        """The next one, of so many lines."""
        if isinstance(found, Recording) and found.fps > 0:
            self.rate = found.fps
        if self.rate > 0:
            self.seconds, self.untimed = self.seconds + self.untimed / self.rate, 0
        begins = self.seconds
        if self.rate > 0:
            self.seconds += frames / self.rate
        else:
            self.untimed += frames
        if isinstance(found, Damaged):
            return found
        values = {each.name: getattr(found, each.name) for each in fields(Recording)}
        return Piece(**values | {"fps": self.rate}, begins=begins)


def _read(
    part: UnlabelledClip, names: str, block: list[str], lines: int, said: Conventions
) -> Recording | Damaged:
    """What stands in some lines of the file, after so many others."""
    meta = ClipMeta(printable(part.name), NOBODY_SAYS, 0, 0, 0)
    content = (names + "".join(block)).encode("utf-8", ESCAPED)
    try:
        with guarded(part):
            return clip_files.recording(part, content, "csv", meta, said)
    except Damaged as damaged:
        return _at(damaged, part, lines - bool(names))


def _at(damaged: Damaged, part: Part, lines: int) -> Damaged:
    """With the line of the file in place of that of the piece."""
    where = printable(str(part))
    match = re.match(rf"{re.escape(where)}:(\d+): (.*)", str(damaged), re.DOTALL)
    return Damaged(part, match[2], int(match[1]) + lines) if match else damaged
