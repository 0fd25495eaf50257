"""UTD-MHAD: Kinect v1 matrices become clips of 25 joints."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from zsar.data.formats import utd_mhad
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS

REAL = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets"), "utd_mhad")


def matrix(frames: int = 5, **change: object) -> bytes:
    joints = np.arange(20 * 3 * frames, dtype=float).reshape(20, 3, frames)
    file = io.BytesIO()
    savemat(file, {"d_skel": joints} | change)
    return file.getvalue()


def put(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        (folder / f"{name}.mat").write_bytes(content)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in utd_mhad.find(folder) for clip in utd_mhad.read(part)]


def test_a_matrix_becomes_a_clip_of_one_person(tmp_path):
    (clip,) = clips(put(tmp_path, a27_s8_t4_skeleton=matrix()))
    assert (clip.name, clip.label, clip.subject, clip.camera) == ("a27_s8_t4", 26, 8, 0)
    assert clip.bodies.shape == (5, 1, 25, 3) and clip.ids.tolist() == [[1]] * 5
    theirs = np.arange(300.0).reshape(20, 3, 5)
    assert np.array_equal(clip.bodies[2, 0, JOINTS.index("head")], theirs[0, :, 2])
    assert np.array_equal(clip.bodies[2, 0, JOINTS.index("spine_base")], theirs[3, :, 2])
    unseen = [joint for joint, computed in zip(JOINTS, clip.derived, strict=True) if computed]
    assert unseen == ["neck", "left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb"]


def test_rows_follow_the_numbers_in_the_names(tmp_path):
    names = ["a10_s1_t1", "a2_s1_t1", "a1_s10_t1", "a1_s2_t2"]
    put(tmp_path, **{f"{name}_skeleton": matrix() for name in names})
    found = [clip.name for clip in clips(tmp_path)]
    assert found == ["a1_s2_t2", "a1_s10_t1", "a2_s1_t1", "a10_s1_t1"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "holds no readable matrix d_skel"),
        (matrix()[:400], "holds no readable matrix d_skel"),
        (b"1 2 3\n" * 50, "holds no readable matrix d_skel"),
        (matrix(d_skel=np.zeros((19, 3, 5))), r"shape \(19, 3, 5\), expected \(20, 3, frames\)"),
        (matrix(d_skel=np.array(["walk"])), "holds no readable matrix d_skel"),
        (matrix(d_skel=np.full((20, 3, 5), np.nan)), "frame 1, body 1: x of head is nan"),
    ],
)
def test_a_damaged_file_spoils_no_other(tmp_path, content, what):
    put(tmp_path, a1_s1_t1_skeleton=content, a1_s1_t2_skeleton=matrix())
    bad, good = utd_mhad.find(tmp_path)
    with pytest.raises(Damaged, match=rf"a1_s1_t1_skeleton.mat: .*{what}"):
        utd_mhad.read(bad)
    assert len(utd_mhad.read(good)) == 1


def test_an_action_that_the_data_set_does_not_have_is_refused(tmp_path):
    with pytest.raises(Damaged, match="has label 27, expected 0 to 26"):
        clips(put(tmp_path, a28_s1_t1_skeleton=matrix()))


def test_a_broken_member_of_an_archive_spoils_no_other(tmp_path):
    path = tmp_path / "Skeleton.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("a1_s1_t1", "a1_s1_t2"):
            packed.writestr(f"Skeleton/{name}_skeleton.mat", matrix())
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)
    bad, good = utd_mhad.find(tmp_path)
    with pytest.raises(Damaged, match=r"Skeleton.zip::Skeleton/a1_s1_t1_skeleton.mat: "):
        utd_mhad.read(bad)
    assert len(utd_mhad.read(good)) == 1


def test_a_wrong_archive_says_what_is_expected(tmp_path):
    with zipfile.ZipFile(tmp_path / "all_sqe.zip", "w") as packed:
        packed.writestr("a01_s01_e00_v01.json", "{}")
    assert not utd_mhad.recognises(tmp_path)
    with pytest.raises(Damaged, match=r"expected Skeleton.zip from http"):
        utd_mhad.find(tmp_path)


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "copy").mkdir()
    put(tmp_path, a1_s1_t1_skeleton=matrix())
    put(tmp_path / "copy", a1_s1_t1_skeleton=matrix())
    with pytest.raises(Damaged, match="same file name is already in"):
        utd_mhad.find(tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no {REAL}")
def test_the_real_clips_stand_upright_before_the_camera():
    assert utd_mhad.recognises(REAL)
    found = clips(REAL)
    assert len(found) == len({clip.name for clip in found}) == 861
    assert {clip.label for clip in found} == set(range(27))
    assert {clip.subject for clip in found} == set(range(1, 9))
    assert min(len(clip.bodies) for clip in found) == 41
    frames = np.concatenate([clip.bodies[:, 0] for clip in found])
    at = {joint: np.median(frames[:, k], axis=0) for k, joint in enumerate(JOINTS)}
    assert 0.5 < (at["head"] - at["spine_base"])[1] < 0.8, "metres, y up"
    assert 0.2 < (at["right_shoulder"] - at["left_shoulder"])[0] < 0.5, "x to the person's right"
    assert 2 < at["spine_base"][2] < 4, "z away from the camera"
