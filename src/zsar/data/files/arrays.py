"""Rows of large arrays, from npy files and npz archives, and the clips that such rows are.

`np.load` maps npy files into memory but no member of an archive, and it reads all of a member: 7 GB
for NTU RGB+D 60 as CTR-GCN stores it. Here only the rows that are asked for are read
(tests/test_reader_ctrgcn.py).
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from zsar.atomic import atomic_write
from zsar.data.files.archive import DEFLATED_RATIO, data_start
from zsar.data.files.limits import NUMBERS
from zsar.data.files.small_arrays import header
from zsar.data.guard import guarded
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording
from zsar.data.skeleton import JOINTS

UNREADABLE = (zlib.error, zipfile.BadZipFile, EOFError)
# Bytes of clips that are read in one go where the array is compressed: all that is before them
# has to be decompressed as well, each time.
BLOCK, ROWS = 1 << 28, 1 << 12
FLOAT = 4  # bytes of a coordinate of a recording
SMALL, MOST_CLIPS = 1 << 28, 1 << 20  # bytes that are loaded at once; labels


@dataclass(frozen=True)
class Table:
    """A numeric array on disk."""

    place: Part
    dtype: str
    shape: tuple[int, ...]
    size: int  # bytes that are there for the numbers
    start: int  # where the first row begins: in the file, or in what a compressed member holds
    compressed: bool  # if not, any row can be reached at once

    @property
    def row_bytes(self) -> int:
        return prod(self.shape[1:]) * np.dtype(self.dtype).itemsize

    def rows(self, first: int, last: int) -> Iterator[np.ndarray]:
        """The rows from the first up to, without, the last."""
        try:
            with self._opened() as stream:
                stream.seek(self.start + first * self.row_bytes)
                for number in range(first, last):
                    yield self._row(stream.read(self.row_bytes), number)
        except UNREADABLE as error:
            raise Damaged(self.place, f"cannot be decompressed ({error})") from error

    def load(self) -> np.ndarray:
        """All rows at once, for arrays that are known to be small."""
        size = self.shape[0] * self.row_bytes
        if size > min(SMALL, self.size):
            what = f"promises {size} bytes in {self.size}, expected all of them, at most {SMALL}"
            raise Damaged(self.place, what)
        try:
            with self._opened() as stream:
                stream.seek(self.start)
                data = bytearray(stream.read(size))
        except UNREADABLE as error:
            raise Damaged(self.place, f"cannot be decompressed ({error})") from error
        if len(data) != size:
            row = len(data) // self.row_bytes
            raise Damaged(self.place, f"ends in row {row}, expected {self.shape[0]} rows")
        return np.frombuffer(data, self.dtype).reshape(self.shape)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes] | zipfile.ZipExtFile]:
        if not self.compressed:
            with self.place.path.open("rb") as file:
                yield file
        else:
            with (
                zipfile.ZipFile(self.place.path) as opened,
                opened.open(self.place.member) as file,
            ):
                yield file

    def _row(self, data: bytes, number: int) -> np.ndarray:
        if len(data) != self.row_bytes:
            raise Damaged(self.place, f"ends in row {number}, expected {self.shape[0]} rows")
        return np.frombuffer(data, self.dtype).reshape(self.shape[1:])


def table(path: Path) -> Table:
    """The array of an npy file."""
    with path.open("rb") as file:
        return _table(Part(path), file, path.stat().st_size, compressed=False)


def tables(archive: Path) -> dict[str, Table]:
    """The arrays of an npz archive (or of a zip archive of npy files) by their names."""
    with guarded(archive, "is no readable archive of arrays"), zipfile.ZipFile(archive) as opened:
        listed = [each for each in opened.infolist() if each.filename.endswith(".npy")]
        return {each.filename.removesuffix(".npy"): _member(archive, each) for each in listed}


def save(path: Path, array: np.ndarray) -> None:
    """Write an npy file, complete or not at all."""
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def save_archive(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz archive, complete or not at all."""
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _member(archive: Path, info: zipfile.ZipInfo) -> Table:
    part = Part(archive, info.filename)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise Damaged(part, "is encrypted or packed in an unusual way, expected store or deflate")
    with guarded(part):
        if info.compress_type == zipfile.ZIP_STORED:
            with archive.open("rb") as file:
                file.seek(data_start(part, file, info.header_offset))
                return _table(part, file, info.file_size, compressed=False)
        try:
            with zipfile.ZipFile(archive) as opened, opened.open(info) as stream:
                room = min(info.file_size, info.compress_size * DEFLATED_RATIO)
                return _table(part, stream, room, compressed=True)
        except zipfile.BadZipFile as error:
            raise Damaged(part, f"cannot be decompressed ({error}); download it again") from error


