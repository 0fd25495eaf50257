"""Numeric matrices of MAT-files of level 5 (MATLAB 5 to 7), read in plain Python.

A file is a header of 128 bytes and elements, each with a tag of type and size, padded to eight
bytes; an element may be another one, deflated. A numeric matrix is an element of elements: flags,
dimensions, name and real part. Every size is compared with the bytes that are there before
anything is read or made, and all that a file does not promise is refused as ValueError.

Not read: complex and sparse matrices, cells, structures, texts, objects, and level 7.3, which is
HDF5. See "MAT-File Format", MathWorks.
"""

import zlib
from collections.abc import Iterator
from math import prod
from typing import Literal, NamedTuple

import numpy as np

HEADER, TAG, MOST_AXES = 128, 8, 8
MATRIX, COMPRESSED, UTF8, INT32, UINT32 = 14, 15, 16, 5, 6
DOUBLE_CLASS, SINGLE_CLASS, LAST_CLASS = 6, 7, 15  # array classes: numbers are 6 to 15
COMPLEX = 0x0800
# What numbers are stored as, whatever the class of the matrix.
STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
CLASSES = dict(
    enumerate(("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), DOUBLE_CLASS)
)

Order = Literal["little", "big"]


class Element(NamedTuple):
    """One element: its type and the bytes of its content."""

    kind: int
    content: memoryview


def matrix(content: bytes, name: str, largest: int) -> np.ndarray:
    """The numeric matrix of that name; ValueError where there is none, or where it takes more than
    so many bytes."""
    order = _order(content)
    for element in _elements(memoryview(content)[HEADER:], order):
        if element.kind == COMPRESSED:
            inflated = _inflated(element.content, largest)
            element = next(_elements(memoryview(inflated), order), Element(0, memoryview(b"")))
        if element.kind != MATRIX:
            continue
        pieces = _elements(element.content, order)
        flags, shape, called = _heading(pieces, order)
        if called == name:
            return _numbers(next(pieces, None), flags, shape, order)
    raise ValueError(f"it has no {name}")


def _order(content: bytes) -> Order:
    mark = content[HEADER - 2 : HEADER]
    if len(content) < HEADER or mark not in (b"IM", b"MI"):
        raise ValueError("it does not begin as a MAT-file of level 5")
    order: Order = "little" if mark == b"IM" else "big"
    version = int.from_bytes(content[HEADER - 4 : HEADER - 2], order) >> 8
    if version != 1:
        raise ValueError(f"it is of version {version}, expected 1")
    return order


def _elements(data: memoryview, order: Order) -> Iterator[Element]:
    """All elements, one after the other."""
    at = 0
    while at < len(data):
        if at + TAG > len(data):
            raise ValueError("it ends within a tag")
        kind = int.from_bytes(data[at : at + 4], order)
        size = int.from_bytes(data[at + 4 : at + TAG], order)
        start, end = at + TAG, at + TAG + size
        if kind >> 16:  # content of at most four bytes, within the tag
            kind, size = kind & 0xFFFF, kind >> 16
            start, end = at + 4, at + 4 + size
            if size > 4:
                raise ValueError(f"a short element of {size} bytes, expected at most 4")
        if end > len(data):
            raise ValueError(f"an element of {size} bytes, of which {len(data) - start} are there")
        yield Element(kind, data[start:end])
        # Deflated elements are not padded.
        at = end if kind == COMPRESSED else max(at + TAG, -(-end // TAG) * TAG)


def _inflated(packed: memoryview, largest: int) -> bytes:
    try:
        found = zlib.decompressobj().decompress(packed, largest + 1)
    except zlib.error as error:
        raise ValueError(f"a matrix cannot be inflated ({error})") from error
    if len(found) > largest:
        raise ValueError(f"a matrix of more than {largest} bytes")
    return found


def _heading(pieces: Iterator[Element], order: Order) -> tuple[int, tuple[int, ...], str]:
    """Flags, shape and name of a matrix."""
    nothing = Element(0, memoryview(b""))
    flags, shape, name = (next(pieces, nothing) for _ in range(3))
    if flags.kind != UINT32 or len(flags.content) != 8:
        raise ValueError("a matrix without flags")
    axes = len(shape.content) // 4
    if shape.kind != INT32 or not 2 <= axes <= MOST_AXES or len(shape.content) % 4:
        raise ValueError("a matrix without dimensions")
    if name.kind not in (1, UTF8):
        raise ValueError("a matrix without a name")
    sizes = tuple(
        int.from_bytes(shape.content[k : k + 4], order, signed=True) for k in range(0, 4 * axes, 4)
    )
    return int.from_bytes(flags.content[:4], order), sizes, bytes(name.content).decode("latin-1")


def _numbers(part: Element | None, flags: int, shape: tuple[int, ...], order: Order) -> np.ndarray:
    array_class = flags & 0xFF
    if array_class not in CLASSES or flags & COMPLEX:
        raise ValueError("it holds something else than real numbers")
    if part is None or part.kind not in STORED:
        raise ValueError("its numbers are missing")
    stored = np.dtype(STORED[part.kind]).newbyteorder("<" if order == "little" else ">")
    if min(shape) < 0 or prod(shape) * stored.itemsize != len(part.content):
        raise ValueError(f"its {len(part.content)} bytes are not {shape} numbers")
    numbers = np.frombuffer(part.content, stored).reshape(shape, order="F")
    with np.errstate(all="ignore"):
        return numbers.astype(CLASSES[array_class])
