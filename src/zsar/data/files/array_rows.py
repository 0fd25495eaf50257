"""Clips that are rows of one large array, as public code stores data sets that it has prepared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zsar.data.files.npy import Table
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, recorded

# Bytes of clips that are read in one go where the array is packed: whatever lies before them has
# to be unpacked as well, each time.
BLOCK = 1 << 28


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows(Part):
    """Some rows of an array, from `first` on, one for each label."""

    table: Table
    group: str  # the part of the data set that the array holds
    subject: int  # stands for the group, since the performers are not known
    first: int
    labels: tuple[int, ...]


def split(table: Table, group: str, subject: int, labels: tuple[int, ...]) -> list[Part]:
    """The clips one by one, or in blocks where the array is packed."""
    step = max(1, BLOCK // max(1, table.row_bytes)) if table.packed else 1
    path, array = table.place.path, table.place.member
    return [
        Rows(
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


def recordings(part: Rows, arranged: Callable[[np.ndarray], np.ndarray]) -> list[Recording]:
    """The clips, called after their group and row; `arranged` puts frames and bodies first."""
    rows = part.table.rows(part.first, part.first + len(part.labels))
    found = []
    for number, (label, row) in enumerate(zip(part.labels, rows, strict=True), start=part.first):
        facts = ClipMeta(f"{part.group}{number:05d}", label, part.subject, camera=0, setup=0)
        found.append(recorded(part, facts, LAYOUTS["ntu25"], arranged(row)))
    return found


def labels(table: Table) -> tuple[int, ...]:
    """A label for every clip, from rows that are one-hot or from plain numbers."""
    values = table.whole()
    if values.ndim == 2:
        wrong = np.flatnonzero(((values != 0).sum(1) != 1) | (values.sum(1) != 1))
        if len(wrong):
            raise Damaged(table.place, f"row {wrong[0]} is not one-hot, expected a single 1")
        return tuple(values.argmax(1).tolist())
    if values.ndim != 1 or values.dtype.kind not in "iu" or (values < 0).any():
        raise Damaged(table.place, "expected one-hot rows, or a whole number from 0 for every clip")
    return tuple(values.tolist())
