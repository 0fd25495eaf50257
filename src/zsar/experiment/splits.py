"""Splits beside the published ones: from a user's files, or computed from the texts."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

import numpy as np

from zsar.cells import PHASES, SPLITS, Cell
from zsar.config.settings import Settings, without_layers
from zsar.data import protocols
from zsar.data.artifacts import TextFile, read
from zsar.data.protocols import DataSet, Split, split_files
from zsar.errors import UserError
from zsar.text import text_splits
from zsar.text.similarity import mean_cosines


def with_split(known: DataSet, cell: Cell, settings: Settings) -> DataSet:
    """The data set with the cell's split, if a file has it or its name asks for one made from the
    texts."""
    name = without_layers(cell.split)
    known = split_files.with_file(known, name, SPLITS)
    if text_splits.parse_split_name(name) is None or name in known.splits:
        return known
    rules = settings.splitting.generated
    similarity = _similarity(cell, settings.text, rules.sources)
    found = text_splits.text_split(name, similarity, rules.seed)
    unseen, validation = tuple(found.unseen), tuple(found.validation)
    split = Split(unseen, validation, "by text", "", "as AMSF makes them", "")
    return replace(known, splits={**known.splits, name: split})


def check_split(known: DataSet, split: str) -> None:
    """Refuse a split that neither the data set nor a file has and that texts cannot give."""
    here = split_files.with_file(known, split, SPLITS)
    by_text = text_splits.split_names(known.count)
    if split in here.splits:
        for phase in PHASES:
            protocols.classes(here, split, phase)
    elif split not in by_text:
        listed = spans(dict.fromkeys([*known.splits, *split_files.names(known, SPLITS), *by_text]))
        raise UserError(
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


def _similarity(cell: Cell, text: str, sources: list[str]) -> np.ndarray:
    path = cell.texts(text)
    file = read(path, TextFile)
    held = list(file.sources)
    for source in sources:
        if source not in held:
            raise UserError(
                f"splits.zero_shot.generated.sources: {path} has no {source!r}; it holds:"
                f" {', '.join(held)}"
            )
    return mean_cosines(np.array(file.pooled[:, [held.index(source) for source in sources]]))
