"""Splits beside those of the protocols: out of a person's files, or made from the texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from zsar.data import protocols
from zsar.data.artifacts import TextFile, read
from zsar.data.protocols import DataSet, Split, files
from zsar.errors import Complaint
from zsar.params import Params, typed
from zsar.study import SPLITS, Cell
from zsar.text import division
from zsar.text.similarity import mean_cosines


@dataclass(frozen=True)
class Settings:
    sources: list[str]  # whose likeness counts
    seed: int  # of random splits


def with_split(known: DataSet, cell: Cell, params: Params) -> DataSet:
    """The data set with the cell's split, where a file gives it or else its name asks for one that
    follows from the texts."""
    known = files.with_file(known, cell.split, SPLITS)
    if division.wanted(cell.split) is None or cell.split in known.splits:
        return known
    settings = typed(Settings, params.divide, "divide")
    found = division.divided(cell.split, _similarity(cell, settings.sources), settings.seed)
    split = Split(tuple(found.unseen), tuple(found.validation), "by text", "", "as AMSF makes them")
    return replace(known, splits={**known.splits, cell.split: split})


def insist(known: DataSet, split: str, params: Params) -> None:
    """Complain about a split that neither the data set has nor a file nor the texts can give."""
    typed(Settings, params.divide, "divide")
    here = files.with_file(known, split, SPLITS)
    by_text = division.names(known.count)
    if split in here.splits:
        for phase in params.study.phases:
            protocols.classes(here, split, phase)
    elif split not in by_text:
        listed = spans(dict.fromkeys([*known.splits, *files.names(known, SPLITS), *by_text]))
        raise Complaint(
            f"unknown split {split!r}; {known.name} has {known.count} classes, expected one of:"
            f" {', '.join(listed)}; or a file {SPLITS / known.name / split}.yaml"
        )


def spans(names: Iterable[str]) -> list[str]:
    """The same names, but `easy2 to easy4` for those that differ by consecutive numbers."""
    matches = [re.fullmatch(r"(.*?)(\d*)", name) for name in names]
    found = [(each[0], each[1], int(each[2] or 0)) for each in matches if each]
    runs = groupby(enumerate(found), key=lambda each: (each[1][1], each[1][2] - each[0]))
    ends = [[name for _, (name, *_) in run] for _, run in runs]
    return [f"{run[0]} to {run[-1]}" if len(run) > 1 else run[0] for run in ends]


def _similarity(cell: Cell, sources: list[str]) -> np.ndarray:
    file = read(cell.texts, TextFile)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise Complaint(
                f"divide.sources: {cell.texts} has no {source!r}; it holds: {', '.join(held)}"
            )
    return mean_cosines(np.array(file.pooled[:, [held.index(source) for source in sources]]))
