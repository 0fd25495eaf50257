"""What every reader of foreign formats promises, asked of all of them on toy data."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zsar.data.formats import (
    ctrgcn,
    labelled_npz,
    nw_ucla,
    own,
    pku,
    pyskl,
    smie,
    synse,
    utd_mhad,
)
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged, Recording

FIGURE = np.random.default_rng(0).uniform(-1, 1, size=(4, 25, 3)).astype(np.float32) + 3
SHEET = 'layout: ntu25\nunit: metre\nclasses: [a, b]\nnames: "{label}_{subject}"\n'


def put_ctrgcn(folder: Path) -> None:
    x = np.tile(FIGURE.reshape(1, 4, 75), (3, 1, 1))
    np.savez(folder / "NTU60_CS.npz", x_train=x, y_train=np.eye(3), x_test=x, y_test=np.eye(3))


def put_labelled_npz(folder: Path) -> None:
    joints = LAYOUTS["kinect20"].joints
    with zipfile.ZipFile(folder / "clips.zip", "w") as packed:
        packed.writestr("labels.csv", "file,label,subject\na.npz,a,1\nb.npz,b,2\n")
        for label in ("a", "b"):
            file = io.BytesIO()
            np.savez(file, skeleton=FIGURE[:, :20], joints=joints, fps=15.0, label=label)
            packed.writestr(f"{label}.npz", file.getvalue())


def put_nw_ucla(folder: Path) -> None:
    for view in (1, 2):
        content = json.dumps({"skeletons": FIGURE[:, :20].tolist()})
        (folder / f"a01_s01_e00_v0{view}.json").write_text(content)


def put_own(folder: Path) -> None:
    (folder / "clips.yaml").write_text(SHEET)
    np.savez(folder / "a_1.npz", FIGURE)
    np.savez(folder / "b_2.npz", FIGURE)


def put_pku(folder: Path) -> None:
    (folder / "label").mkdir()
    rows = FIGURE.reshape(4, 75).tolist()
    for video in ("0002-L", "0003-M"):
        (folder / f"{video}.txt").write_text("\n".join(" ".join(map(str, row * 2)) for row in rows))
        (folder / "label" / f"{video}.txt").write_text("1,1,2,0\n2,3,4,0")


def put_pyskl(folder: Path) -> None:
    names = ("S001C001P001R001A001", "S001C001P001R001A002")
    clips = [
        {"frame_dir": name, "label": k, "keypoint": FIGURE[None]} for k, name in enumerate(names)
    ]
    (folder / "ntu60_3danno.pkl").write_bytes(pickle.dumps({"annotations": clips}))


def put_smie(folder: Path) -> None:
    for label, group in enumerate(("seen_train", "seen_test", "unseen")):
        data = np.tile(FIGURE.transpose(2, 0, 1)[None, ..., None], (2, 1, 1, 1, 2))
        np.save(folder / f"{group}_data.npy", data)
        np.save(folder / f"{group}_label.npy", np.array([label, label]))


def put_synse(folder: Path) -> None:
    features = {"train": "train_label", "ztest": "z_label"}
    for phase, more in {"test": {"gtest": "g_label"}, "validation": {"val": "val_label"}}.items():
        (folder / phase).mkdir()
        for name, label in (features | more).items():
            np.save(folder / phase / f"{name}.npy", np.ones((2, 4), dtype=np.float32))
            np.save(folder / phase / f"{label}.npy", np.array([0, 1]))


def put_utd_mhad(folder: Path) -> None:
    for action in (1, 2):
        file = io.BytesIO()
        savemat(file, {"d_skel": FIGURE[:, :20].transpose(1, 2, 0).astype(float)})
        (folder / f"a{action}_s1_t1_skeleton.mat").write_bytes(file.getvalue())


READERS: dict = {
    ctrgcn: put_ctrgcn,
    labelled_npz: put_labelled_npz,
    nw_ucla: put_nw_ucla,
    own: put_own,
    pku: put_pku,
    pyskl: put_pyskl,
    smie: put_smie,
    synse: put_synse,
    utd_mhad: put_utd_mhad,
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
