"""The recordings of a data set, each read and worked on by one of many processes."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import TypeVar

from tqdm import tqdm

from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data import formats
from zsar.data.files.archive import stem
from zsar.data.parse import recordings
from zsar.data.recording import Damaged, Recording
from zsar.dataset_info import dataset_info
from zsar.experiment.machine import short_calls

Result = TypeVar("Result")


def read_recordings(
    cell: Cell,
    settings: Settings,
    process: Callable[[Recording], Result],
    doing: str,
    missing: Collection[str] = (),
) -> Iterator[tuple[str, Result] | Damaged]:
    """Name and result of every recording, in the order of the files, or why there is none;
    `doing` is for the bar, those that are `missing` are left out."""
    known = dataset_info(cell.dataset, settings.dataset)
    source = formats.reader(settings.dataset.reader)
    parts = [
        part for part in formats.find(source, cell.raw, known.classes) if stem(part) not in missing
    ]
    named = partial(_named, process)
    with (
        short_calls() as workers,
        tqdm(total=len(parts), desc=f"{doing} {cell.dataset}", unit="file") as bar,
    ):
        for item in recordings(source.read, parts, workers, known.count, named, bar.update):
            if isinstance(item, Damaged) or item[0] not in missing:
                yield item


def _named(process: Callable[[Recording], Result], recording: Recording) -> tuple[str, Result]:
    return recording.name, process(recording)
