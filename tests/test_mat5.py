"""MAT-files of level 5: what scipy writes is read alike, and no damage gets through."""

import io
import struct
import zlib
from random import Random

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from mutations import mutated
from zsar.data.files.mat5 import matrix

NUMBERS = np.random.default_rng(0).uniform(-1, 1, size=(20, 3, 7))
LARGEST = 1 << 20


def saved(compressed: bool = False, **arrays: object) -> bytes:
    file = io.BytesIO()
    savemat(file, arrays, do_compression=compressed)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_it_reads_as_scipy_does_to_the_last_bit(kind, compressed):
    content = saved(compressed, other=np.eye(3), x=(100 * abs(NUMBERS)).astype(kind), text="walk")
    found, theirs = matrix(content, "x", LARGEST), loadmat(io.BytesIO(content))["x"]
    assert found.dtype == theirs.dtype == np.dtype(kind) and found.shape == (20, 3, 7)
    assert found.tobytes() == theirs.tobytes()


def element(kind: int, content: bytes, order: str = ">") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def big_endian(numbers: bytes, shape: tuple[int, ...] = (20, 3, 7), flags: int = 7) -> bytes:
    content = (
        element(6, struct.pack(">II", flags, 0))
        + element(5, struct.pack(f">{len(shape)}i", *shape))
        + element(1, b"d_skel")
        + element(7, numbers)
    )
    return b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + element(14, content)


SINGLES = NUMBERS.astype(">f4").tobytes("F")


def test_big_endian_files_are_read():
    found = matrix(big_endian(SINGLES), "d_skel", LARGEST)
    assert found.dtype.isnative and np.array_equal(found, NUMBERS.astype("f4"))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "does not begin as a MAT-file"),
        (saved(x=NUMBERS), "has no d_skel"),
        (saved(d_skel=NUMBERS)[:-9], "an element of 3424 bytes, of which 3415 are there"),
        (saved(d_skel=NUMBERS * 1j), "something else than real numbers"),
        (saved(d_skel="walk"), "something else than real numbers"),
        (big_endian(SINGLES, shape=(20, 3, 8)), r"are not \(20, 3, 8\) numbers"),
        (big_endian(SINGLES, shape=(-20, -3, 7)), r"are not \(-20, -3, 7\) numbers"),
        (big_endian(SINGLES, shape=(2**31 - 1,) * 3), "are not"),
        (big_endian(SINGLES, flags=1), "something else than real numbers"),
        (saved()[:128] + struct.pack("<II", 15, 3) + b"xyz", "cannot be inflated"),
        (
            saved()[:128] + element(15, zlib.compress(bytes(LARGEST + 1)), "<"),
            f"a matrix of more than {LARGEST} bytes",
        ),
    ],
)
def test_what_is_wrong_is_said(content, what):
    with pytest.raises(ValueError, match=what):
        matrix(content, "d_skel", LARGEST)


@pytest.mark.parametrize("compressed", [False, True])
def test_mutated_files_are_read_or_refused(compressed):
    content, read = saved(compressed, d_skel=NUMBERS), 0
    for seed in range(1000):
        try:
            read += len(matrix(mutated(content, Random(seed)), "d_skel", LARGEST)) > 0
        except ValueError:
            continue
    assert 0 < read < 900
