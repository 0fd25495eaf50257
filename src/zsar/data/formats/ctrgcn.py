"""Reads the npz archives of CTR-GCN (NTU60_CS.npz, NTU120_CSet.npz ...), denoised and translated.

Arrays `x_train`, `y_train`, `x_test`, `y_test`: clips of 300 frames x 2 bodies x 25 joints x xyz,
labels one-hot or as numbers from 0. Frames after the last body are padding and are dropped, and so
is the copy of a lone person that the NTU-120 archives put in the second slot.

Clips have no names there: they are called train00000, train00001, ..., test00000, ... in file
order. Of performers, cameras and setups only the side of one protocol is known: subject 1
stands for the training side, subject 2 for the test side (protocol `given`). The archives of two
protocols hold the same clips; a data set reads one.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from zsar.data.files import archive
from zsar.data.files.arrays import ArrayRows, Table, array_rows, labels, recordings, tables
from zsar.data.recording import Damaged, Part, Recording, present

HOME = "data/ntu and data/ntu120 of https://github.com/Uason-Chen/CTR-GCN make NTU60_CS.npz etc."
SUBJECTS = {"train": 1, "test": 2}


def recognises(path: Path) -> bool:
    return any("x_train" in tables(part.path) for part in _archives(path))


def protocol(folder: Path) -> str:
    """Only the side of each clip is known."""
    return "given"


def find(folder: Path) -> list[Part]:
    found = _archives(folder)
    if len(found) != 1:
        names = ", ".join(sorted(str(part) for part in found)) or "none"
        raise Damaged(folder, f"expected one npz archive, found {names}; it comes from {HOME}")
    path = found[0].path
    arrays = tables(path)
    return [rows for side in SUBJECTS for rows in _rows(path, arrays, side)]


def read(part: ArrayRows) -> list[Recording]:
    return recordings(part, _to_bodies)


def _archives(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".npz") if not part.member]


def _rows(path: Path, arrays: dict[str, Table], side: str) -> list[Part]:
    for name in (f"x_{side}", f"y_{side}"):
        if name not in arrays:
            raise Damaged(path, f"has no array {name}; it holds: {', '.join(arrays) or 'nothing'}")
    clips, classes = arrays[f"x_{side}"], labels(arrays[f"y_{side}"])
    if len(clips.shape) != 3 or clips.shape[2] % 75 or clips.shape[0] != len(classes):
        expected = f"({len(classes)}, frames, bodies x 75), as long as its labels"
        raise Damaged(clips.place, f"has the shape {clips.shape}, expected {expected}")
    return array_rows(clips, side, SUBJECTS[side], classes)


def _to_bodies(row: Float[np.ndarray, "padded number"]) -> Float[np.ndarray, "frame body 25 3"]:
    """Without padding and without copies of the first body."""
    bodies = row.reshape(len(row), -1, 25, 3)
    shown = np.flatnonzero(present(bodies).any(1))
    bodies = bodies[: shown[-1] + 1 if len(shown) else 1].copy()
    for slot in range(1, bodies.shape[1]):
        if np.array_equal(bodies[:, slot], bodies[:, 0]):
            bodies[:, slot] = 0
    return bodies
