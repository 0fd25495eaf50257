"""Numeric matrices of MAT-files of level 7.3, which are HDF5.

A file comes from anybody: what it says of a matrix is compared with what a matrix can be before
anything is made; links, external storage, unusual filters and types that are no numbers are refused
as ValueError. Chunks are inflated here, because HDF5 inflates whatever a chunk holds, however much.
"""

import io
import zlib
from math import prod
from typing import Any

import h5py
import numpy as np

UNREADABLE = (OSError, RuntimeError, LookupError, TypeError, OverflowError, zlib.error)
CHUNKS = 1 << 12  # of a matrix; MATLAB writes a few
FILTERS: tuple[list[int], ...] = ([], [h5py.h5z.FILTER_DEFLATE])  # of MATLAB


def matrix(content: bytes, name: str, largest: int) -> np.ndarray:
    """The matrix of that name, its axes as HDF5 has them, the last of MATLAB's first; ValueError
    where there is none, or where it has more than so many numbers."""
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise ValueError("it is not in the file")
            return _numbers(_checked(file[name], largest))
    except UNREADABLE as error:
        raise ValueError(f"it is no readable HDF5 file ({' '.join(str(error).split())})") from error


def _checked(found: Any, largest: int) -> h5py.Dataset:
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
        raise ValueError("it is no matrix of numbers")
    if found.external or found.is_virtual:
        raise ValueError("its numbers are in another file")
    if "MATLAB_empty" in found.attrs or not prod(found.shape):
        raise ValueError("it is empty")
    size = max(prod(found.shape), prod(found.chunks or ()))
    if size > largest:
        raise ValueError(f"it has {size} numbers, expected at most {largest}")
    if found.chunks:
        chunks = prod(-(-s // c) for s, c in zip(found.shape, found.chunks, strict=True))
        if chunks > CHUNKS:
            raise ValueError(f"it is in {chunks} chunks, expected at most {CHUNKS}")
    if _filters(found) not in FILTERS:
        raise ValueError("it is packed in an unusual way, expected stored or deflated numbers")
    return found


def _filters(found: h5py.Dataset) -> list[int]:
    listed = found.id.get_create_plist()
    return [listed.get_filter(k)[0] for k in range(listed.get_nfilters())]


def _numbers(found: h5py.Dataset) -> np.ndarray:
    if found.chunks is None:
        return np.asarray(found[()])
    whole, packed = np.empty(found.shape, found.dtype), bool(_filters(found))
    for place in found.iter_chunks():
        chunk = _chunk(found, tuple(each.start for each in place), packed)
        whole[place] = chunk[tuple(slice(each.stop - each.start) for each in place)]
    return whole


def _chunk(found: h5py.Dataset, start: tuple[int, ...], packed: bool) -> np.ndarray:
    skipped, data = found.id.read_direct_chunk(start)
    size = prod(found.chunks) * found.dtype.itemsize
    if packed and not skipped:
        data = zlib.decompressobj().decompress(data, size + 1)  # one byte more would be noticed
    if len(data) != size:
        raise ValueError(f"a chunk of it does not hold the {size} bytes that were expected")
    return np.frombuffer(data, found.dtype).reshape(found.chunks)
