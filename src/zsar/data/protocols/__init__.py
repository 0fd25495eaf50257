"""Class lists, official protocols and zero-shot splits of all data sets.

dataset(name)                             what is published of a data set
own(name, classes, subjects)              the same for recordings of your own
classes(dataset, split, phase)            which classes are seen
rows(clips, dataset=..., split=..., ...)  which clips are trained on, held out, tested
sides(clips, dataset=..., protocol=...)   which clips train and test on all classes
training(clips, dataset=..., ...)         which clips are on the training side, in any class
"""

from zsar.data.protocols.datasets import (
    EVERYWHERE,
    Classes,
    DataSet,
    Protocol,
    Split,
    available,
    classes,
    dataset,
    own,
)
from zsar.data.protocols.membership import ClipOrigins, Rows, Sides, rows, sides, training

__all__ = [
    "EVERYWHERE",
    "Classes",
    "ClipOrigins",
    "DataSet",
    "Protocol",
    "Rows",
    "Sides",
    "Split",
    "available",
    "classes",
    "dataset",
    "own",
    "rows",
    "sides",
    "training",
]
