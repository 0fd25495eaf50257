"""Measurements and structured descriptions of a data set, as the stage `measure` wrote them."""

import numpy as np
from jaxtyping import Float32, Float64

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, MeasurementFile, StructuredFile, TextFile, read
from zsar.errors import UserError
from zsar.kinematics.described import Descriptions, from_rows

SOURCE = "kinematics"  # the name of the attribute vector among the sources of texts


def load_measurements(cell: Cell) -> Float64[np.ndarray, "clip attribute"]:
    """In the rows of the prepared clips."""
    file = read(cell.measurements, MeasurementFile)
    place = {name: row for row, name in enumerate(file.names)}
    names = read(cell.clips, ClipFile).names
    if missing := [name for name in names if name not in place]:
        raise UserError(
            f"{cell.measurements} lacks clip {missing[0]}; `dvc repro` measures it again"
        )
    found = np.array(file.values[[place[name] for name in names]])
    if np.isnan(found).all():
        raise UserError(f"{cell.measurements}: nothing can be measured on clips without skeletons")
    return found


def load_descriptions(cell: Cell) -> Descriptions:
    """Of all classes."""
    found = _structured(cell)
    columns = (found.labels, found.weight, found.value, found.spread, found.between)
    return from_rows(*(np.array(each) for each in columns))


def with_attributes(file: TextFile, cell: Cell) -> TextFile:
    """Another source: the attributes of the structured descriptions, as a text of one token."""
    vectors = _as_text(np.array(_structured(cell).vectors), file.pooled.shape[2])
    ends = np.cumsum(file.counts.sum(1))
    return TextFile(
        sources=np.append(file.sources, SOURCE),
        pooled=np.concatenate([file.pooled, vectors[:, None]], axis=1),
        tokens=np.insert(file.tokens, ends, vectors, axis=0),
        counts=np.pad(file.counts, ((0, 0), (0, 1)), constant_values=1),
        groups=np.column_stack([file.groups, file.groups.max() + 1 + np.arange(len(vectors))]),
    )


def _structured(cell: Cell) -> StructuredFile:
    if not cell.structured.is_file():
        raise UserError(
            f"{cell.dataset} has no structured descriptions;"
            f" `zsar describe {cell.dataset} {SOURCE}` has them written"
        )
    return read(cell.structured, StructuredFile)


def _as_text(
    vectors: Float64[np.ndarray, "class attribute"], width: int
) -> Float32[np.ndarray, "class width"]:
    """Of length 1 as a text's features, filled up with zeros."""
    if vectors.shape[1] > width:
        raise UserError(
            f"the features of the text encoder are {width} wide, expected at least"
            f" {vectors.shape[1]} for the source {SOURCE!r}"
        )
    length = np.sqrt((vectors**2).sum(1, keepdims=True))
    filled = np.pad(vectors / np.maximum(length, 1e-9), ((0, 0), (0, width - vectors.shape[1])))
    return filled.astype(np.float32)