def _table(
    part: Part, stream: IO[bytes] | zipfile.ZipExtFile, size: int, compressed: bool
) -> Table:
    try:
        found = header(stream)
    except (ValueError, *UNREADABLE) as error:
        raise Damaged(part, f"is no array as numpy saves it ({error})") from error
    if found.dtype.kind not in "fiub" or (found.by_column and len(found.shape) > 1):
        what = f"is an array of {found.dtype}{', column by column' if found.by_column else ''}"
        raise Damaged(part, f"{what}; expected plain numbers, row by row")
    if not found.shape or not 0 < prod(found.shape[1:]) <= NUMBERS:
        what = f"expected rows of at most {NUMBERS} numbers"
        raise Damaged(part, f"has the shape {found.shape}, {what}")
    return Table(part, found.dtype.str, found.shape, size, stream.tell(), compressed)


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayRows(Part):
    """Some rows of an array, from `first` on, one for each label."""

    table: Table
    group: str  # the part of the data set that the array holds
    subject: int  # stands for the group, since the performers are not known
    first: int
    labels: tuple[int, ...]


def array_rows(table: Table, group: str, subject: int, labels: tuple[int, ...]) -> list[Part]:
    """The clips one by one, or in blocks where the array is compressed."""
    row = prod(table.shape[1:]) * max(np.dtype(table.dtype).itemsize, FLOAT)
    step = max(1, min(ROWS, BLOCK // row)) if table.compressed else 1
    path, array = table.place.path, table.place.member
    return [
        ArrayRows(
            path,
            f"{array}[{k}]",
            table=table,
            group=group,
            subject=subject,
            first=k,
            labels=labels[k : k + step],
        )
        for k in range(0, len(labels), step)
    ]


def recordings(part: ArrayRows, to_bodies: Callable[[np.ndarray], np.ndarray]) -> list[Recording]:
    """The clips, called after their group and row; `to_bodies` puts frames and bodies first."""
    rows = part.table.rows(part.first, part.first + len(part.labels))
    found = []
    for number, (label, row) in enumerate(zip(part.labels, rows, strict=True), start=part.first):
        meta = ClipMeta(f"{part.group}{number:05d}", label, part.subject, camera=0, setup=0)
        found.append(to_recording(part, meta, LAYOUTS["ntu25"], to_bodies(row)))
    return found


def point_recordings(part: ArrayRows) -> list[Recording]:
    """Clips of which there are features alone: a frame whose joints are all in one place, which no
    preprocessing step drops, and all derived."""
    derived = np.ones(len(JOINTS), dtype=bool)
    body = np.ones((1, 1, len(JOINTS), 3), dtype=np.float32)
    return [replace(each, derived=derived) for each in recordings(part, lambda row: body)]


def labels(table: Table) -> tuple[int, ...]:
    """A label for every clip, from rows that are one-hot or from plain numbers."""
    if table.shape[0] > MOST_CLIPS:
        raise Damaged(table.place, f"has {table.shape[0]} labels, expected at most {MOST_CLIPS}")
    values = table.load()
    if values.ndim == 2:
        wrong = np.flatnonzero(((values != 0).sum(1) != 1) | (values.sum(1) != 1))
        if len(wrong):
            raise Damaged(table.place, f"row {wrong[0]} is not one-hot, expected a single 1")
        return tuple(values.argmax(1).tolist())
    if values.ndim != 1 or values.dtype.kind not in "iu" or (values < 0).any():
        raise Damaged(table.place, "expected one-hot rows, or a whole number from 0 for every clip")
    return tuple(values.tolist())
