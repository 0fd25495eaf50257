"""Features and clips in other people's files, checked against a split and put among raw data."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from zsar.data import folders, protocols, shelf
from zsar.data.protocols import DataSet
from zsar.data.readers import reader
from zsar.data.rows import Rows
from zsar.errors import Complaint
from zsar.facts import facts
from zsar.params import FILE, Params
from zsar.study import PHASES, Cell

PROTOCOLS = {"synse": "parts", "smie": "given"}  # by form, which is the name of its reader too


def bring(form: str, cell: Cell, paths: Sequence[Path], copy: bool, params: Params) -> list[Path]:
    """Link (or copy) the files to where the pipeline looks for them, if they are of the split."""
    _expected(form, cell.dataset, params)
    known = facts(cell.dataset, params)
    with TemporaryDirectory() as trial:
        shelf.put(paths, form, Path(trial), copy=False)
        _check(form, Path(trial), cell, known, params)
    names = {path.resolve().name for path in paths}
    others = sorted(path.name for path in cell.raw.glob("*") if path.name not in names)
    if others:
        raise Complaint(f"{cell.raw} holds {', '.join(others)} already; remove that first")
    return shelf.put(paths, form, cell.raw, copy)


def _expected(form: str, dataset: str, params: Params) -> None:
    if dataset not in params.datasets:
        listed = ", ".join(params.datasets)
        raise Complaint(f"unknown data set {dataset!r}; {FILE} lists: {listed}")
    settings = params.datasets[dataset]
    if (settings.reader, settings.protocol) != (form, PROTOCOLS[form]):
        raise Complaint(
            f"{FILE}: datasets.{dataset} reads {settings.reader!r} by protocol"
            f" {settings.protocol!r}, expected {{reader: {form}, protocol: {PROTOCOLS[form]},"
            f" preprocess: as_prepared, descriptions: {settings.descriptions}, strict: true}}"
        )


def _check(form: str, place: Path, cell: Cell, known: DataSet, params: Params) -> None:
    """Complain about what the stages would, but before anything is put anywhere."""
    parts: list[Rows] = reader(form).find(place)
    labels = np.array([label for part in parts for label in part.labels], dtype=np.int64)
    subjects = np.array([part.subject for part in parts for _ in part.labels], dtype=np.int64)
    for name in PHASES:
        group = protocols.classes(known, cell.split, name)
        protocols.rows(
            labels,
            subjects,
            subjects,
            subjects,
            dataset=known,
            protocol=PROTOCOLS[form],
            split=cell.split,
            phase=name,
            held_out=params.held_out,
            reserved=params.reserved,
        )
        if form == "synse":
            folders.phase(place, name, group.seen)
    if form == "smie":
        _sides(parts, protocols.classes(known, cell.split, "test"))


def _sides(parts: Sequence[Rows], group: protocols.Classes) -> None:
    for part in parts:
        side = group.unseen if part.group == "unseen" else group.seen
        wrong = sorted(set(part.labels) - set(side.tolist()))
        if wrong:
            raise Complaint(
                f"{part.path.name} holds class {wrong[0]}, which is on the other side of the split"
            )
