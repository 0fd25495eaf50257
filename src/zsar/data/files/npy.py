"""Rows of large arrays, from npy files and npz archives, without reading the rest."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from isal import isal_zlib

from zsar.atomic import atomic_write
from zsar.data.recording import Damaged, Part

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
LOCAL_HEADER = 30  # bytes, before the name and the extra field of a zip member
CHUNK = 1 << 16  # packed bytes that are inflated at a time: at most 66 MB come of them


class Inflated:
    """A packed member of an archive as a stream of what it holds."""

    def __init__(self, file: BinaryIO, packed: int):
        self.file, self.left = file, packed
        self.inflater = isal_zlib.decompressobj(-15)
        self.ready = bytearray()

    def read(self, size: int) -> bytes:
        while len(self.ready) < size and self.left:
            packed = self.file.read(min(CHUNK, self.left))
            self.left = self.left - len(packed) if packed else 0
            self.ready += self.inflater.decompress(packed)
        data = bytes(self.ready[:size])
        del self.ready[:size]
        return data


@dataclass(frozen=True)
class Table:
    """A numeric array on disk."""

    place: Part
    dtype: str
    shape: tuple[int, ...]
    start: int  # where its content begins in the file
    header: int  # bytes of content before the first row
    packed: int  # bytes; 0 where it is not packed, so that any row can be reached at once

    @property
    def row_bytes(self) -> int:
        return prod(self.shape[1:]) * np.dtype(self.dtype).itemsize

    def rows(self, first: int, last: int) -> Iterator[np.ndarray]:
        """The rows from the first up to, without, the last."""
        size = self.row_bytes
        with self.place.path.open("rb") as file:
            try:
                stream = self._at(file, first * size)
                for number in range(first, last):
                    yield self._row(stream.read(size), number)
            except isal_zlib.error as error:
                raise Damaged(self.place, f"cannot be inflated ({error})") from error

    def whole(self) -> np.ndarray:
        """All rows at once, for arrays that are known to be small."""
        return np.array(list(self.rows(0, self.shape[0])), self.dtype).reshape(self.shape)

    def _at(self, file: BinaryIO, row: int) -> BinaryIO | Inflated:
        if not self.packed:
            file.seek(self.start + self.header + row)
            return file
        file.seek(self.start)
        stream, left = Inflated(file, self.packed), self.header + row
        while left and (passed := len(stream.read(min(left, CHUNK)))):
            left -= passed
        return stream

    def _row(self, data: bytes, number: int) -> np.ndarray:
        if len(data) != self.row_bytes:
            raise Damaged(self.place, f"ends in row {number}, expected {self.shape[0]} rows")
        return np.frombuffer(data, self.dtype).reshape(self.shape[1:])


def table(path: Path) -> Table:
    """The array of an npy file."""
    with path.open("rb") as file:
        return _table(Part(path), file, start=0, packed=0)


def save(path: Path, array: np.ndarray) -> None:
    """Write an npy file, whole or not at all."""
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def tables(archive: Path) -> dict[str, Table]:
    """The arrays of an npz archive (or of a zip archive of npy files) by their names."""
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = [each for each in opened.infolist() if each.filename.endswith(".npy")]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise Damaged(archive, f"is no readable archive of arrays ({error})") from error
    with archive.open("rb") as file:
        return {each.filename.removesuffix(".npy"): _member(archive, each, file) for each in listed}


def _member(archive: Path, info: zipfile.ZipInfo, file: BinaryIO) -> Table:
    part = Part(archive, info.filename)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise Damaged(part, "is encrypted or packed in an unusual way, expected store or deflate")
    file.seek(info.header_offset)
    local = file.read(LOCAL_HEADER)
    if len(local) < LOCAL_HEADER or not local.startswith(b"PK\x03\x04"):
        raise Damaged(part, "has no header where the archive says it starts; download it again")
    names = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    start = file.seek(names, os.SEEK_CUR)
    if info.compress_type == zipfile.ZIP_STORED:
        return _table(part, file, start, packed=0)
    return _table(part, Inflated(file, info.compress_size), start, info.compress_size)


class _Counted:
    """Counts what is read, since a stream cannot say where it is."""

    def __init__(self, stream: BinaryIO | Inflated):
        self.stream, self.count = stream, 0

    def read(self, size: int = 1, /) -> bytes:
        data = self.stream.read(size)
        self.count += len(data)
        return data


def _table(part: Part, stream: BinaryIO | Inflated, start: int, packed: int) -> Table:
    counted = _Counted(stream)
    try:
        version = np.lib.format.read_magic(counted)
        shape, by_column, dtype = HEADERS[version](counted)
    except (ValueError, KeyError, isal_zlib.error) as error:
        raise Damaged(part, f"is no array as numpy saves it ({error})") from error
    if dtype.kind not in "fiub" or (by_column and len(shape) > 1):
        what = f"is an array of {dtype}{', column by column' if by_column else ''}"
        raise Damaged(part, f"{what}; expected plain numbers, row by row")
    return Table(part, dtype.str, shape, start, counted.count, packed)
