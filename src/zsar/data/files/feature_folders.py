"""Features in two folders, as SynSE and its successors publish them: for test and for validation.

    test         train, train_label   ztest, z_label       gtest, g_label, gtest_out
    validation   train, train_label   ztest, z_label, ztest_out   val, val_label, val_out

`train` are clips of seen classes, `ztest` test clips of unseen ones, `gtest` all test clips, `val`
clips of seen classes that nothing was trained on; `_out` are logits, over all classes or over the
seen ones. Labels count all classes of the data set from 0. In the validation folder, other classes
take the place of the unseen ones. In what SynSE published their clips are from the test side.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from zsar.data.files import archive
from zsar.data.files.arrays import Table, labels, table
from zsar.data.recording import Damaged

NEVER = -1e4  # the logit of a class that the encoder was not trained on; its softmax is 0


@dataclass(frozen=True)
class Piece:
    """The files of one group of clips in a folder, and the number of the group in a data set."""

    phase: str
    features: str
    labels: str
    logits: str  # empty where there are none
    part: int  # its number in protocol `parts`


# In the order in which their clips are the rows of a data set. `ztest` of the test is in `gtest`.
PIECES = {
    "train": Piece("test", "train", "train_label", "", 1),
    "gtest": Piece("test", "gtest", "g_label", "gtest_out", 2),
    "val_train": Piece("validation", "train", "train_label", "", 3),
    "val": Piece("validation", "val", "val_label", "val_out", 4),
    "val_ztest": Piece("validation", "ztest", "z_label", "ztest_out", 5),
}
NOVEL = Piece("test", "ztest", "z_label", "", 0)
MARKS = {"test": "gtest", "validation": "val"}  # the file by which the folder of a phase is known


@dataclass(frozen=True)
class EncodedClips:
    """Clips with the features that others computed."""

    features: Float32[np.ndarray, "clip dim"]
    labels: Int64[np.ndarray, " clip"]
    logits: Float32[np.ndarray, "clip class"] | None


def find(place: Path) -> dict[str, Path]:
    """The folder of each phase, somewhere below `place`."""
    parts = [part.path for part in archive.parts(place, ".npy") if not part.member]
    # Some publish all files in both folders; the one with `gtest` and without `val` is for test.
    folders = {phase: _with(parts, mark) for phase, mark in MARKS.items()}
    both = folders["test"] & folders["validation"]
    if both and len(folders["test"]) > 1:
        folders["test"] -= both
    found = {}
    for phase, some in folders.items():
        if len(some) != 1:
            names = ", ".join(sorted(map(str, some))) or "none"
            expected = f"expected one folder with {MARKS[phase]}.npy, that of the {phase}"
            raise Damaged(place, f"{expected}; found {names}")
        found[phase] = some.pop()
    if found["test"] == found["validation"]:
        raise Damaged(found["test"], "holds gtest.npy and val.npy; expected a folder for each")
    return found


def _with(files: list[Path], name: str) -> set[Path]:
    return {file.parent for file in files if file.stem == name}


def classes(folder: Path, piece: Piece) -> tuple[int, ...]:
    """The label of each clip of a piece."""
    return labels(_table(folder, piece.labels))


def features(folder: Path, piece: Piece) -> Table:
    """The features of a piece, a row for each of its labels."""
    return _rows(folder, piece.features, len(classes(folder, piece)))


def clips(folder: Path, piece: Piece) -> EncodedClips:
    """Features, labels and logits of a piece."""
    known = classes(folder, piece)
    logits = _rows(folder, piece.logits, len(known)) if piece.logits else None
    return EncodedClips(
        finite_numbers(features(folder, piece)),
        np.array(known, dtype=np.int64),
        None if logits is None else finite_numbers(logits),
    )


def phase(place: Path, name: str, seen: Int64[np.ndarray, " seen"]) -> dict[int, EncodedClips]:
    """The pieces of a phase by their part, with logits over the seen classes alone."""
    folder = find(place)[name]
    found = {
        piece.part: _narrowed(clips(folder, piece), seen, folder / f"{piece.logits}.npy")
        for piece in PIECES.values()
        if piece.phase == name
    }
    widths = {each.features.shape[1] for each in found.values()}
    if len(widths) > 1:
        raise Damaged(folder, f"features have the widths {sorted(widths)}, expected one width")
    return found


def _narrowed(found: EncodedClips, seen: Int64[np.ndarray, " seen"], path: Path) -> EncodedClips:
    if found.logits is None or found.logits.shape[1] == len(seen):
        return found
    if found.logits.shape[1] <= seen.max():
        what = f"has {found.logits.shape[1]} columns, expected one for each class of the data set"
        raise Damaged(path, f"{what}, or for each of the {len(seen)} seen ones")
    return replace(found, logits=found.logits[:, seen])


def widened(
    logits: Float32[np.ndarray, "clip seen"], seen: Int64[np.ndarray, " seen"], classes: int
) -> Float32[np.ndarray, "clip class"]:
    """Logits over all classes; those that are not seen get a probability of 0."""
    wide = np.full((len(logits), classes), NEVER, dtype=np.float32)
    wide[:, seen] = logits
    return wide


def _table(folder: Path, name: str) -> Table:
    path = folder / f"{name}.npy"
    if not path.is_file():
        raise Damaged(path, "no such file")
    return table(path)


def _rows(folder: Path, name: str, count: int) -> Table:
    found = _table(folder, name)
    if len(found.shape) != 2 or found.shape[0] != count or not found.shape[1]:
        expected = f"({count}, width), as long as its labels"
        raise Damaged(found.place, f"has the shape {found.shape}, expected {expected}")
    return found


def finite_numbers(found: Table) -> Float32[np.ndarray, "clip dim"]:
    """All rows, if every number is finite."""
    values = np.asarray(found.load(), dtype=np.float32)
    if not np.isfinite(values).all():
        row = np.flatnonzero(~np.isfinite(values).all(1))[0]
        raise Damaged(found.place, f"row {row} holds what is not a finite number")
    return values
