"""Features and clips in other people's files, checked against a split and put among raw data."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from zsar.config.config import Config
from zsar.config.settings import base
from zsar.data import folders, protocols, shelf
from zsar.data.protocols import DataSet
from zsar.data.protocols.files import with_file
from zsar.data.readers import reader
from zsar.data.rows import Rows
from zsar.errors import Complaint
from zsar.facts import facts
from zsar.study import PHASES, SPLITS, Cell

PROTOCOLS = {"synse": "parts", "smie": "given"}  # by form, which is the name of its reader too


def bring(form: str, cell: Cell, paths: Sequence[Path], copy: bool, config: Config) -> list[Path]:
    """Link (or copy) the files to where the pipeline looks for them, if they are of the split."""
    _expected(form, cell.dataset, config)
    known = facts(cell.dataset, config.dataset(cell.dataset))
    known = with_file(known, base(cell.split), SPLITS)
    with TemporaryDirectory() as trial:
        shelf.put(paths, form, Path(trial), copy=False)
        _check(form, Path(trial), cell, known, config)
    names = {path.resolve().name for path in paths}
    others = sorted(path.name for path in cell.raw.glob("*") if path.name not in names)
    if others:
        raise Complaint(f"{cell.raw} holds {', '.join(others)} already; remove that first")
    return shelf.put(paths, form, cell.raw, copy)


def _expected(form: str, dataset: str, config: Config) -> None:
    settings = config.dataset(dataset)
    if (settings.reader, settings.protocol) != (form, PROTOCOLS[form]):
        raise Complaint(
            f"settings/datasets.yaml: {dataset} reads {settings.reader!r} by protocol"
            f" {settings.protocol!r}, which would be lost; give these files a section of their own, such as"
            f" {dataset}_{form}: {{reader: {form}, protocol: {PROTOCOLS[form]}, of: {settings.of or dataset},"
            f" descriptions: {settings.descriptions}, strict: true, layers: {settings.layers}}}"
        )


def _check(form: str, place: Path, cell: Cell, known: DataSet, config: Config) -> None:
    """Complain about what the stages would, but before anything is put anywhere."""
    parts: list[Rows] = reader(form).find(place)
    labels = np.array([label for part in parts for label in part.labels], dtype=np.int64)
    splitting = config.at(cell).splitting
    subjects = np.array([part.subject for part in parts for _ in part.labels], dtype=np.int64)
    for name in PHASES:
        group = protocols.classes(known, base(cell.split), name)
        protocols.rows(
            labels,
            subjects,
            subjects,
            subjects,
            dataset=known,
            protocol=PROTOCOLS[form],
            split=base(cell.split),
            phase=name,
            held_out=splitting.held_out,
            reserved=splitting.reserved,
        )
        if form == "synse":
            folders.phase(place, name, group.seen)
    if form == "smie":
        _sides(parts, protocols.classes(known, base(cell.split), "test"))


def _sides(parts: Sequence[Rows], group: protocols.Classes) -> None:
    for part in parts:
        other = group.seen if part.group == "unseen" else group.unseen
        wrong = sorted(set(part.labels) & set(other.tolist()))
        if wrong:
            raise Complaint(
                f"{part.path.name} holds class {wrong[0]}, which is on the other side of the split"
            )
