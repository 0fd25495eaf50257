"""Reads the arrays that SMIE and PGFA train on: seen_train_data.npy, seen_train_label.npy, ...

Three pairs of one split, `seen_train`, `seen_test` and `unseen`: clips x 3 x 50 frames x 25 joints
x 2 bodies, and the label of each, counted from 0 over all classes of the data set.

The clips went through `smie50` already (50 frames, spine shoulder at the origin, shoulders along
x); applied again it changes nothing. Performers, cameras and names are lost, and training clips
of unseen classes are not there. They are called
seen_train00000, ... in file order; subject 1 stands for `seen_train`, subject 2 for the two test
parts (protocol `given`). Only the split that the arrays were made for can be run on them.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from zsar.data.files import archive
from zsar.data.files.arrays import ArrayRows, Table, array_rows, labels, recordings, table, tables
from zsar.data.recording import Damaged, Part, Recording

HOME = "split_dataset.py of https://github.com/YujieOuO/SMIE makes data/zeroshot/<data set>/split_k"
SUBJECTS = {"seen_train": 1, "seen_test": 2, "unseen": 2}
WANTED = [f"{group}_{what}" for group in SUBJECTS for what in ("data", "label")]


def recognises(path: Path) -> bool:
    return any(archive.stem(part) in WANTED for part in archive.parts(path, ".npy"))


def protocol(folder: Path) -> str:
    """Only the side of each clip is known."""
    return "given"


def find(folder: Path) -> list[Part]:
    arrays = _arrays(folder)
    classes = {group: labels(arrays[f"{group}_label"]) for group in SUBJECTS}
    both = (set(classes["seen_train"]) | set(classes["seen_test"])) & set(classes["unseen"])
    if both:
        what = f"class {min(both)} is seen and unseen; expected labels counted over all classes"
        raise Damaged(arrays["unseen_label"].place, what)
    return [
        rows
        for group, subject in SUBJECTS.items()
        for rows in _rows(arrays[f"{group}_data"], group, subject, classes[group])
    ]


def read(part: ArrayRows) -> list[Recording]:
    return recordings(part, _to_bodies)


def _arrays(folder: Path) -> dict[str, Table]:
    """The six arrays by name, each of which must be there once."""
    files = (part for part in archive.parts(folder, ".npy") if archive.stem(part) in WANTED)
    found = {archive.stem(part): _table(part) for part in archive.unique(files)}
    for name in WANTED:
        if name not in found:
            raise Damaged(folder, f"{name}.npy is missing; expected the six arrays of one split")
    return found


def _table(part: Part) -> Table:
    return tables(part.path)[part.member.removesuffix(".npy")] if part.member else table(part.path)


def _rows(clips: Table, group: str, subject: int, classes: tuple[int, ...]) -> list[Part]:
    if len(clips.shape) != 5 or (*clips.shape[:2], clips.shape[3]) != (len(classes), 3, 25):
        expected = f"({len(classes)}, 3, frames, 25, bodies), as long as its labels"
        raise Damaged(clips.place, f"has the shape {clips.shape}, expected {expected}")
    return array_rows(clips, group, subject, classes)


def _to_bodies(
    row: Float[np.ndarray, "xyz frame joint body"],
) -> Float[np.ndarray, "frame body joint xyz"]:
    """Frames and bodies first, as everywhere else."""
    return row.transpose(1, 3, 2, 0)
