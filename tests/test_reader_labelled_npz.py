"""Clips that describe themselves: joints by name in any order, labels and subjects from a list."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zsar.data import install_raw, protocols
from zsar.data.formats import find, labelled_npz, reader
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged, Recording
from zsar.data.skeleton import JOINTS
from zsar.errors import UserError

REAL = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets"))
MSR, SBU = REAL / "msr_action3d", REAL / "sbu_kinect_interaction"
# As MSR-Action3D lists them: the trunk between the limbs, left and right in turn.
BOTH = [f"{joint}{side}" for joint in ("Shoulder", "Hip") for side in ("Left", "Right")]
LIMBS = ("Elbow", "Wrist", "Hand", "Knee", "Ankle", "Foot")
NAMES = [
    *BOTH[:2],
    *("ShoulderCenter", "Spine"),
    *BOTH[2:],
    "HipCenter",
    *(f"{joint}{side}" for joint in LIMBS for side in ("Left", "Right")),
    "Head",
]
SIDES = [
    f"{joint}{side}"
    for limb in (("Shoulder", "Elbow", "Hand"), ("Hip", "Knee", "Foot"))
    for side in ("Left", "Right")
    for joint in limb
]
SBU_NAMES = ["Head", "Neck", "Torso", *SIDES]


def clip(label: str = "high arm wave", **change: object) -> dict:
    """The arrays of a clip of five frames; joint k of frame t is at (k, t + 1, 2)."""
    joints = np.empty((5, len(NAMES), 3), dtype=np.float32)
    joints[..., 0], joints[..., 1], joints[..., 2] = np.arange(20), np.arange(1, 6)[:, None], 2
    arrays = {"skeleton": joints, "joints": NAMES, "fps": np.float32(15), "label": label} | change
    return {name: array for name, array in arrays.items() if array is not None}


def pair(label: str = "kicking") -> dict:
    """Two persons as SBU has them: upright in millimetres before a camera that looks up."""
    world = np.zeros((4, 2, len(SBU_NAMES), 3))
    world[..., 1] = np.linspace(500, -900, len(SBU_NAMES))
    world[:, 0, :, 0], world[:, 1, :, 0], world[..., 2] = -400, 400, 2200
    sine, cosine = np.sin(np.radians(9)), np.cos(np.radians(9))
    seen = world @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]).T
    pixels = np.ones((4, len(SBU_NAMES), 3), dtype=np.float32)
    return clip(
        label,
        skeleton=pixels,
        skeleton2=pixels,
        original=seen.astype(np.float32),
        joints=SBU_NAMES,
    )


def put(folder: Path, rows: list[str], **files: dict) -> Path:
    (folder / "clips").mkdir(exist_ok=True)
    for name, arrays in files.items():
        np.savez_compressed(folder / "clips" / f"{name}.npz", **arrays)
    (folder / "labels.csv").write_text("file,label,subject\r\n" + "".join(f"{r}\r\n" for r in rows))
    return folder


def clips(folder: Path) -> list[Recording]:
    return [each for part in labelled_npz.find(folder) for each in labelled_npz.read(part)]


def at(recording: Recording, joint: str, frame: int = 0, body: int = 0) -> list[float]:
    return recording.bodies[frame, body, JOINTS.index(joint)].tolist()


def test_joints_are_found_by_their_names_whatever_their_order(tmp_path):
    (one,) = clips(put(tmp_path, ["clips/a.npz,bend,7"], a=clip("bend")))
    assert (one.name, one.label, one.subject, one.camera, one.fps) == ("a", 0, 7, 0, 15.0)
    assert one.bodies.shape == (5, 1, 25, 3) and one.ids.tolist() == [[1]] * 5
    for joint, name in {
        "head": "Head",
        "left_hand": "HandLeft",
        "right_foot": "FootRight",
        "spine_base": "HipCenter",
        "spine_mid": "Spine",
        "spine_shoulder": "ShoulderCenter",
    }.items():
        assert at(one, joint, frame=3) == [NAMES.index(name), 4, 2]
    assert np.array_equal(one.derived, LAYOUTS["kinect20"].derived_mask)


def test_two_persons_of_sbu_stand_upright_in_metres(tmp_path):
    (one,) = clips(put(tmp_path, ["clips/a.npz,kicking,s01s02"], a=pair()))
    assert one.bodies.shape == (4, 2, 25, 3) and one.ids.tolist() == [[1, 2]] * 4
    assert at(one, "head") == pytest.approx([-0.4, 0.5, 2.2])
    assert at(one, "right_foot", body=1) == pytest.approx([0.4, -0.9, 2.2])
    assert np.array_equal(one.derived, LAYOUTS["kard15"].derived_mask)


def test_other_files_are_in_metres_and_may_have_a_second_person(tmp_path):
    second = clip()["skeleton"] + 1
    rows = ["clips/a.npz,my move,1", "clips/b.npz,another,2"]
    put(tmp_path, rows, a=clip("my move", skeleton2=second), b=clip("another"))
    both, alone = clips(tmp_path)
    assert both.bodies.shape[1] == 2 and alone.bodies.shape[1] == 1
    assert at(both, "head", body=1) == [20, 2, 3]
    assert labelled_npz.classes(tmp_path) == ("another", "my move")
    assert (both.label, alone.label) == (1, 0)


@pytest.mark.parametrize("name", ["msr_action3d", "sbu"])
def test_labels_follow_the_class_list_of_the_data_set_even_where_some_are_missing(name, tmp_path):
    listed = protocols.dataset(name).classes
    chosen = listed[-1], listed[2]
    make = pair if name == "sbu" else clip
    rows = [f"clips/{k}.npz,{label},{k}" for k, label in enumerate(chosen)]
    put(tmp_path, rows, **{str(k): make(label) for k, label in enumerate(chosen)})
    assert labelled_npz.classes(tmp_path) == listed
    assert [each.label for each in clips(tmp_path)] == [len(listed) - 1, 2]
    assert len(find(reader("labelled_npz"), tmp_path, listed)) == 2
    with pytest.raises(UserError, match="expected the same names in the same order"):
        find(reader("labelled_npz"), tmp_path, listed[::-1])


@pytest.mark.parametrize(
    ("subjects", "numbers", "protocol"),
    [
        (["10", "2", "10"], [10, 2, 10], "xsub"),
        (["s03s02", "s01s07", "s01s02"], [3, 2, 1], "xsub"),
        (["s01s02", "s01s02", "s01s02"], [1, 1, 1], "clips"),
    ],
)
def test_subjects_are_numbers_or_numbered_in_sorted_order(subjects, numbers, protocol, tmp_path):
    rows = [f"clips/{k}.npz,bend,{subject}" for k, subject in enumerate(subjects)]
    put(tmp_path, rows, **{str(k): clip("bend") for k in range(3)})
    assert [each.subject for each in clips(tmp_path)] == numbers
    assert labelled_npz.protocol(tmp_path) == protocol


def test_an_archive_reads_like_its_folder(tmp_path):
    folder, archive = tmp_path / "folder", tmp_path / "clips.zip"
    folder.mkdir()
    put(folder, ["clips/a.npz,bend,1", "clips/b.npz,draw x,2"], a=clip("bend"), b=clip("draw x"))
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.rglob("*.*")):
            packed.write(path, Path("msr") / path.relative_to(folder))
    assert install_raw.formats(folder) == install_raw.formats(archive) == ["labelled_npz"]
    for first, second in zip(clips(folder), clips(archive), strict=True):
        assert first.name == second.name and first.label == second.label
        assert np.array_equal(first.bodies, second.bodies)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"label": "bend"}, "says it is 'bend', expected 'high arm wave' as in labels.csv"),
        ({"label": None}, "has no array label, expected one of text"),
        ({"fps": None}, "has no array fps, expected one of numbers"),
        ({"fps": 0.0}, "fps is 0.0, expected more than 0"),
        ({"fps": np.ones(2)}, r"fps has the shape \(2,\), expected a single value"),
        ({"joints": NAMES[:-1]}, "joints are those of no layout; of kinect20 they lack head"),
        ({"joints": np.arange(20)}, "joints is of type int64, expected text"),
        ({"skeleton": None}, "has no array skeleton, expected one of numbers"),
        ({"skeleton": np.ones((5, 19, 3))}, r"shape \(5, 19, 3\), expected frames .* 20 joints"),
        ({"skeleton": np.array(["walk"])}, "skeleton is of type <U4, expected numbers"),
        ({"skeleton": np.ones((0, 20, 3))}, "holds no frame, expected at least one"),
        ({"skeleton": np.full((5, 20, 3), np.nan)}, "frame 1, body 1: x of hip_center is nan"),
        ({"skeleton2": np.ones((4, 20, 3))}, "skeleton2 has 4 frames, expected 5 as in skeleton"),
    ],
)
def test_a_damaged_file_spoils_no_other(tmp_path, change, what):
    rows = ["clips/bad.npz,high arm wave,1", "clips/good.npz,high arm wave,1"]
    put(tmp_path, rows, bad=clip(**change), good=clip())
    bad, good = labelled_npz.find(tmp_path)
    with pytest.raises(Damaged, match=rf"bad.npz: .*({what})"):
        labelled_npz.read(bad)
    assert len(labelled_npz.read(good)) == 1


def test_a_clip_of_sbu_without_its_original_coordinates_is_refused(tmp_path):
    arrays = {name: array for name, array in pair().items() if name != "original"}
    (part,) = labelled_npz.find(put(tmp_path, ["clips/a.npz,kicking,s01s02"], a=arrays))
    with pytest.raises(Damaged, match="a.npz: has no array original, expected one of numbers"):
        labelled_npz.read(part)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"1 2 3\n" * 50])
def test_what_is_no_npz_archive_is_named(tmp_path, content):
    put(tmp_path, ["clips/a.npz,bend,1"])
    (tmp_path / "clips/a.npz").write_bytes(content)
    (part,) = labelled_npz.find(tmp_path)
    with pytest.raises(Damaged, match="a.npz: is no readable npz archive"):
        labelled_npz.read(part)


def test_clips_that_only_the_list_or_only_the_folder_has_are_named(tmp_path):
    put(tmp_path, ["clips/a.npz,bend,1", "clips/gone.npz,bend,1"], a=clip("bend"), more=clip())
    sound, gone, more = labelled_npz.find(tmp_path)
    assert len(labelled_npz.read(sound)) == 1
    with pytest.raises(Damaged, match=r"labels.csv:3: the clip clips/gone.npz is not there"):
        labelled_npz.read(gone)
    with pytest.raises(Damaged, match=r"more.npz: is not listed in labels.csv"):
        labelled_npz.read(more)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "lists no clip"),
        (["clips/a.npz,bend"], "labels.csv:2: .*expected a file, a label and a subject"),
        (["clips/a.npz,,1"], "labels.csv:2: .*expected a file, a label and a subject"),
        (["clips/a.npz,bend,1"] * 2, "labels.csv:3: clips/a.npz is also in line 2"),
    ],
)
def test_what_a_list_of_labels_gets_wrong_is_named_by_its_line(tmp_path, rows, what):
    put(tmp_path, rows, a=clip("bend"))
    with pytest.raises(Damaged, match=what):
        labelled_npz.find(tmp_path)


@pytest.mark.parametrize("content", [b"name,what\n", b"", b"\xff\xfe\xfa"])
def test_another_table_is_not_recognised(tmp_path, content):
    (tmp_path / "labels.csv").write_bytes(content)
    assert not labelled_npz.recognises(tmp_path)
    with pytest.raises(Damaged, match="labels.csv"):
        labelled_npz.find(tmp_path)


def test_two_lists_of_labels_are_refused(tmp_path):
    put(tmp_path, ["clips/a.npz,bend,1"], a=clip("bend"))
    (tmp_path / "copy").mkdir()
    put(tmp_path / "copy", ["clips/b.npz,bend,1"], b=clip("bend"))
    with pytest.raises(Damaged, match=r"one labels.csv .*; found .*labels.csv, .*labels.csv"):
        labelled_npz.find(tmp_path)


@pytest.mark.parametrize(
    ("place", "count", "classes", "subjects"), [(MSR, 566, 20, 10), (SBU, 282, 8, 21)]
)
def test_the_real_clips_stand_upright_before_the_camera(place, count, classes, subjects):
    if not place.is_dir():
        pytest.skip(f"no {place}")
    assert labelled_npz.recognises(place) and labelled_npz.protocol(place) == "xsub"
    found = clips(place)
    assert len(found) == len({each.name for each in found}) == count
    assert {each.label for each in found} == set(range(classes))
    assert {each.subject for each in found} == set(range(1, subjects + 1))
    bodies = np.concatenate([each.bodies.reshape(-1, 25, 3) for each in found])
    joint = {name: bodies[:, k] for k, name in enumerate(JOINTS)}
    trunk = joint["spine_shoulder"] - joint["spine_base"]
    assert 0.4 < np.median(np.linalg.norm(trunk, axis=1)) < 0.55, "metres"
    rise = np.median(joint["head"] - (joint["left_ankle"] + joint["right_ankle"]) / 2, axis=0)
    assert 1.3 < rise[1] < 1.7 and abs(rise[2]) < 0.2, "y up"
    assert 2 < np.median(joint["spine_base"][:, 2]) < 4, "z away from the camera"
    width = joint["right_shoulder"] - joint["left_shoulder"]
    faced = np.cross(trunk, width)  # right-handed axes, and the performer's own left and right
    elbows = joint["left_elbow"] - (joint["left_shoulder"] + joint["left_hand"]) / 2
    assert np.mean((elbows * faced).sum(1) < 0) > 0.7, "elbows bend backwards"
    if classes == 20:
        assert np.median(width[:, 0]) > 0.25, "x to the performer's right"
        toes = joint["left_foot"] - joint["left_ankle"]
        assert np.mean((toes * faced).sum(1) > 0) > 0.9, "feet point forwards"
    else:
        for axis in (0, 2):  # persons turned either way are as wide
            along = np.abs(width[:, axis]) > 0.95 * np.linalg.norm(width, axis=1)
            assert 0.28 < np.median(np.linalg.norm(width[along], axis=1)) < 0.33
