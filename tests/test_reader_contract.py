"""What every reader of foreign formats promises, asked of all of them on toy data."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from toy_formats import (
    put_ctrgcn,
    put_flora,
    put_labelled_npz,
    put_nw_ucla,
    put_own,
    put_pku,
    put_pyskl,
    put_smie,
    put_synse,
    put_utd_mhad,
    put_uwa3dii,
)
from zsar.data.formats import (
    ctrgcn,
    flora,
    labelled_npz,
    nw_ucla,
    own,
    pku,
    pyskl,
    smie,
    synse,
    utd_mhad,
    uwa3dii,
)
from zsar.data.recording import Damaged, Recording

READERS: dict = {
    ctrgcn: put_ctrgcn,
    flora: put_flora,
    labelled_npz: put_labelled_npz,
    nw_ucla: put_nw_ucla,
    own: put_own,
    pku: put_pku,
    pyskl: put_pyskl,
    smie: put_smie,
    synse: put_synse,
    utd_mhad: put_utd_mhad,
    uwa3dii: put_uwa3dii,
}
every_reader = pytest.mark.parametrize(
    ("reader", "put"), READERS.items(), ids=lambda each: each.__name__.rsplit(".")[-1]
)


@every_reader
def test_an_empty_folder_is_not_recognised_and_named(reader, put: Callable, tmp_path):
    assert not reader.recognises(tmp_path)
    with pytest.raises(Damaged) as caught:
        reader.find(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: ")


@every_reader
def test_a_reader_recognises_its_own_format_alone(reader, put: Callable, tmp_path):
    put(tmp_path)
    assert [each for each in READERS if each.recognises(tmp_path)] == [reader]
    assert "http" in reader.HOME or reader is own


@every_reader
def test_finding_twice_gives_the_same_parts_and_reading_twice_the_same_clips(
    reader, put: Callable, tmp_path
):
    put(tmp_path)
    parts = reader.find(tmp_path)
    assert len({str(part) for part in parts}) == len(set(parts)) == len(parts)
    assert [str(part) for part in parts] == [str(part) for part in reader.find(tmp_path)]
    for part in parts:
        for first, second in zip(reader.read(part), reader.read(part), strict=True):
            assert first.name == second.name and np.array_equal(first.bodies, second.bodies)


@every_reader
def test_of_sound_files_a_reader_gives_recordings_alone(reader, put: Callable, tmp_path):
    put(tmp_path)
    found = [each for part in reader.find(tmp_path) for each in reader.read(part)]
    assert all(isinstance(each, Recording) for each in found)


@every_reader
def test_a_part_can_travel_to_another_process(reader, put: Callable, tmp_path):
    put(tmp_path)
    for part in reader.find(tmp_path):
        (here, *_), (there, *_) = reader.read(part), reader.read(pickle.loads(pickle.dumps(part)))
        assert here.name == there.name and np.array_equal(here.bodies, there.bodies)


@every_reader
def test_clips_have_different_names_and_25_joints_in_float32(reader, put: Callable, tmp_path):
    put(tmp_path)
    clips = [clip for part in reader.find(tmp_path) for clip in reader.read(part)]
    assert len({clip.name for clip in clips}) == len(clips) > 1
    for clip in clips:
        assert clip.bodies.dtype == np.float32 and clip.bodies.shape[2:] == (25, 3)
        assert clip.bodies.flags.c_contiguous
        assert clip.ids.shape == clip.bodies.shape[:2] and clip.derived.shape == (25,)
        assert np.array_equal(clip.ids > 0, clip.bodies.any((2, 3)))
