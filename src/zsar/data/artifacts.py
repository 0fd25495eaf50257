"""The files that stages write for one another, and the only module that uses HDF5.

Each artifact is a frozen dataclass; its fields are the datasets of its file, so the class is the
schema.
Row i is the same clip in every artifact of a data set. Class ids are the data set's own and are
never renumbered.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, fields
from mmap import mmap
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import h5py
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, Shaped

from zsar.atomic import atomic_write
from zsar.data.protocols import ClipOrigins
from zsar.errors import UserError
from zsar.validation import shown

Artifact = TypeVar("Artifact")
# What h5py raises of a file that is cut off or overwritten.
UNREADABLE = (OSError, RuntimeError, LookupError, ValueError, TypeError, OverflowError, MemoryError)
BLOCK = 64 * 2**20  # bytes copied at once, so that writing never needs an array in memory


@dataclass(frozen=True)
class ClipFile:
    """Every clip of a data set, preprocessed to a fixed number of frames."""

    skeletons: Float32[np.ndarray, "clip xyz frame joint body"]
    labels: Int64[np.ndarray, " clip"]
    subjects: Int64[np.ndarray, " clip"]
    cameras: Int64[np.ndarray, " clip"]
    setups: Int64[np.ndarray, " clip"]
    names: Shaped[np.ndarray, " clip"]
    length: Int64[np.ndarray, " clip"]  # frames before resampling
    derived: Bool[np.ndarray, "clip joint"]  # joints computed from others

    @property
    def origins(self) -> ClipOrigins:
        return ClipOrigins(self.labels, self.subjects, self.cameras, self.setups)


@dataclass(frozen=True)
class MeasurementFile:
    """Attributes of the vocabulary, in its order, measured on every recording that can be read; NaN
    where one has no meaning. Rows are found by name."""

    values: Float64[np.ndarray, "clip attribute"]
    names: Shaped[np.ndarray, " clip"]


@dataclass(frozen=True)
class StructuredFile:
    """The structured description of every class: a row for each variant, those of class 0 first.
    NaN where an attribute has no meaning."""

    labels: Int64[np.ndarray, " variant"]
    weight: Float64[np.ndarray, " variant"]
    value: Float64[np.ndarray, "variant attribute"]
    spread: Float64[np.ndarray, "variant attribute"]
    between: Float64[np.ndarray, "variant attribute"]
    vectors: Float64[np.ndarray, "class attribute"]  # the same as one vector for each class


@dataclass(frozen=True)
class TextFile:
    """The embedded texts of each class; `sources` names their sources, in order."""

    sources: Shaped[np.ndarray, " source"]
    pooled: Float32[np.ndarray, "class source width"]
    # those of class 0, source by source, then class 1, ...
    tokens: Float32[np.ndarray, "token width"]
    counts: Int64[np.ndarray, "class source"]  # tokens of each text
    groups: Int64[np.ndarray, "class source"]  # equal where two classes have the same text


@dataclass(frozen=True)
class SplitFile:
    """Which classes are seen, and which rows of the clip file train, are held out or test."""

    seen: Int64[np.ndarray, " seen"]
    unseen: Int64[np.ndarray, " unseen"]
    train_seen: Int64[np.ndarray, " train"]
    # never trained on; where there are any, the encoder's epoch is chosen by them
    held_seen: Int64[np.ndarray, " held"]
    test_seen: Int64[np.ndarray, " test"]
    test_unseen: Int64[np.ndarray, " novel"]


@dataclass(frozen=True)
class TrainingFile:
    """All rows of the protocol's training side, those of unseen classes included: for encoders that
    declare that they learn from skeletons without labels."""

    rows: Int64[np.ndarray, " clip"]


@dataclass(frozen=True)
class FeatureFile:
    """The features of every clip from a frozen encoder, and its logits over the seen classes in the
    order of the split."""

    features: Float32[np.ndarray, "clip dim"]
    seen_logits: Float32[np.ndarray, "clip seen"]


@dataclass(frozen=True)
class HistoryFile:
    """The predicted class of every unseen test clip after each epoch of a seed."""

    answers: Int64[np.ndarray, "epoch novel"]  # class ids
    chosen: Int64[np.ndarray, ""]  # the epoch whose weights are kept, counted from 1


@dataclass(frozen=True)
class ScoreFile:
    """The score of each candidate class for each test clip by a seed, classes in the order of the
    split; larger is better.

    `gate` and `joint` cover test_seen then test_unseen; the columns of `joint` are the seen
    classes, then the unseen.
    """

    zsl: Float32[np.ndarray, "novel unseen"]
    gate: Float32[np.ndarray, "all unseen"]
    joint: Float32[np.ndarray, "all classes"]
    transductive: Bool[np.ndarray, ""]  # the method used all test clips, unlabelled, to score each
    unseen_texts: Bool[np.ndarray, ""]  # the method learned from texts of unseen classes
    structured: Bool[np.ndarray, ""]  # it read structured descriptions of the classes
    reads_labels: Bool[np.ndarray, ""]  # a published test that knows the labels of its clips


def write(path: Path, artifact: object) -> None:
    """Write all fields or nothing: the file appears under its name only once it is complete."""
    try:
        _write(path, artifact)
    except UserError:
        raise
    except (OSError, RuntimeError) as error:  # of HDF5
        said = " ".join(str(error).split())
        raise UserError(f"{path}: cannot be written: {said}; it is as it was before") from error


class DraftFile(io.FileIO):
    """A file that takes whatever is written; `check` raises what the disk refused. HDF5 crashes
    where it hears of a full disk while it closes a file (tests/faults/disk.py)."""

    refused: OSError | None = None

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while len(rest) and not self.refused:
            try:
                rest = rest[super().write(rest) :]
            except OSError as error:
                self.refused = error
        return size

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.refused = self.refused or error
            return size or 0

    def check(self) -> None:
        if self.refused:
            raise self.refused


def _write(path: Path, artifact: object) -> None:
    with atomic_write(path) as draft, DraftFile(draft, "w+") as written:
        with h5py.File(written, "w") as file:
            # Of a fixed length: HDF5 never returns from reading others where their heap is damaged.
            file.attrs["kind"] = np.bytes_(type(artifact).__name__)
            for field in fields(artifact):  # type: ignore[arg-type]
                array = _storable(getattr(artifact, field.name))
                target = file.create_dataset(field.name, array.shape, array.dtype)
                for rows, block in _blocks(array):
                    target[rows] = block
                    written.check()
        written.check()


def read(path: Path, kind: type[Artifact]) -> Artifact:
    """Map the file into memory; a field that is never touched is never read.

    What the file says of itself is compared with the fields first, so that nothing is mapped that
    is not there as it should be.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; `dvc repro` makes it")
    try:
        with h5py.File(path) as file:
            if (found := _kind(file)) != kind.__name__:
                raise UserError(
                    f"{path} holds a {found}, expected a {kind.__name__}; `dvc repro` makes it"
                )
            wanted, size = get_type_hints(kind, include_extras=True), path.stat().st_size
            axes: dict[str, int] = {}
            for name, annotation in wanted.items():
                if mistake := _mistake(file, name, annotation, axes, size):
                    raise UserError(f"{path}: {mistake}; delete it and run `dvc repro`")
            return kind(**{name: _mapped(path, file[name]) for name in wanted})
    except UserError:
        raise
    except UNREADABLE as error:
        said = " ".join(str(error).split())
        raise UserError(
            f"{path} is not a complete HDF5 file ({said}); delete it and run `dvc repro`"
        ) from error


