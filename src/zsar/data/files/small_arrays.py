"""Arrays of one clip, as numpy saves them; a header is compared with the bytes that are there
before an array is made, and nothing in it is run."""

import ast
import io
import re
import sys
import zipfile
from math import prod
from typing import IO, NamedTuple

import numpy as np

from zsar.data.files.limits import CUT, NUMBERS
from zsar.data.recording import Damaged, Part
from zsar.errors import UserError

MAGIC, LENGTH_BYTES = b"\x93NUMPY", {1: 2, 2: 4, 3: 4}
LONGEST = 10_000  # bytes of a header, as for numpy
DTYPE = re.compile(r"[<>=|]?([fiubUSV]\d{1,9}|O)")
BYTES = 3 << 24  # of all arrays of a clip
MEMBERS, TEXTS = 64, 1 << 12  # arrays of an archive, texts of an array
ENTRY = b"PK\x01\x02"  # begins a member in the list at the end of a zip archive


class NpyHeader(NamedTuple):
    """What an array is; its numbers follow in the stream."""

    dtype: np.dtype
    shape: tuple[int, ...]
    by_column: bool

    @property
    def size(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def header(stream: IO[bytes] | zipfile.ZipExtFile | io.BytesIO) -> NpyHeader:
    """Read the header of an npy file; ValueError where there is none."""
    start = stream.read(len(MAGIC) + 2)
    if len(start) < len(MAGIC) + 2 or not start.startswith(MAGIC):
        raise ValueError("it does not begin with \\x93NUMPY")
    if start[6] not in LENGTH_BYTES:
        raise ValueError(f"version {start[6]}.{start[7]} of the format is unknown")
    count = LENGTH_BYTES[start[6]]
    length = int.from_bytes(stream.read(count), "little")
    if length > LONGEST:
        raise ValueError(f"a header of {length} bytes, expected at most {LONGEST}")
    try:
        values = ast.literal_eval(stream.read(length).decode("latin-1").strip())
        dtype, by_column, shape = (values[k] for k in ("descr", "fortran_order", "shape"))
    except (SyntaxError, ValueError, TypeError, LookupError, MemoryError, RecursionError) as error:
        raise ValueError("its header is no dictionary of type, order and shape") from error
    sized = isinstance(shape, tuple) and all(type(each) is int and each >= 0 for each in shape)
    if not sized or len(shape) > 8 or type(by_column) is not bool:
        raise ValueError(f"an array of the shape {shape!r}")
    return NpyHeader(_dtype(dtype), shape, by_column)


def _dtype(said: object) -> np.dtype:
    try:
        if isinstance(said, str) and DTYPE.fullmatch(said):
            return np.dtype(said)
    except TypeError:
        pass
    raise ValueError(f"an array of {said!r}")


def array(stream: IO[bytes] | zipfile.ZipExtFile | io.BytesIO, size: int) -> np.ndarray:
    """The array of an npy file of so many bytes; ValueError where it is none."""
    found = header(stream)
    count = prod(found.shape)
    if found.dtype.kind not in "fiubUS":
        raise ValueError(f"an array of {found.dtype}")
    if found.size > size:
        raise ValueError(f"{count} values are promised in {size} bytes")
    if count > (TEXTS if found.dtype.kind in "US" else NUMBERS):
        raise ValueError(f"an array of {count} values, too many for a clip; {CUT}")
    data = stream.read(found.size)
    if found.dtype.kind == "U":
        signs = np.frombuffer(data, np.dtype("u4").newbyteorder(found.dtype.byteorder))
        if signs.max(initial=0) > sys.maxunicode:
            raise ValueError("a text of signs that do not exist")
    values = np.frombuffer(data, found.dtype, count)
    return values.reshape(found.shape, order="F" if found.by_column else "C")


def arrays(part: Part, content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz archive by their names."""
    if content.count(ENTRY) > MEMBERS:
        raise Damaged(part, f"holds more than {MEMBERS} arrays, too many for a clip")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            listed = opened.infolist()
            if sum(each.file_size for each in listed) > BYTES:
                raise Damaged(
                    part, f"unpacks to more than {BYTES} bytes, too many for a clip; {CUT}"
                )
            return {each.filename.removesuffix(".npy"): _member(opened, each) for each in listed}
    except UserError:
        raise
    except Exception as error:  # of zipfile, zlib or struct, or what numpy says of a header
        raise Damaged(part, f"is no readable npz archive of numbers ({error})") from error


def _member(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with opened.open(info) as stream:
        return array(stream, info.file_size)
