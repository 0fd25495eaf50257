"""Artifacts: the class is the schema, files appear whole or not at all, the same values give the
same bytes."""

import hashlib
from dataclasses import fields

import numpy as np
import pytest

from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, Spool, read, write
from zsar.errors import UserError


def clips(count: int = 5) -> ClipFile:
    draw = np.random.default_rng(0)
    numbers = np.arange(count)
    return ClipFile(
        skeletons=draw.normal(size=(count, 3, 4, 25, 2)).astype(np.float32),
        labels=numbers,
        subjects=numbers,
        cameras=numbers,
        setups=numbers,
        names=np.array([f"clip-é{k}" for k in numbers]),
        length=numbers,
        derived=np.zeros((count, 25), dtype=bool),
    )


def test_what_is_written_is_read_again(tmp_path):
    written = clips()
    write(tmp_path / "clips.h5", written)
    again = read(tmp_path / "clips.h5", ClipFile)
    for field in fields(ClipFile):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(written, field.name))


def test_large_arrays_are_mapped_not_loaded(tmp_path):
    write(tmp_path / "clips.h5", clips())
    assert isinstance(read(tmp_path / "clips.h5", ClipFile).skeletons, np.memmap)


def test_two_writes_give_the_same_bytes(tmp_path):
    for name in "ab":
        write(tmp_path / name, clips())
    a, b = (hashlib.sha256((tmp_path / name).read_bytes()).digest() for name in "ab")
    assert a == b


def test_another_kind_is_refused_by_name(tmp_path):
    path = tmp_path / "features.h5"
    write(path, FeatureFile(np.zeros((2, 3), np.float32), np.zeros((2, 4), np.float32)))
    with pytest.raises(UserError, match=r"features.h5 holds a FeatureFile, expected a SplitFile"):
        read(path, SplitFile)


def test_a_missing_file_says_how_it_is_made(tmp_path):
    with pytest.raises(UserError, match="no such file; `dvc repro` makes it"):
        read(tmp_path / "clips.h5", ClipFile)


def test_a_torn_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "clips.h5"
    write(path, clips())
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UserError, match="is not a complete HDF5 file"):
        read(path, ClipFile)


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "clips.h5"
    write(path, clips())
    before = path.read_bytes()
    broken = clips()
    object.__setattr__(broken, "derived", None)
    with pytest.raises(Exception, match="array"):
        write(path, broken)
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == [
        "clips.h5"
    ]


def test_a_spool_holds_rows_in_order_and_leaves_nothing(tmp_path):
    rows = np.random.default_rng(1).normal(size=(7, 2, 3)).astype(np.float32)
    with Spool(tmp_path / "spool.partial") as spool:
        for row in rows:
            spool.append(row)
        np.testing.assert_array_equal(spool.array(), rows)
    assert not list(tmp_path.iterdir())


def test_an_artifact_written_from_a_spool_or_from_a_mapped_file_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("zsar.data.artifacts.BLOCK", 1000)
    plain = clips(9)
    with Spool(tmp_path / "spool.partial") as spool:
        for row in plain.skeletons:
            spool.append(row)
        values = {field.name: getattr(plain, field.name) for field in fields(ClipFile)}
        write(tmp_path / "a.h5", ClipFile(**values | {"skeletons": spool.array()}))
    mapped = read(tmp_path / "a.h5", ClipFile)
    write(tmp_path / "b.h5", mapped)
    part = {field.name: getattr(mapped, field.name)[3:] for field in fields(ClipFile)}
    write(tmp_path / "c.h5", ClipFile(**part))
    np.testing.assert_array_equal(read(tmp_path / "b.h5", ClipFile).skeletons, plain.skeletons)
    np.testing.assert_array_equal(read(tmp_path / "c.h5", ClipFile).skeletons, plain.skeletons[3:])