def _kind(file: h5py.File) -> str:
    """The name of the class, or what it is instead."""
    if "kind" not in file.attrs or file.attrs.get_id("kind").dtype.kind != "S":
        return "file of another program or an older zsar"
    found = file.attrs["kind"]
    name = found.decode("utf-8", "replace") if isinstance(found, bytes) else shown(found)
    return name if name.isprintable() else shown(name)


def _mistake(
    file: h5py.File, name: str, annotation: Any, axes: dict[str, int], size: int
) -> str | None:
    """What is wrong with a field, beside its annotation; `axes` are those of earlier fields."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return f"has no field {name}"
    data, names = file[name], annotation.dim_str.split()
    if not isinstance(data, h5py.Dataset):
        return f"{name} is a group, expected an array"
    expected = annotation.dtypes[0] if isinstance(annotation.dtypes, tuple) else "text"
    if data.dtype != expected if expected != "text" else data.dtype.kind != "S":
        return f"{name} holds {data.dtype}, expected {expected}"
    if len(data.shape) != len(names):
        axis = f"the axes {', '.join(names)}" if names else "a single value"
        return f"{name} has the shape {data.shape}, expected {axis}"
    for axis, length in zip(names, data.shape, strict=True):
        if axes.setdefault(axis, length) != length:
            return f"{name} has {length} along {axis}, but earlier fields have {axes[axis]}"
    if data.chunks or data.compression or data.is_virtual or data.external:
        return f"{name} is compressed or in pieces, expected plain rows"
    start = data.id.get_offset()
    if data.size and (start is None or start + data.size * data.dtype.itemsize > size):
        return f"{name} is cut off"
    return None


class Spool:
    """Rows of one array on disk, so that memory stays bounded however many there are."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows, self.shape = path, 0, (0,)
        self.file = path.open("wb")

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.file.close()  # which fails on a full disk
        finally:
            self.path.unlink()

    def append(self, row: Float32[np.ndarray, "..."]) -> None:
        self.shape = row.shape
        self.rows += 1
        self.file.write(np.ascontiguousarray(row).data)

    def array(self) -> Float32[np.ndarray, "..."]:
        """All rows so far; valid until the spool is closed."""
        self.file.flush()
        return np.memmap(self.path, np.float32, mode="r", shape=(self.rows, *self.shape))


def _blocks(array: np.ndarray) -> Iterator[tuple[slice | tuple, np.ndarray]]:
    if array.ndim == 0 or array.size == 0:
        yield (), array
        return
    step = max(1, BLOCK // (array[:1].nbytes or 1))
    for start in range(0, len(array), step):
        rows = slice(start, start + step)
        yield rows, _read_again(array, start, len(array[rows]))


def _read_again(array: np.ndarray, start: int, count: int) -> np.ndarray:
    """Rows of an array; those of a mapped file are read again, so that its pages do not stay in
    memory."""
    if not (isinstance(array, np.memmap) and isinstance(array.base, mmap)):
        return array[start : start + count]
    row = array[:1].nbytes
    items, offset = count * row // array.itemsize, array.offset + start * row
    return np.fromfile(array.filename, array.dtype, items, offset=offset).reshape(
        count, *array.shape[1:]
    )


def _storable(array: np.ndarray) -> np.ndarray:
    return np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array


def _mapped(path: Path, dataset: h5py.Dataset) -> np.ndarray:
    if dataset.dtype.kind == "S":
        return np.char.decode(dataset[()], "utf-8")
    if dataset.size == 0 or dataset.ndim == 0:
        return np.asarray(dataset[()])
    # Contiguous and uncompressed by construction, so numpy can map the bytes of the file.
    offset = dataset.id.get_offset()
    return np.memmap(path, dataset.dtype, mode="c", shape=dataset.shape, offset=offset)
