"""Splits that are made from what is said of the classes, beside those of the protocols."""

from dataclasses import dataclass, replace

import numpy as np

from zsar.data import protocols
from zsar.data.artifacts import TextFile, read
from zsar.data.protocols import DataSet, Split
from zsar.errors import Complaint
from zsar.params import Params, typed
from zsar.study import Cell
from zsar.text import division
from zsar.text.similarity import mean_cosines


@dataclass(frozen=True)
class Settings:
    sources: list[str]  # whose likeness counts
    seed: int  # of random splits


def with_texts(known: DataSet, cell: Cell, params: Params) -> DataSet:
    """The data set with the cell's split, if its name asks for one that follows from the texts."""
    if division.wanted(cell.split) is None or cell.split in known.splits:
        return known
    settings = typed(Settings, params.divide, "divide")
    found = division.divided(cell.split, _similarity(cell, settings.sources), settings.seed)
    unseen, validation = tuple(found.unseen), tuple(found.validation)
    split = Split(unseen, validation, "by text", "", "as AMSF makes them", "")
    return replace(known, splits={**known.splits, cell.split: split})


def insist(known: DataSet, split: str, params: Params) -> None:
    """Complain about a split that neither the data set has nor the texts can give."""
    typed(Settings, params.divide, "divide")
    if division.wanted(split) is None or split in known.splits:
        for phase in params.study.phases:
            protocols.classes(known, split, phase)
    else:
        division.possible(split, known.count)


def _similarity(cell: Cell, sources: list[str]) -> np.ndarray:
    file = read(cell.texts, TextFile)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise Complaint(
                f"divide.sources: {cell.texts} has no {source!r}; it holds: {', '.join(held)}"
            )
    return mean_cosines(np.array(file.pooled[:, [held.index(source) for source in sources]]))
