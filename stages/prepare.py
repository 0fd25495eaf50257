"""Preprocess the raw recordings of a data set to clips of equal length."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from zsar.atomic import atomic_write
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data import formats
from zsar.data.artifacts import ClipFile, Spool, write
from zsar.data.recording import Damaged, Recording
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.experiment.raw_recordings import read_recordings
from zsar.preprocess.pipeline import Prepared, pipeline


class ClipRow(NamedTuple):
    """The values of a clip beside its skeletons."""

    label: int
    subject: int
    camera: int
    setup: int
    name: str
    length: int
    derived: np.ndarray


def main(cell: Cell, settings: Settings) -> None:
    """Write every clip that can be read, and list those that cannot; a strict data set stops at
    the first of these."""
    rows: list[ClipRow] = []
    damaged: list[str] = []
    with Spool(cell.clips.with_name("skeletons.partial")) as skeletons:
        process = partial(_row, pipeline(settings.steps))
        missing = dataset_info(cell.dataset, settings.dataset).missing  # in published work
        for item in read_recordings(cell, settings, process, "reading", missing):
            if isinstance(item, Damaged):
                if settings.dataset.strict:
                    raise item
                damaged.append(str(item))
                continue
            _, (row, bodies) = item
            rows.append(row)
            skeletons.append(bodies)
        if not rows:
            raise UserError(
                f"{cell.raw}: no clip can be read; first: {(damaged or ['nothing'])[0]}"
            )
        write(cell.clips, _file(rows, skeletons.array()))
    formats.reader(settings.dataset.reader).keep(cell.raw, cell.given)
    with atomic_write(cell.damaged) as draft:
        draft.write_text("".join(f"{line}\n" for line in damaged), encoding="utf-8")
    if damaged:
        print(
            f"{len(damaged)} damaged clips are left out of {cell.clips}; {cell.damaged} lists them"
        )


def _row(
    prepare: Callable[[Recording], Prepared], recording: Recording
) -> tuple[ClipRow, np.ndarray]:
    prepared = prepare(recording)
    row = ClipRow(
        recording.label,
        recording.subject,
        recording.camera,
        recording.setup,
        recording.name,
        prepared.length,
        recording.derived,
    )
    return row, prepared.skeletons


def _file(rows: list[ClipRow], skeletons: np.ndarray) -> ClipFile:
    columns = ClipRow(*zip(*rows, strict=True))
    return ClipFile(
        skeletons=skeletons,
        labels=np.array(columns.label),
        subjects=np.array(columns.subject),
        cameras=np.array(columns.camera),
        setups=np.array(columns.setup),
        names=np.array(columns.name),
        length=np.array(columns.length),
        derived=np.array(columns.derived),
    )
