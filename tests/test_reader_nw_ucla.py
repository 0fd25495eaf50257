"""NW-UCLA: Kinect v1 sequences as JSON become clips of 25 joints."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from zsar.data.formats import nw_ucla
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS

REAL = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets"), "nw_ucla")


def sequence(frames: int = 5, **change: object) -> str:
    joints = np.arange(frames * 20 * 3, dtype=float).reshape(frames, 20, 3)
    return json.dumps({"file_name": "?", "skeletons": joints.tolist(), "label": 1} | change)


def put(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in nw_ucla.find(folder) for clip in nw_ucla.read(part)]


def test_a_sequence_becomes_a_clip_of_one_person(tmp_path):
    (clip,) = clips(put(tmp_path, a08_s10_e03_v02=sequence()))
    assert (clip.name, clip.label, clip.subject) == ("a08_s10_e03_v02", 6, 10)
    assert (clip.camera, clip.setup) == (2, 3)
    theirs = np.arange(300.0).reshape(5, 20, 3)
    assert np.array_equal(clip.bodies[2, 0, JOINTS.index("head")], theirs[2, 3])
    assert np.array_equal(clip.bodies[2, 0, JOINTS.index("spine_base")], theirs[2, 0])
    assert clip.ids.tolist() == [[1]] * 5 and clip.derived.sum() == 5


def test_labels_follow_the_order_of_the_actions(tmp_path):
    put(tmp_path, **{f"a{action:02d}_s01_e00_v01": sequence() for action in nw_ucla.ACTIONS})
    assert [clip.label for clip in clips(tmp_path)] == list(range(10))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", ":1: is no JSON"),
        (sequence()[:-20], ":1: is no JSON"),
        ('{"skeletons": [\n[[1, 2, x]]]}', ":2: is no JSON"),
        ("[1]", "has no readable list `skeletons`"),
        ("{}", "has no readable list `skeletons`"),
        (sequence(skeletons=[[[1, 2, "x"]] * 20]), "has no readable list `skeletons`"),
        (sequence(skeletons=[[[1, 2, 3]] * 20, [[1, 2]] * 20]), "has no readable list"),
        (sequence(skeletons=[[[1, 2, 3]] * 19]), r"shape \(1, 19, 3\), expected \(frames, 20, 3\)"),
        (sequence(skeletons=[]), r"shape \(0,\), expected \(frames, 20, 3\)"),
        (
            sequence(skeletons=[[[1, 2, float("nan")]] * 20]),
            "frame 1, body 1: z of hip_center is nan",
        ),
    ],
)
def test_a_damaged_file_spoils_no_other(tmp_path, content, what):
    put(tmp_path, a01_s01_e00_v01=content, a01_s01_e00_v02=sequence())
    bad, good = nw_ucla.find(tmp_path)
    with pytest.raises(Damaged, match=rf"a01_s01_e00_v01.json.*{what}"):
        nw_ucla.read(bad)
    assert len(nw_ucla.read(good)) == 1


def test_an_action_that_the_data_set_does_not_have_is_refused(tmp_path):
    with pytest.raises(
        Damaged, match="has action 7, expected one of 1, 2, 3, 4, 5, 6, 8, 9, 11, 12"
    ):
        clips(put(tmp_path, a07_s01_e00_v01=sequence()))


def test_a_wrong_folder_says_what_is_expected(tmp_path):
    put(tmp_path, settings="{}")
    assert not nw_ucla.recognises(tmp_path)
    with pytest.raises(Damaged, match=r"expected all_sqe.zip from http"):
        nw_ucla.find(tmp_path)


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "copy").mkdir()
    put(tmp_path, a01_s01_e00_v01=sequence())
    put(tmp_path / "copy", a01_s01_e00_v01=sequence())
    with pytest.raises(Damaged, match="same file name is already in"):
        nw_ucla.find(tmp_path)


@pytest.fixture(scope="module")
def real() -> dict:
    if not REAL.is_dir():
        pytest.skip(f"no {REAL}")
    return {clip.name: clip for clip in clips(REAL)}


def test_the_real_clips_stand_upright_before_the_camera(real):
    assert nw_ucla.recognises(REAL)
    assert len(real) == 1484
    assert {clip.label for clip in real.values()} == set(range(10))
    assert {clip.camera for clip in real.values()} == {1, 2, 3}
    frames = np.concatenate([clip.bodies[:, 0] for clip in real.values()])
    at = {joint: np.median(frames[:, k], axis=0) for k, joint in enumerate(JOINTS)}
    assert 0.4 < (at["head"] - at["spine_base"])[1] < 0.8, "metres, y up"
    assert 2 < at["spine_base"][2] < 4, "z away from the camera"


def test_the_real_copies_are_those_that_the_reader_tells_of(real):
    """View 3 of the second and third action is view 2 again, and one pair has a single frame."""
    first: dict[bytes, str] = {}
    copies = {
        name: original
        for name, clip in sorted(real.items())
        if (original := first.setdefault(clip.bodies.tobytes(), name)) != name
    }
    expected = {name for name in real if name[:3] in ("a02", "a03") and name.endswith("v03")}
    assert set(copies) == expected and len(copies) == 95
    assert all(copies[name] == name.replace("v03", "v02") for name in copies)
    still = [name for name, clip in real.items() if len(clip.bodies) == 1]
    assert still == ["a02_s09_e04_v02", "a02_s09_e04_v03"]
