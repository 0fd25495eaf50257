"""Measure the attributes of the vocabulary on every recording, and read how the classes were
described by them."""

import numpy as np

from zsar.cells import RECORDED, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import MeasurementFile, StructuredFile, write
from zsar.data.recording import Damaged
from zsar.dataset_info import dataset_info
from zsar.experiment.raw_recordings import read_recordings
from zsar.kinematics import descriptions
from zsar.kinematics.actors import motion_of
from zsar.kinematics.evidence import class_vectors
from zsar.kinematics.measure import measure
from zsar.kinematics.timeline import Motion
from zsar.kinematics.vocabulary import vocabulary
from zsar.text.descriptions import class_names

AT_ONCE = 512  # recordings that are in memory


def main(cell: Cell, settings: Settings) -> None:
    """Write a row for every recording that can be read; the preparation lists the others."""
    values = [np.zeros((0, len(vocabulary())))]
    names: list[str] = []
    waiting: list[tuple[str, Motion]] = []

    def measure_waiting() -> None:
        values.append(measure([motion for _, motion in waiting]))
        names.extend(name for name, _ in waiting)
        waiting.clear()

    for each in read_recordings(cell, settings, motion_of, "measuring"):
        if isinstance(each, Damaged):
            continue
        waiting.append(each)
        if len(waiting) == AT_ONCE:
            measure_waiting()
    measure_waiting()
    write(cell.measurements, MeasurementFile(np.concatenate(values), np.array(names, dtype=str)))
    if found := described(cell, settings):
        write(cell.structured, found)


def described(cell: Cell, settings: Settings) -> StructuredFile | None:
    """The structured descriptions of the classes, if somebody wrote them."""
    folder = RECORDED / settings.dataset.descriptions
    path = folder / descriptions.FILE
    if not path.is_file():
        return None
    names = class_names(folder)
    count = dataset_info(cell.dataset, settings.dataset).count
    found = descriptions.load(path, names)[np.arange(count)]
    there = found.weight > 0
    labels, variants = np.nonzero(there)
    return StructuredFile(
        labels=labels,
        weight=found.weight[labels, variants],
        value=found.value[labels, variants],
        spread=found.spread[labels, variants],
        between=found.between[labels, variants],
        vectors=class_vectors(found),
    )
