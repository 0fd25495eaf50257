"""Splits that are made from what is said of the classes, beside those of the protocols."""

from dataclasses import replace

import numpy as np

from zsar.config.settings import Settings, base
from zsar.data import protocols
from zsar.data.artifacts import TextFile, read
from zsar.data.protocols import DataSet, Split
from zsar.errors import Complaint
from zsar.study import PHASES, Cell
from zsar.text import division
from zsar.text.similarity import mean_cosines


def with_texts(known: DataSet, cell: Cell, settings: Settings) -> DataSet:
    """The data set with the cell's split, if its name asks for one that follows from the texts."""
    if division.wanted(base(cell.split)) is None or base(cell.split) in known.splits:
        return known
    rules, name = settings.splitting.generated, base(cell.split)
    similarity = _similarity(cell, settings.text, rules.sources)
    found = division.divided(name, similarity, rules.seed)
    split = Split(tuple(found.unseen), tuple(found.validation), "by text", "", "as AMSF makes them")
    return replace(known, splits={**known.splits, name: split})


def insist(known: DataSet, split: str) -> None:
    """Complain about a split that neither the data set has nor the texts can give."""
    if division.wanted(split) is None or split in known.splits:
        for phase in PHASES:
            protocols.classes(known, split, phase)
    else:
        division.possible(split, known.count)


def _similarity(cell: Cell, text: str, sources: list[str]) -> np.ndarray:
    path = cell.texts(text)
    file = read(path, TextFile)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise Complaint(
                f"splits.zero_shot.generated.sources: {path} has no {source!r}; it holds: {', '.join(held)}"
            )
    return mean_cosines(np.array(file.pooled[:, [held.index(source) for source in sources]]))
