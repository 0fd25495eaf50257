"""What is known of a data set: what is published, or what follows from a user's own class list."""

import numpy as np

from zsar.data import protocols
from zsar.data.protocols import DataSet
from zsar.params import Params
from zsar.study import RECORDED
from zsar.text.descriptions import names

NOBODY = np.zeros(0, dtype=np.int64)


def facts(dataset: str, params: Params, subjects: np.ndarray = NOBODY) -> DataSet:
    """A data set of the package, else a user's own; `subjects` tell the performers of the latter
    apart."""
    if dataset in protocols.available():
        return protocols.dataset(dataset)
    listed = names(RECORDED / params.datasets[dataset].descriptions)
    return protocols.own(dataset, listed, np.asarray(subjects))
