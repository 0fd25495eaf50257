"""Reads the arrays that SMIE and PGFA train on: seen_train_data.npy, seen_train_label.npy, ...

Three pairs of one split, `seen_train`, `seen_test` and `unseen`: clips x 3 x 50 frames x 25 joints
x 2 bodies, and the label of each, counted from 0 over all classes of the data set.

The clips went through `smie50` already (50 frames, spine shoulder at the origin, shoulders along
x); it leaves them as they are when it is applied again. Where they were filmed, by whom and under
which name is lost, and training clips of unseen classes are not there. They are called
seen_train00000, ... in file order; subject 1 stands for `seen_train`, subject 2 for the two test
parts (protocol `given`). Only the split that the arrays were made for can be run on them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zsar.data import archive
from zsar.data.bodies import Facts, recorded
from zsar.data.layouts import LAYOUTS
from zsar.data.npy import Table, table, tables
from zsar.data.recording import Damaged, Part, Recording

HOME = "split_dataset.py of https://github.com/YujieOuO/SMIE makes data/zeroshot/<data set>/split_k"
BLOCK = 5000  # clips that are read in one go where an archive packs them
SUBJECTS = {"seen_train": 1, "seen_test": 2, "unseen": 2}


@dataclass(frozen=True)
class Rows(Part):
    """Some clips of one array."""

    table: Table
    group: str
    first: int
    labels: tuple[int, ...]


def recognises(path: Path) -> bool:
    parts = archive.parts(path, ".npy")
    return any(Path(part.member or part.path).name == "unseen_data.npy" for part in parts)


def find(folder: Path) -> list[Part]:
    arrays = _arrays(folder)
    labels = {group: _labels(arrays[f"{group}_label"]) for group in SUBJECTS}
    both = (set(labels["seen_train"]) | set(labels["seen_test"])) & set(labels["unseen"])
    if both:
        what = f"class {min(both)} is seen and unseen; expected labels counted over all classes"
        raise Damaged(arrays["unseen_label"].place, what)
    return [
        rows for group in SUBJECTS for rows in _rows(arrays[f"{group}_data"], group, labels[group])
    ]


def read(part: Rows) -> list[Recording]:
    rows = part.table.rows(part.first, part.first + len(part.labels))
    return [
        recorded(part, _facts(part, part.first + k, label), LAYOUTS["ntu25"], _bodies(row))
        for k, (label, row) in enumerate(zip(part.labels, rows, strict=True))
    ]


def _arrays(folder: Path) -> dict[str, Table]:
    """The six arrays by name, each of which must be there once."""
    wanted = [f"{group}_{what}" for group in SUBJECTS for what in ("data", "label")]
    found = {
        Path(part.member or part.path).stem: part
        for part in archive.unique(archive.parts(folder, ".npy"))
    }
    for name in wanted:
        if name not in found:
            raise Damaged(folder, f"{name}.npy is missing; expected the six arrays of one split")
    return {name: _table(found[name]) for name in wanted}


def _table(part: Part) -> Table:
    return tables(part.path)[part.member.removesuffix(".npy")] if part.member else table(part.path)


def _labels(found: Table) -> tuple[int, ...]:
    values = found.whole()
    if values.ndim != 1 or values.dtype.kind not in "iu" or (len(values) and values.min() < 0):
        raise Damaged(found.place, "expected one whole number from 0 for every clip")
    return tuple(values.tolist())


def _rows(clips: Table, group: str, labels: tuple[int, ...]) -> list[Part]:
    if len(clips.shape) != 5 or (*clips.shape[:2], clips.shape[3]) != (len(labels), 3, 25):
        expected = f"({len(labels)}, 3, frames, 25, bodies), as long as its labels"
        raise Damaged(clips.place, f"has the shape {clips.shape}, expected {expected}")
    step = BLOCK if clips.packed else 1
    place = clips.place
    return [
        Rows(place.path, f"{place.member}[{k}]", clips, group, k, labels[k : k + step])
        for k in range(0, len(labels), step)
    ]


def _facts(part: Rows, number: int, label: int) -> Facts:
    return Facts(f"{part.group}{number:05d}", label, SUBJECTS[part.group], camera=0, setup=0)


def _bodies(row: np.ndarray) -> np.ndarray:
    """Frames and bodies first, as everywhere else."""
    return row.transpose(1, 3, 2, 0)
