"""Numeric matrices of MAT-files of level 7.3, which are HDF5.

A file comes from anybody: what it says of a matrix is compared with what a matrix can be before
anything is made, and links, external storage and types that are no numbers are refused as
ValueError.
"""

import io
from math import prod

import h5py
import numpy as np

UNREADABLE = (OSError, RuntimeError, LookupError, TypeError, OverflowError)


def matrix(content: bytes, name: str, largest: int) -> np.ndarray:
    """The matrix of that name, its axes as HDF5 has them, the last of MATLAB's first; ValueError
    where there is none, or where it has more than so many numbers."""
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            return _matrix(file, name, largest)
    except UNREADABLE as error:
        raise ValueError(f"it is no readable HDF5 file ({' '.join(str(error).split())})") from error


def _matrix(file: h5py.File, name: str, largest: int) -> np.ndarray:
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise ValueError("it is not in the file")
    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
        raise ValueError("it is no matrix of numbers")
    if found.external or found.is_virtual:
        raise ValueError("its numbers are in another file")
    if "MATLAB_empty" in found.attrs or not prod(found.shape):
        raise ValueError("it is empty")
    size = max(prod(found.shape), prod(found.chunks or ()))
    if size > largest:
        raise ValueError(f"it has {size} numbers, expected at most {largest}")
    return np.asarray(found[()])
