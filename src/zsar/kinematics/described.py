"""Structured descriptions of classes as arrays; apart, because all methods depend on this file."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64


@dataclass(frozen=True)
class Descriptions:
    """Of some classes: each has up to so many variants, those with weight 0 are none. NaN where an
    attribute has no meaning."""

    value: Float64[np.ndarray, "class variant attribute"]
    spread: Float64[np.ndarray, "class variant attribute"]  # standard deviation of performances
    between: Float64[np.ndarray, "class variant attribute"]  # standard deviation between drafts
    weight: Float64[np.ndarray, "class variant"]
    ids: Int64[np.ndarray, " class"]  # of the data set

    def __getitem__(self, classes: np.ndarray) -> "Descriptions":
        fields = (self.value, self.spread, self.between, self.weight, self.ids)
        return Descriptions(*(each[classes] for each in fields))

    def __len__(self) -> int:
        return len(self.weight)

    def rows(self) -> dict[str, np.ndarray]:
        """What `from_rows` makes descriptions of."""
        there = self.weight > 0
        fields = {name: getattr(self, name)[there] for name in ROW_FIELDS}
        return {"labels": np.nonzero(there)[0]} | fields


ROW_FIELDS = ("weight", "value", "spread", "between")


def concatenated(several: Sequence[Descriptions]) -> Descriptions:
    """The classes of all, numbered anew."""
    rows = [each.rows() for each in several]
    starts = np.cumsum([0, *(len(each) for each in several[:-1])])
    labels = [start + each["labels"] for start, each in zip(starts, rows, strict=True)]
    fields = {name: np.concatenate([each[name] for each in rows]) for name in ROW_FIELDS}
    return from_rows(np.concatenate(labels), **fields)


def mixture(described: Descriptions) -> Descriptions:
    """One class that is done in all their ways, each class as usual as the others."""
    rows = described.rows()
    rows["weight"] = rows["weight"] / len(described)
    return from_rows(**(rows | {"labels": np.zeros_like(rows["labels"])}))


def from_rows(
    labels: Int64[np.ndarray, " row"],
    weight: Float64[np.ndarray, " row"],
    value: Float64[np.ndarray, "row attribute"],
    spread: Float64[np.ndarray, "row attribute"],
    between: Float64[np.ndarray, "row attribute"],
) -> Descriptions:
    """From a row for each variant, those of a class together; classes count from 0."""
    counts = np.bincount(labels)
    variants = np.concatenate([np.arange(count) for count in counts])

    def padded(rows: np.ndarray, fill: float) -> np.ndarray:
        found = np.full((len(counts), counts.max(), *rows.shape[1:]), fill)
        found[labels, variants] = rows
        return found

    return Descriptions(
        padded(value, np.nan),
        padded(spread, np.nan),
        padded(between, np.nan),
        padded(weight, 0.0),
        np.arange(len(counts)),
    )
