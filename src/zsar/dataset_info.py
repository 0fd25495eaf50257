"""What is known of a data set: as published, or as it follows from your own class list."""

from pathlib import Path

import numpy as np

from zsar.cells import RECORDED, SPLITS, Cell
from zsar.config.settings import DatasetConfig as Section
from zsar.config.settings import without_layers
from zsar.data import protocols
from zsar.data.protocols import DataSet
from zsar.text.descriptions import class_names

NO_SUBJECTS = np.zeros(0, dtype=np.int64)
GENERATED = ("demo", "demo_pku")  # the pipeline makes their recordings itself
CATALOGUE = Path("src/zsar/data/protocols")


def dataset_info(name: str, section: Section, subjects: np.ndarray = NO_SUBJECTS) -> DataSet:
    """A data set of the package, else your own, whose performers `subjects` gives. One that is `of`
    another has its classes, protocols and splits."""
    published = section.of or name
    if published in protocols.available():
        return protocols.dataset(published)
    listed = class_names(RECORDED / section.descriptions)
    return protocols.own(published, listed, np.asarray(subjects))


def source_files(cell: Cell, section: Section) -> list[Path]:
    """The files it is read from, with that of the split if this is your own."""
    published = section.of or cell.dataset
    own = sorted((SPLITS / published).glob(f"{without_layers(cell.split)}.*")) if cell.split else []
    if published in protocols.available():
        return [CATALOGUE / f"{published}.json", *own]
    return [RECORDED / section.descriptions / "names.txt", *own]
