"""BVH text (Biovision hierarchy, as motion capture and animation programs write it) to a tree of
joints and the numbers of its channels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from zsar.data.files.limits import NUMBERS, lines
from zsar.data.recording import Damaged, Part

MOST_JOINTS = 2000
MOST_NUMBERS = 2 * NUMBERS  # a joint has up to six, and half of all are fingers
CHANNELS = {f"{axis}{kind}" for axis in "xyz" for kind in ("position", "rotation")}


@dataclass(frozen=True)
class BvhJoint:
    """A joint, or the end of the last bone of a limb, which has no channels."""

    name: str
    parent: int  # -1 of a root
    offset: tuple[float, float, float]  # from its parent
    channels: tuple[str, ...]  # small letters, in the order of the file
    first: int  # column of the first channel
    is_end: bool


class BvhMotion(NamedTuple):
    """Parents stand before their children."""

    joints: tuple[BvhJoint, ...]
    numbers: Float64[np.ndarray, "frame channel"]
    frame_time: float  # seconds


class _Word(NamedTuple):
    line: int
    text: str


def parse(part: Part, text: str) -> BvhMotion:
    """The whole file; raises Damaged with the line that is not as expected."""
    rows = lines(part, text)
    words = _statements(rows)
    if next(words).text.upper() != "HIERARCHY":
        raise Damaged(part, "expected HIERARCHY, as every BVH file begins", 1)
    joints, line = _hierarchy(part, words)
    if not joints:
        raise Damaged(part, "has no joint, expected a ROOT", line)
    frames, line = _header(
        part, rows, line, r"frames\s*:?\s*(\d{1,18})", "Frames: and their number"
    )
    time, line = _header(
        part, rows, line, r"frame\s+time\s*:?\s*([\d.eE+-]+)", "Frame Time: and its seconds"
    )
    width = sum(len(joint.channels) for joint in joints)
    numbers = _numbers(part, rows, line, int(frames), len(joints), width)
    try:
        return BvhMotion(tuple(joints), numbers, float(time))
    except ValueError as error:
        raise Damaged(part, f"Frame Time: {time!r} is no number of seconds", line) from error


def _statements(rows: list[str]) -> Iterator[_Word]:
    """Lines without what surrounds them, and each brace alone; an empty one at the end."""
    line = 0
    for line, row in enumerate(rows, 1):
        for piece in re.split(r"([{}])", row):
            if piece.strip():
                yield _Word(line, piece.strip())
    yield _Word(line + 1, "")


def _hierarchy(part: Part, words: Iterator[_Word]) -> tuple[list[BvhJoint], int]:
    """The joints, and the line that says MOTION."""
    found: list[BvhJoint] = []
    open_: list[int] = []  # the joints whose braces are open
    columns = 0
    while True:
        word = next(words)
        keyword, *rest = word.text.split(None, 1) or [""]
        keyword = keyword.upper()
        if keyword == "MOTION" and not open_:
            return found, word.line
        if keyword == "}" and open_:
            open_.pop()
        elif (keyword == "ROOT" and not open_) or (keyword in ("JOINT", "END") and open_):
            parent = open_[-1] if open_ else -1
            name = f"{found[parent].name} end" if keyword == "END" else "".join(rest)
            joint, columns = _joint(part, words, name, parent, keyword == "END", columns)
            found.append(joint)
            open_.append(len(found) - 1)
            if len(found) > MOST_JOINTS:
                raise Damaged(part, f"more than {MOST_JOINTS} joints", word.line)
        else:
            expected = "JOINT, End Site or }" if open_ else "ROOT or MOTION"
            raise Damaged(part, f"found {word.text[:40]!r}, expected {expected}", word.line)


def _joint(
    part: Part, words: Iterator[_Word], name: str, parent: int, is_end: bool, first: int
) -> tuple[BvhJoint, int]:
    """What stands behind its name, and the column after its channels."""
    _expect(part, next(words), "{", "{")
    word = _expect(part, next(words), "OFFSET", "OFFSET and three numbers")
    try:
        x, y, z = (float(each) for each in word.text.split()[1:])
        if not np.isfinite([x, y, z]).all():
            raise ValueError
    except ValueError as error:
        what = f"found {word.text[:40]!r}, expected OFFSET and three numbers"
        raise Damaged(part, what, word.line) from error
    if is_end:
        return BvhJoint(name, parent, (x, y, z), (), first, True), first
    channels: tuple[str, ...] = ()
    word = next(words)
    if word.text.upper().startswith("CHANNELS"):
        count, *listed = word.text.split()[1:] or [""]
        channels = tuple(each.lower() for each in listed)
        if count != str(len(channels)) or len({*channels} & CHANNELS) != len(channels):
            what = f"found {word.text[:80]!r}, expected CHANNELS, their number and names"
            raise Damaged(part, what, word.line)
        return BvhJoint(name, parent, (x, y, z), channels, first, False), first + len(channels)
    what = f"found {word.text[:40]!r}, expected CHANNELS (0 where there are none)"
    raise Damaged(part, what, word.line)


def _expect(part: Part, word: _Word, start: str, expected: str) -> _Word:
    if not word.text.upper().startswith(start):
        raise Damaged(part, f"found {word.text[:40]!r}, expected {expected}", word.line)
    return word


def _header(part: Part, lines: list[str], line: int, form: str, expected: str) -> tuple[str, int]:
    """The number in the next line that is not blank, and its line."""
    while line < len(lines) and not lines[line].strip():
        line += 1
    shown = lines[line].strip() if line < len(lines) else ""
    match = re.fullmatch(form, shown, re.IGNORECASE)
    if match is None:
        raise Damaged(part, f"found {shown[:40]!r}, expected {expected}", line + 1)
    return match[1], line + 1


def _numbers(
    part: Part, lines: list[str], line: int, frames: int, joints: int, width: int
) -> Float[np.ndarray, "frame channel"]:
    rows = [(n, row) for n, row in enumerate(lines[line:], line + 1) if row.strip()]
    if len(rows) != frames:
        raise Damaged(part, f"{len(rows)} lines of numbers, expected {frames} frames", line)
    if not frames or not width:
        raise Damaged(part, "holds no movement, expected frames and channels", line)
    if frames * width > MOST_NUMBERS or frames * joints > NUMBERS:
        raise Damaged(part, f"{frames} frames of {width} numbers are too many for a clip")
    numbers = np.empty((frames, width))
    for frame, (number, row) in enumerate(rows):
        fields = row.split()
        if len(fields) != width:
            raise Damaged(part, f"{len(fields)} numbers, expected {width}", number)
        try:
            numbers[frame] = fields
        except ValueError as error:
            raise Damaged(part, f"{row.strip()[:40]!r} is not all numbers", number) from error
        if not np.isfinite(numbers[frame]).all():
            raise Damaged(part, "holds what is not a finite number", number)
    return numbers
