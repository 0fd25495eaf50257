"""Checks features and clips of other people against a split before they are linked."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zsar.cells import PHASES, SPLITS, Cell
from zsar.config.config import Config
from zsar.config.settings import without_layers
from zsar.data import install_raw, protocols
from zsar.data.files import feature_archive, feature_folders
from zsar.data.files.arrays import ArrayRows
from zsar.data.formats import reader
from zsar.data.protocols import DataSet
from zsar.data.protocols.split_files import names as split_files
from zsar.data.protocols.split_files import with_file
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.exchange.dataset_section import PREPARED_PROTOCOLS


def check(form: str, cell: Cell, paths: Sequence[Path], config: Config) -> None:
    """Raise the UserError that a stage would, before any file is linked."""
    known = dataset_info(cell.dataset, config.dataset(cell.dataset))
    known = with_file(known, without_layers(cell.split), SPLITS)
    with install_raw.trial(paths, form) as place:
        _check(form, place, cell, known, config)
    check_no_other_files(cell, paths)


def check_no_other_files(cell: Cell, paths: Sequence[Path]) -> None:
    """Raise a UserError if other files are there that would be read with these."""
    names = {path.resolve().name for path in paths}
    others = sorted(path.name for path in cell.raw.glob("*") if path.name not in names)
    if others:
        raise UserError(
            f"{cell.raw} holds {', '.join(others)} already; remove that first, or give these files"
            " a section of their own: zsar add NAME PATH... --of DATASET --write"
        )


def matching_split(form: str, dataset: str, paths: Sequence[Path], config: Config) -> str:
    """The split that the files were made for."""
    known = dataset_info(dataset, config.dataset(dataset))
    for name in split_files(known, SPLITS):
        known = with_file(known, name, SPLITS)
    with install_raw.trial(paths, form) as place:
        parts = [each for each in reader(form).find(place) if isinstance(each, ArrayRows)]
        seen, others = (
            {k for part in parts if part.subject == n for k in part.labels} for n in (1, 2)
        )
        unseen = others - seen
        fits = [
            name
            for name, split in known.splits.items()
            if unseen <= set(split.unseen) and not seen & set(split.unseen)
        ]
        if not unseen or not fits:
            listed = ", ".join(map(str, sorted(unseen))) or "none"
            raise UserError(
                f"{', '.join(map(str, paths))}: no split of {known.name} leaves those classes"
                f" unseen that these files do ({listed}); write one,"
                f" {SPLITS / known.name}/NAME.yaml"
            )
        errors = []
        for name in sorted(fits, key=lambda each: len(known.splits[each].unseen)):
            try:
                _check(form, place, Cell(dataset, "as_prepared", name), known, config)
            except UserError as error:
                errors.append(error)
            else:
                return name
        raise errors[0]


def _check(form: str, place: Path, cell: Cell, known: DataSet, config: Config) -> None:
    parts = [each for each in reader(form).find(place) if isinstance(each, ArrayRows)]
    labels = np.array([label for part in parts for label in part.labels], dtype=np.int64)
    splitting = config.at(cell).splitting
    subjects = np.array([part.subject for part in parts for _ in part.labels], dtype=np.int64)
    for name in PHASES:
        group = protocols.classes(known, without_layers(cell.split), name)
        protocols.rows(
            protocols.ClipOrigins(labels, subjects, subjects, subjects),
            dataset=known,
            protocol=PREPARED_PROTOCOLS[form],
            split=without_layers(cell.split),
            phase=name,
            held_out=splitting.held_out,
            reserved=splitting.reserved,
        )
        if form == "synse":
            feature_folders.phase(place, name, group.seen)
    if PREPARED_PROTOCOLS[form] == "given":
        _check_sides(parts, protocols.classes(known, without_layers(cell.split), "test"))
    if form == "flora":
        for path in feature_archive.archives(place):
            feature_archive.numbers(path)


def _check_sides(parts: Sequence[ArrayRows], group: protocols.Classes) -> None:
    seen, unseen = set(group.seen.tolist()), set(group.unseen.tolist())
    trained = {label for part in parts if part.subject == 1 for label in part.labels}
    wrong_sides = {"seen_train": unseen, "seen_test": unseen, "unseen": seen}
    wrong_sides |= {"train": unseen, "gzsl": seen - trained}  # one group of all test clips
    for part in parts:
        wrong = sorted(set(part.labels) & wrong_sides[part.group])
        if wrong:
            raise UserError(
                f"{part.path.name} holds class {wrong[0]}, which is on the other side of the split"
            )
