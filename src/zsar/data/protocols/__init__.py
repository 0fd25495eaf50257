"""Who is seen when: class lists, official protocols, zero-shot splits.

dataset(name)                      what is published of a data set
own(name, classes, subjects)       the same for recordings of your own
classes(dataset, split, phase)     which classes are seen
rows(..., dataset=..., ...)        which clips are trained on, held out, tested
training(..., dataset=..., ...)    which clips are on the training side, whatever their classes
"""

from zsar.data.protocols.membership import Rows, rows, training
from zsar.data.protocols.own_dataset import own
from zsar.data.protocols.specification import (
    EVERYWHERE,
    DataSet,
    Protocol,
    Split,
    available,
    dataset,
)
from zsar.data.protocols.split_classes import Classes, classes

__all__ = [
    "EVERYWHERE",
    "Classes",
    "DataSet",
    "Protocol",
    "Rows",
    "Split",
    "available",
    "classes",
    "dataset",
    "own",
    "rows",
    "training",
]
