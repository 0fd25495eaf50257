"""The two sides of an official protocol, all classes together, as recognition is evaluated."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from zsar.data.protocols.catalogue import DataSet, pick
from zsar.data.protocols.membership import _training_side, _turns
from zsar.errors import Complaint


@dataclass(frozen=True)
class Sides:
    """Row numbers, ascending; every row is on one side."""

    train: Int64[np.ndarray, " train"]
    test: Int64[np.ndarray, " test"]


def sides(
    labels: Int64[np.ndarray, " clip"],
    subjects: Int64[np.ndarray, " clip"],
    cameras: Int64[np.ndarray, " clip"],
    setups: Int64[np.ndarray, " clip"],
    *,
    dataset: DataSet,
    protocol: str,
) -> Sides:
    """Part the clips as the protocol says."""
    name = f"{protocol} of {dataset.name}"
    rule = pick(dataset.protocols, protocol, f"protocol of {dataset.name}")
    columns = {"subject": subjects, "camera": cameras, "setup": setups, "turn": _turns(labels)}
    training = _training_side(columns[rule.field], rule, name)
    found = Sides(np.flatnonzero(training), np.flatnonzero(~training))
    for side, rows in vars(found).items():
        if not len(rows):
            raise Complaint(f"{name} leaves no clip to {side}; are the recordings complete?")
    return found
