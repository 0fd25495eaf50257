"""BVH files: where the joints are, whose left is left, and which file is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import toy_bvh
from toy_bvh import MIXAMO, RAISED, bvh
from zsar.data.formats import own
from zsar.data.recording import Damaged, Recording
from zsar.data.skeleton import JOINTS
from zsar.data.unlabelled import UNDECLARED, Declared, find, from_bytes, read

WAVE = [{**RAISED, "LeftForeArm": ("Z", float(angle))} for angle in range(0, 30, 5)]


def clip(text: str, declared: Declared = UNDECLARED) -> Recording:
    (found,) = from_bytes(text.encode(), declared)
    assert isinstance(found, Recording)
    return found


def at(found: Recording, joint: str, frame: int = 0) -> np.ndarray:
    return found.bodies[frame, 0, JOINTS.index(joint)]


def check_pose(found: Recording) -> None:
    """Faces the camera with the left hand above the head, the right one out to the side."""
    for frame in range(len(found.bodies)):
        assert at(found, "left_hand", frame)[1] > at(found, "head", frame)[1] + 0.2
        assert at(found, "right_hand", frame)[1] < at(found, "head", frame)[1]
        assert at(found, "right_hand", frame)[0] > at(found, "right_shoulder", frame)[0] + 0.4
        assert at(found, "left_knee", frame)[0] < at(found, "right_knee", frame)[0]
    assert at(found, "left_foot")[2] < at(found, "left_ankle")[2] - 0.1  # towards the camera
    assert np.allclose(at(found, "spine_base")[[0, 2]], [0, 3], atol=1e-4)
    assert at(found, "head")[1] - at(found, "spine_base")[1] == pytest.approx(0.7, abs=0.01)


def test_the_raised_left_arm_is_left_and_up():
    found = clip(bvh(WAVE))
    check_pose(found)
    assert (found.fps, len(found.bodies), found.label) == (pytest.approx(60, rel=1e-4), 6, -1)
    derived = {joint for joint, each in zip(JOINTS, found.derived, strict=True) if each}
    assert {"spine_mid", "spine_shoulder", "left_hand", "head"} <= derived
    assert {"left_wrist", "left_foot", "neck", "spine_base"}.isdisjoint(derived)


TURNS = {
    "faces x": Rotation.from_euler("y", 90, degrees=True),
    "faces away": Rotation.from_euler("y", 180, degrees=True),
    "z up": Rotation.from_euler("x", 90, degrees=True),
    "z up, faces x": Rotation.from_euler("xz", [90, 90], degrees=True),
    "x up": Rotation.from_euler("z", -90, degrees=True),
    "upside down": Rotation.from_euler("z", 180, degrees=True),
}


@pytest.mark.parametrize("name", TURNS)
def test_however_the_file_lies_the_person_stands_and_faces_the_camera(name):
    turn = TURNS[name].as_matrix().round()
    found = clip(bvh(WAVE, turn=turn))
    check_pose(found)
    assert np.allclose(
        found.bodies[:, :, :, [0, 2]], clip(bvh(WAVE)).bodies[..., [0, 2]], atol=1e-4
    )


@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0, 1 / 0.0254, 0.45 / 0.0254, 7.0, 0.001])
def test_the_unit_is_the_one_in_which_a_person_stands(scale):
    found = clip(bvh(WAVE, scale=scale))
    check_pose(found) if scale not in (7.0, 0.001) else None
    stature = at(found, "head")[1] + 0.1 - at(found, "left_ankle")[1]
    assert stature == pytest.approx(1.61, abs=0.12)


def test_a_given_unit_axes_and_origin_count_instead():
    said = replace(UNDECLARED, unit="centimetre", axes=("-x", "y", "-z"), origin=(0.0, 0.0, 4.0))
    found = clip(bvh(WAVE, scale=50.0), said)
    assert np.allclose(at(found, "spine_base"), [0, 0.475, 4], atol=1e-4)
    assert at(found, "left_hand")[1] > at(found, "head")[1]
    assert at(found, "left_knee")[0] < at(found, "right_knee")[0]


@pytest.mark.parametrize("order", ["ZXY", "XYZ", "YXZ", "ZYX"])
def test_rotations_are_applied_in_the_order_of_the_channels(order):
    angles = dict(zip(order, (20.0, 50.0, -70.0), strict=True))
    text = bvh([{}, {}], order=order).rstrip().splitlines()
    start = 3 + 3 * [name for name, *_ in DEPTH_FIRST].index("LeftArm")
    for line in (-1, -2):
        row = text[line].split()
        row[start : start + 3] = [str(angles[axis]) for axis in order]
        text[line] = " ".join(row)
    found = clip("\n".join(text))
    turned = Rotation.from_euler(order, [angles[axis] for axis in order], degrees=True)
    forearm = turned.apply([0.28, 0, 0]) * [-1, 1, -1]
    assert np.allclose(at(found, "left_elbow") - at(found, "left_shoulder"), forearm, atol=1e-4)


def _below(name: str) -> list[tuple]:
    own_ = [each for each in MIXAMO if each[0] == name]
    return own_ + [row for each in MIXAMO if each[1] == name for row in _below(each[0])]


DEPTH_FIRST = _below("Hips")
SIDED = ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")
PLAIN = {"Hips": "Hips", "Spine": "Spine", "Neck": "Neck", "Head": "Head"}


def names(*theirs: str, form: str = "{side}{name}", **trunk: str) -> dict[str, str]:
    found = dict(trunk)
    for ours, name in zip(SIDED, theirs, strict=True):
        for side in ("Left", "Right"):
            found[f"{side}{ours}"] = form.format(side=side, s=side[0], l=side[0].lower(), name=name)
    return found


RIGS = {
    "mixamo": {name: f"mixamorig:{name}" for name, *_ in MIXAMO},
    "biovision": names("Collar", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Toe"),
    "bvh of 1990": names("Collar", "UpArm", "LowArm", "Hand", "UpLeg", "LowLeg", "Foot", "Toe"),
    "unreal": names(
        *("clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball"),
        form="{name}_{l}",
        Hips="pelvis",
        Spine="spine_01",
        Neck="neck_01",
        Head="head",
    ),
    "biped": names(
        *("Clavicle", "UpperArm", "Forearm", "Hand", "Thigh", "Calf", "Foot", "Toe0"),
        form="Bip01 {s} {name}",
        Hips="Bip01 Pelvis",
        Head="Bip01 Head",
        Neck="Bip01 Neck",
    ),
    "smpl": names(
        *("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot"),
        form="{side}_{name}",
        Hips="Pelvis",
    ),
}


@pytest.mark.parametrize("name", RIGS)
def test_the_joints_of_common_rigs_are_known(name):
    found = clip(bvh(WAVE, names=RIGS[name]))
    check_pose(found)
    assert np.allclose(found.bodies, clip(bvh(WAVE)).bodies, atol=1e-5)


def test_an_unknown_rig_says_what_is_missing():
    with pytest.raises(Damaged, match="no joint is the left elbow, right knee of a known rig; exp"):
        clip(bvh(WAVE, names={"LeftForeArm": "Bone7", "RightLeg": "Bone9"}))


@pytest.mark.parametrize("with_places", [False, True])
def test_position_channels_of_all_joints_replace_their_offsets(with_places):
    assert np.allclose(
        clip(bvh(WAVE, with_places=with_places)).bodies, clip(bvh(WAVE)).bodies, atol=1e-5
    )


def test_position_channels_of_nothing_are_added_to_the_offset():
    text = bvh(WAVE, with_places=True).splitlines()
    start = next(k for k, line in enumerate(text) if line.startswith("Frame Time")) + 1
    for k in range(start, len(text)):
        row = np.array(text[k].split(), dtype=float).reshape(-1, 6)
        row[1:, :3] = 0
        text[k] = " ".join(map(str, row.ravel()))
    assert np.allclose(clip("\n".join(text)).bodies, clip(bvh(WAVE)).bodies, atol=1e-5)


def test_joints_without_channels_do_not_turn():
    text = bvh(WAVE).replace("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 0", 1)
    rows = text.splitlines()  # the first is that of the spine
    start = next(k for k, line in enumerate(rows) if line.startswith("Frame Time")) + 1
    rows[start:] = [" ".join([*row.split()[:6], *row.split()[9:]]) for row in rows[start:]]
    assert np.allclose(clip("\n".join(rows)).bodies, clip(bvh(WAVE)).bodies, atol=1e-5)


def test_bones_that_all_lie_along_x_in_the_rest_pose_say_nothing_of_upright(monkeypatch):
    def along_x(row):
        name, parent, offset = row
        side = {"L": 9.0, "R": -9.0}[name[0]] / 100 if name.endswith(("UpLeg", "Shoulder")) else 0.0
        return name, parent, (0 if name.endswith("UpLeg") else np.linalg.norm(offset), 0, side)

    monkeypatch.setattr(toy_bvh, "MIXAMO", [along_x(row) for row in MIXAMO])
    monkeypatch.setattr(toy_bvh, "ENDS", {"Head": (0.2, 0, 0)})
    legs = {f"{side}UpLeg": ("Z", 180.0) for side in ("Left", "Right")}
    feet = {f"{side}Foot": ("Z", -90.0) for side in ("Left", "Right")}
    pose = {"Hips": ("Z", 90.0), **legs, **feet, "RightArm": ("Y", 90.0)}
    found = clip(bvh([pose, pose]))
    assert at(found, "left_hand")[1] > at(found, "head")[1] > at(found, "left_foot")[1] + 1
    assert at(found, "right_hand")[0] > at(found, "right_shoulder")[0] + 0.4
    assert at(found, "left_knee")[0] < at(found, "right_knee")[0]
    assert at(found, "left_foot")[2] < at(found, "left_ankle")[2] - 0.1


HEADING = {"Hips": ("Y", 30.0)}


@pytest.mark.parametrize(
    ("first", "left_out"),
    [({}, 1), (HEADING, 1), ({**HEADING, **WAVE[0]}, 0)],
    ids=["no rotation", "a jump", "action"],
)
def test_a_rest_pose_before_the_action_is_left_out(first, left_out):
    moving = [{**HEADING, **angles} for angles in WAVE]
    found = clip(bvh([first, *moving]))
    assert len(found.bodies) == len(moving) + 1 - left_out


def test_an_action_that_starts_at_rest_slowly_loses_no_more_than_that_frame():
    slow = [{"LeftArm": ("Z", float(k))} for k in range(8)]
    assert len(clip(bvh(slow)).bodies) == 7
    assert len(clip(bvh(slow[1:])).bodies) == 7
    assert len(clip(bvh(slow[:1])).bodies) == 1


def test_two_roots_are_two_people():
    one = bvh(WAVE)
    hierarchy = one[: one.index("MOTION")].removeprefix("HIERARCHY\n")
    head, motion = one[one.index("MOTION") :].split("\n", 3)[:3], one.splitlines()[-len(WAVE) :]
    beside = [f"{row} {float(row.split()[0]) + 100} {row.split(' ', 1)[1]}" for row in motion]
    text = "\n".join(["HIERARCHY", hierarchy.strip(), hierarchy.strip(), *head, *beside])
    found = clip(text)
    assert found.bodies.shape[1] == 2
    assert np.allclose(found.bodies[:, 1] - found.bodies[:, 0], [-1, 0, 0], atol=1e-4)


def test_a_long_file_is_read_in_blocks_to_the_same_joints(monkeypatch):
    from zsar.data.files import bvh_positions as module

    whole = clip(bvh(WAVE)).bodies
    monkeypatch.setattr(module, "BLOCK", 2)
    assert np.array_equal(clip(bvh(WAVE)).bodies, whole)


TEXT = bvh(WAVE)
FAULTS = {
    "cut in the hierarchy": (TEXT[:300], r"input:13: found 'CHANNELS 3 Zro', expected"),
    "no motion": (TEXT[: TEXT.index("MOTION")], "expected ROOT or MOTION"),
    "one frame less": (TEXT.rstrip().rsplit("\n", 1)[0], "5 lines of numbers, expected 6 frames"),
    "no frame": (TEXT[: TEXT.index("Frame Time")], "found '', expected Frame Time: and its"),
    "a number less": (TEXT.rstrip().rsplit(" ", 1)[0], "68 numbers, expected 69|numbers, expected"),
    "nan": (TEXT.rstrip().rsplit(" ", 1)[0] + " nan", "holds what is not a finite number"),
    "word": (TEXT.rstrip().rsplit(" ", 1)[0] + " x", "is not all numbers"),
    "still time": (TEXT.replace("0.0166667", "0"), "Frame Time: 0, expected frames per second"),
    "wrong channel": (TEXT.replace("Xposition", "Wposition"), "expected CHANNELS, their number"),
    "wrong count": (TEXT.replace("CHANNELS 6", "CHANNELS 5"), "expected CHANNELS, their number"),
    "no offset": (TEXT.replace("OFFSET", "SHIFT", 1), "expected OFFSET and three numbers"),
    "offset": (TEXT.replace("OFFSET 0.0", "OFFSET nan ", 1), "expected OFFSET and three numbers"),
    "frames": (TEXT.replace("Frames: 6", "Frames: six"), "expected Frames: and their number"),
    "empty": ("HIERARCHY\nMOTION\n", "has no joint, expected a ROOT"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_file_is_named_with_its_line(name):
    text, what = FAULTS[name]
    with pytest.raises(Damaged, match=f"standard .*({what})"):
        clip(text)


def test_a_huge_promise_takes_no_memory():
    with pytest.raises(Damaged, match="6 lines of numbers, expected 99999999999 frames"):
        clip(TEXT.replace("Frames: 6", "Frames: 99999999999"))


@pytest.mark.parametrize("layout", ["layout: bvh\n", ""])
def test_a_registered_data_set_may_hold_bvh_files(tmp_path, layout):
    (tmp_path / "clips.yaml").write_text(f'{layout}classes: [wave, sit]\nnames: "{{label}}_{{}}"\n')
    (tmp_path / "wave_1.bvh").write_text(TEXT)
    (part,) = own.find(tmp_path)
    (found,) = own.read(part)
    assert (found.label, found.name) == (0, "wave_1")
    check_pose(found)
    (other,) = read(find(tmp_path)[0], UNDECLARED)
    assert np.array_equal(other.bodies, found.bodies)
