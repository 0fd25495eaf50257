"""Models by name: the one that needs no training, a trained cell, an exported folder."""

from os import PathLike
from pathlib import Path

from zsar.data.recording import Damaged, Recording
from zsar.data.unlabelled import Declared
from zsar.prediction.model import MANIFEST, Model
from zsar.prediction.reading import declare, files


def load(place: str | PathLike[str] = "", *, classes: str = "", method: str = "") -> Model:
    """A model that predicts.

    Without a place, the one that needs no training; `classes` names a data set whose classes are
    the candidates where `predict` is given no labels. A place is a folder that `zsar export` wrote,
    or a cell of the study in this repository, such as demo/smie50/unseen5/stgcn, of which `method`
    names the method, the selected one without it.
    """
    if not str(place):
        from zsar.prediction.kinematic import kinematic_model

        return kinematic_model(classes)
    from zsar.prediction.trained import of_cell, of_folder

    if (Path(place) / MANIFEST).is_file():
        return of_folder(Path(place))
    return of_cell(str(place), method)


def read(
    path: str | PathLike[str],
    *,
    layout: str = "",
    fps: float | int | None = None,
    declared: Declared | None = None,
) -> list[Recording]:
    """The recordings of a file, a folder or a zip archive; the first damaged one is raised."""
    found = []
    for each in files(Path(path), declare(layout, fps, declared)):
        if isinstance(each, Damaged):
            raise each
        found.append(each)
    return found
