"""The joints of one clip of your own recordings, from a csv or an npz file."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from zsar.data.recording import Damaged, Part

Bodies = Float[np.ndarray, "frame body theirs xyz"]


def joints(part: Part, content: bytes, names: Sequence[str]) -> Bodies:
    """Frames x bodies x joints x xyz as in the file."""
    ending = str(part).rsplit(".", 1)[-1].lower()
    return FORMATS[ending](part, content, names)


def _csv(part: Part, content: bytes, names: Sequence[str]) -> Bodies:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Damaged(part, "is no text in UTF-8") from error
    rows = [(number, line.split(",")) for number, line in enumerate(lines, 1) if line.strip()]
    if rows and not any(map(_is_number, rows[0][1])):
        _check_header(part, rows.pop(0)[1], names)
    if not rows:
        raise Damaged(part, "is empty, expected a line for every frame")
    width = len(rows[0][1])
    if not width or width % (3 * len(names)):
        what = f"{width} numbers, expected {3 * len(names)} for {len(names)} joints (or a multiple)"
        raise Damaged(part, what, rows[0][0])
    numbers = np.array([_numbers(part, number, row, width) for number, row in rows])
    return numbers.reshape(len(rows), -1, len(names), 3)


def _numbers(part: Part, line: int, row: list[str], width: int) -> list[float]:
    if len(row) != width:
        raise Damaged(part, f"{len(row)} numbers, expected {width} as before", line)
    for field in row:
        if not _is_number(field):
            raise Damaged(part, f"{field.strip()!r} is not a finite number", line)
    return [float(field) for field in row]


def _check_header(part: Part, header: list[str], names: Sequence[str]) -> None:
    expected = [f"{name}_{axis}" for name in names for axis in "xyz"]
    for place, field in enumerate(header):
        wanted = expected[place % len(expected)]
        if _letters_and_digits(field) != _letters_and_digits(wanted):
            raise Damaged(part, f"column {place + 1} is {field.strip()!r}, expected {wanted!r}", 1)


def _letters_and_digits(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _is_number(field: str) -> bool:
    try:
        return bool(np.isfinite(float(field)))
    except ValueError:
        return False


def _npz(part: Part, content: bytes, names: Sequence[str]) -> Bodies:
    broken = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (*broken, AttributeError, TypeError) as error:
        raise Damaged(part, f"is no readable npz archive of numbers ({error})") from error
    if len(found) != 1:
        raise Damaged(part, f"holds {len(found)} arrays ({', '.join(found)}), expected one")
    (array,) = found.values()
    if array.dtype.kind not in "fiu" or array.ndim not in (3, 4):
        raise Damaged(part, f"holds {array.dtype} of shape {array.shape}, {_shape(names)}")
    bodies = array[:, None] if array.ndim == 3 else array
    if bodies.shape[2:] != (len(names), 3):
        raise Damaged(part, f"holds an array of shape {array.shape}, {_shape(names)}")
    return bodies.astype(np.float64)


def _shape(names: Sequence[str]) -> str:
    return f"expected frames (x bodies) x {len(names)} joints x 3"


FORMATS: dict[str, Callable[[Part, bytes, Sequence[str]], Bodies]] = {"csv": _csv, "npz": _npz}
