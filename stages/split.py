"""Write which rows of a data set serve which purpose in a phase of a cell."""

from stages.run import run
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, SplitFile, read, write
from zsar.params import Params
from zsar.study import Cell
