"""Clips that belong to no data set: every kind of file gives the same people, none is mirrored, and
what is wrong is named."""

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toy_files import skeleton
from zsar.data import unlabelled
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged, Recording
from zsar.data.skeleton import JOINTS
from zsar.data.unlabelled import UNDECLARED, Declared, find, from_bytes, read
from zsar.errors import UserError

KINECT20 = replace(UNDECLARED, layout="kinect20")
HEIGHTS = {"head": 0.7, "neck": 0.55, "nose": 0.7, "eye": 0.72, "ear": 0.7, "mouth": 0.65}
HEIGHTS |= {"shoulder": 0.5, "clavicle": 0.5, "collar": 0.5, "elbow": 0.3, "wrist": 0.1}
HEIGHTS |= {"hand": 0.0, "thumb": 0.0, "pinky": 0.0, "index": 0.0, "hip": 0.05, "knee": -0.4}
HEIGHTS |= {"ankle": -0.8, "heel": -0.85, "foot": -0.9, "spine": 0.3, "center": 0.1}
SIDEWAYS = {"right": 0.2, "left": -0.2}  # as a camera sees somebody who faces it


def person(layout: str, frames: int = 5) -> np.ndarray:
    """Somebody who faces a Kinect 3 m away with the left hand above the head."""
    found = []
    for joint in LAYOUTS[layout].joints:
        words = joint.split("_")
        side = next((SIDEWAYS[word] for word in words if word in SIDEWAYS), 0.0)
        height = next((HEIGHTS[word] for word in words if word in HEIGHTS), 0.2)
        arm = {"elbow", "wrist", "hand", "thumb", "pinky", "index"} & {*words}
        raised = 1.0 if arm and "left" in words and "foot" not in words else 0.0
        found.append([side, height + raised, 3.0])
    moving = np.linspace(0, 0.1, frames)[:, None, None, None] * [1, 0, 0]
    return np.array(found)[None, None] + moving


def table(bodies: np.ndarray, header: list[str] | None = None) -> str:
    rows = [",".join(map(repr, frame.ravel().tolist())) for frame in bodies]
    return "\n".join(([",".join(header)] if header else []) + rows) + "\n"


def columns(joints, form: str = "{}_{}") -> list[str]:
    return [form.format(joint, axis) for joint in joints for axis in "xyz"]


def only(place: Path, declared: Declared = UNDECLARED) -> Recording:
    (part,) = find(place)
    (found,) = read(pickle.loads(pickle.dumps(part)), declared)
    assert isinstance(found, Recording)
    return found


def at(clip: Recording, joint: str) -> np.ndarray:
    return clip.bodies[0, 0, JOINTS.index(joint)]


def check_pose(clip: Recording) -> None:
    """Faces the camera, upright, and the left hand is above the head: not mirrored, not turned."""
    assert at(clip, "right_shoulder")[0] > at(clip, "left_shoulder")[0]
    assert at(clip, "right_hip")[0] > at(clip, "left_hip")[0]
    assert at(clip, "left_hand")[1] > at(clip, "head")[1] > at(clip, "right_hand")[1]
    assert at(clip, "head")[1] > at(clip, "spine_base")[1] > at(clip, "left_foot")[1]
    assert 2 < at(clip, "spine_base")[2] < 4
    assert np.ptp(clip.bodies[0, 0, :, 1]) == pytest.approx(2.0, abs=0.3)


def kinect_v1(joint: str) -> str:
    words = joint.split("_")
    side = [word for word in words if word in SIDEWAYS]
    return "".join(word.title() for word in [w for w in words if w not in side] + side)


def azure(joint: str) -> str:
    words = joint.replace("navel", "naval").replace("hand_tip", "handtip").upper().split("_")
    side = [word for word in words if word in ("LEFT", "RIGHT")]
    return "_".join([word for word in words if word not in side] + side)


HEADERS = {  # layout, the sensor's spelling, what is declared, the axes and unit of its files
    "kinect_v1": ("kinect20", kinect_v1, {}, np.eye(3)),
    "kinect_v2": ("ntu25", kinect_v1, {}, np.eye(3)),
    "azure": ("azure32", azure, {}, np.diag([-1000.0, -1000, 1000])),
    "azure_sdk": ("azure32", lambda j: f"K4ABT_JOINT_{azure(j)}", {}, np.diag([-1e3, -1e3, 1e3])),
    "coco": ("coco17", str, {}, np.eye(3)),
    "smpl": ("smpl22", str.title, {"axes": ("-x", "y", "-z")}, np.diag([-1.0, 1, -1])),
}


@pytest.mark.parametrize("name", HEADERS)
def test_joints_named_as_a_sensor_names_them_need_no_layout(tmp_path, name):
    layout, spelling, said, theirs = HEADERS[name]
    bodies = person(layout) @ theirs.T
    header = columns(map(spelling, LAYOUTS[layout].joints))
    (tmp_path / "wave.csv").write_text(table(bodies, header))
    clip = only(tmp_path / "wave.csv", replace(UNDECLARED, **said))
    check_pose(clip)
    assert (clip.name, clip.label, np.isnan(clip.fps)) == ("wave", -1, True)
    assert np.array_equal(clip.derived, LAYOUTS[layout].derived_mask)


def world_landmarks() -> np.ndarray:
    """As MediaPipe writes them: x and y as in an image, the middle of the hips at the origin."""
    bodies = person("mediapipe33")
    joints = LAYOUTS["mediapipe33"].joints
    hips = bodies[:, :, [joints.index("left_hip"), joints.index("right_hip")]].mean(2)[:, :, None]
    return (bodies - hips) * [-1, -1, 1]


def test_world_landmarks_of_mediapipe_are_turned_upright_and_put_before_the_camera(tmp_path):
    joints = [joint.upper() for joint in LAYOUTS["mediapipe33"].joints]
    landmarks = world_landmarks()[:, 0]
    sure = np.ones((5, 33, 1))
    with_quality = np.concatenate([landmarks, sure, sure], axis=2).reshape(5, -1)
    rows = np.concatenate([np.arange(5)[:, None], np.arange(5)[:, None] * 40.0, with_quality], 1)
    header = [
        f"{joint}_{of}" for joint in joints for of in ("x", "y", "z", "visibility", "presence")
    ]
    (tmp_path / "a.csv").write_text(table(rows, ["frame", "timestamp", *header]))
    clip = only(tmp_path / "a.csv")
    check_pose(clip)
    assert clip.fps == pytest.approx(25)
    assert np.allclose(at(clip, "spine_base"), [0, 0, 3], atol=1e-6)
    declared = replace(UNDECLARED, axes=("x", "y", "z"), origin=(0.0, 0.0, 2.0))
    assert at(only(tmp_path / "a.csv", declared), "left_hand")[1] < 0


@pytest.mark.parametrize("first", [0, 1])
def test_numbered_landmarks_follow_the_order_of_a_declared_layout(tmp_path, first):
    header = [f"{axis}{k + first}" for k in range(33) for axis in "xyz"]
    (tmp_path / "a.csv").write_text(table(world_landmarks(), header))
    check_pose(only(tmp_path, replace(UNDECLARED, layout="mediapipe33")))
    with pytest.raises(Damaged, match=r"a.csv:1: numbers its joints; .* instance mediapipe33$"):
        read(find(tmp_path)[0], UNDECLARED)


def test_columns_may_stand_in_any_order_also_those_of_two_people(tmp_path):
    bodies = np.concatenate([person("kinect20"), person("kinect20") + [1, 0, 0]], axis=1)
    order = np.random.default_rng(0).permutation(60)
    header = np.array(columns(LAYOUTS["kinect20"].joints))[order].tolist()
    values = bodies.reshape(5, 2, 60)[:, :, order].reshape(5, -1)
    (tmp_path / "a.csv").write_text(table(values, [*header, *(f"{each}.1" for each in header)]))
    clip = only(tmp_path)
    check_pose(clip)
    assert np.allclose(clip.bodies[:, 1] - clip.bodies[:, 0], [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "times", "fps"),
    [
        ("time", [0, 0.04, 0.08, 0.11, 0.16], 25),
        ("Timestamp", [0, 33.3, 66.7, 100, 133.4], 30),
        ("t", [5e6, 5.01e6, 5.02e6, 5.03e6, 5.04e6], 100),
        ("time (ms)", [0, 500, 1000, 1500, 2000], 2),
        ("time_s", [0, 0.5, 1, 1.5, 2], 2),
        ("time", [1, 2, 3, 4, 5], None),
        ("frame", [7, 8, 9, 10, 11], None),
    ],
)
def test_the_frame_rate_is_that_of_the_clock_unless_one_is_declared(tmp_path, name, times, fps):
    rows = np.concatenate([person("ntu25").reshape(5, -1), np.array(times)[:, None]], axis=1)
    (tmp_path / "a.csv").write_text(table(rows, [*columns(JOINTS), name]))
    found = only(tmp_path).fps
    assert np.isnan(found) if fps is None else found == pytest.approx(fps, rel=0.01)
    assert only(tmp_path, replace(UNDECLARED, fps=12.5)).fps == 12.5


def packed(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


NAMED = [kinect_v1(joint) for joint in LAYOUTS["kinect20"].joints][::-1]
CONTENTS = {  # kind -> bytes, what is declared
    "csv": (table(person("kinect20")).encode(), KINECT20),
    "named.csv": (table(person("ntu25"), columns(JOINTS)).encode(), UNDECLARED),
    "excel.csv": (
        table(person("ntu25"), columns(JOINTS)).replace(",", ";").encode("utf-8-sig"),
        UNDECLARED,
    ),
    "npz": (packed(skeleton=person("kinect20")[:, 0]), KINECT20),
    "named.npz": (
        packed(skeleton=person("kinect20")[:, 0, ::-1], joints=NAMED, fps=15.0),
        UNDECLARED,
    ),
    "npy": (npy(np.asfortranarray(person("kinect20"), dtype=np.float32)), KINECT20),
    "txt": (
        "\n".join(" ".join(map(repr, [*f.ravel().tolist(), *[0.0] * 75])) for f in person("ntu25")),
        UNDECLARED,
    ),
}
CONTENTS["txt"] = (CONTENTS["txt"][0].encode(), UNDECLARED)
every_content = pytest.mark.parametrize("name", CONTENTS)


@every_content
def test_a_file_a_member_and_standard_input_read_alike(tmp_path, name):
    content, declared = CONTENTS[name]
    suffix = name.rsplit(".")[-1]
    (tmp_path / f"one.{suffix}").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"deep/two.{suffix}", content)
        archive.writestr("readme.txt", "not a clip")
    clips = [clip for part in find(tmp_path) for clip in read(part, declared)]
    assert [clip.name for clip in clips] == ["two", "one"]
    (piped,) = from_bytes(content, declared)
    assert piped.name == "stdin"
    for clip in (*clips, piped):
        check_pose(clip)
        assert np.array_equal(clip.bodies, piped.bodies)


def test_an_npz_says_its_frame_rate(tmp_path):
    (tmp_path / "a.npz").write_bytes(CONTENTS["named.npz"][0])
    assert only(tmp_path, replace(UNDECLARED, fps=99.0)).fps == 15


def test_an_ntu_file_of_any_name_is_read_and_one_that_says_its_action_keeps_it(tmp_path):
    (tmp_path / "mine.skeleton").write_text(skeleton())
    (tmp_path / "S001C002P003R001A011.skeleton").write_text(skeleton())
    said, mine = (read(part, UNDECLARED)[0] for part in find(tmp_path))
    assert (said.label, said.camera, said.subject) == (10, 2, 3)
    assert (mine.name, mine.label, mine.camera, mine.fps) == ("mine", -1, 0, 30)
    (piped,) = from_bytes(skeleton().encode(), UNDECLARED)
    assert np.array_equal(piped.bodies, mine.bodies)


def test_a_video_of_pku_is_cut_where_its_labels_lie_beside_it(tmp_path):
    (tmp_path / "video").mkdir()
    (tmp_path / "video" / "0002-L.txt").write_bytes(CONTENTS["txt"][0])
    assert len(only(tmp_path / "video").bodies) == 5
    (tmp_path / "Label").mkdir()
    (tmp_path / "Label" / "0002-L.txt").write_text("3,1,2,0\n7,3,5,1\n1,4,9,0\n")
    for place in (tmp_path, tmp_path / "video" / "0002-L.txt"):
        (part,) = find(place)
        first, second, beyond = read(part, UNDECLARED)
        assert (first.name, first.label, len(first.bodies)) == ("0002-L_1-2", 2, 2)
        assert (second.name, second.label, len(second.bodies)) == ("0002-L_3-5", 6, 3)
        assert "frame 9 is past the end of the video" in str(beyond)


SHEET = "layout: kinect20\nunit: centimetre\naxes: [-x, y, -z]\nfps: 20\n"


def test_a_clips_yaml_says_of_the_clips_below_it_what_was_not_declared(tmp_path):
    turned = 100 * person("kinect20") * [-1, 1, -1]
    (tmp_path / "study" / "wave").mkdir(parents=True)
    (tmp_path / "study" / "clips.yaml").write_text(SHEET)
    (tmp_path / "study" / "wave" / "a.csv").write_text(table(turned))
    (tmp_path / "b.csv").write_text(table(person("ntu25"), columns(JOINTS)))
    (tmp_path / "study" / "wave" / "clips.yaml").write_text(SHEET.replace("fps: 20", "fps: 40"))
    for place in (tmp_path, tmp_path / "study" / "wave" / "a.csv"):
        clips = {c.name: c for part in find(place) for c in read(part, UNDECLARED)}
        check_pose(clips["a"])
        assert clips["a"].fps == 40
        assert "b" not in clips or np.isnan(clips["b"].fps)
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("s/clips.yaml", SHEET)
        archive.writestr("s/a.csv", table(turned))
    (clip,) = (clip for part in find(tmp_path / "study.zip") for clip in read(part, UNDECLARED))
    check_pose(clip)


def test_clips_of_one_name_are_called_by_their_paths(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text(table(person("kinect20")))
    (tmp_path / "b.csv").write_text(table(person("kinect20")))
    names = [clip.name for part in find(tmp_path) for clip in read(part, KINECT20)]
    assert names == ["b", "one/a", "two/a"]


def test_a_place_without_clips_says_what_is_understood(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    (tmp_path / "labels.csv").write_text("file,label,subject\n")
    with pytest.raises(UserError, match=r"holds no clip; .*\.csv, \.npz, \.npy, \.bvh, \.skeleton"):
        find(tmp_path)
    with pytest.raises(UserError, match="nowhere: does not exist"):
        find(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ({"layout": "mediapipe"}, r"unknown layout 'mediapipe' \(did you mean mediapipe33\?\)"),
        (
            {"unit": "meter"},
            r"unknown unit 'meter' \(did you mean metre\?\); expected one of: metre",
        ),
        ({"axes": ("x", "y", "w")}, "axes: 'w' is none of: x, -x, y, -y, z, -z"),
        ({"axes": ("x", "x", "z")}, "axes: expected three different axes"),
        ({"fps": 0.0}, "fps: expected frames per second, 1 to 1000"),
        ({"origin": (0.0, float("nan"), 0.0)}, "origin .* expected three numbers"),
    ],
)
def test_what_is_declared_is_checked_at_once(what, complaint):
    with pytest.raises(UserError, match=complaint):
        replace(UNDECLARED, **what)


def changed(row: int, column: int, value: str) -> str:
    rows = [line.split(",") for line in table(person("ntu25"), columns(JOINTS)).splitlines()]
    rows[row][column] = value
    return "\n".join(map(",".join, rows))


CSV_FAULTS = {
    "nan": (changed(2, 4, "nan"), ":3: 'nan' is not a finite number"),
    "gap": (changed(2, 4, ""), ":3: '' is not a finite number"),
    "word": (changed(5, 0, "one"), ":6: 'one' is not a finite number"),
    "strange column": (changed(0, 3, "score"), ":1: column 4 is 'score', expected x, y or z of"),
    "strange joint": (changed(0, 3, "tail_x"), ":1: its joints are those of no layout; of ntu25"),
    "lost axis": (changed(0, 3, "neck_y"), ":1: has no column 'spine_mid_x', expected x, y, z of"),
    "quality": (changed(0, 3, "tail_presence"), ":1: .*'tail_presence', of no known joint|no col"),
    "short line": (changed(3, 74, "1").replace(",1\n", "\n", 1), ":4: 74 numbers, expected 75"),
    "names alone": (",".join(columns(JOINTS)), ": is empty, expected a line for every frame"),
    "empty": ("", ": is empty, expected a line for every frame"),
    "no names": (table(person("ntu25")), ":1: has no line of names; .* for instance ntu25$"),
    "odd width": ("1,2,3,4\n", ":1: has no line of names; .* one of: ntu25, kinect20,"),
    "far": (
        table(1000 * person("ntu25"), columns(JOINTS)),
        r".* 3000, expected at most 1000 m; .*`unit` right",
    ),
    "latin": (b"\xff\xfe\x00", ": is no text in UTF-8"),
    "time": (
        "time,"
        + table(person("ntu25")[:1], columns(JOINTS)).replace("\n", "\n2,", 1)
        + "1,"
        + table(person("ntu25")[:1]),
        ": time goes back in frame 2",
    ),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_broken_csv_is_named_with_its_line(tmp_path, fault):
    content, what = CSV_FAULTS[fault]
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(Damaged, match=rf"a\.csv{what}"):
        read(find(tmp_path)[0], UNDECLARED)


def test_a_clip_of_one_frame_is_a_clip(tmp_path):
    (tmp_path / "a.csv").write_text(table(person("ntu25")[:1], columns(JOINTS)))
    assert len(only(tmp_path).bodies) == 1


def test_all_zeros_are_nobody_and_a_centred_body_needs_an_origin(tmp_path):
    bodies = person("ntu25")
    bodies[:2] = 0
    (tmp_path / "a.npy").write_bytes(npy(bodies))
    declared = replace(UNDECLARED, layout="ntu25")
    assert only(tmp_path, declared).ids.ravel().tolist() == [0, 0, 1, 1, 1]
    (tmp_path / "a.npy").write_bytes(npy(person("ntu25") - person("ntu25")[:, :, :1]))
    with pytest.raises(Damaged, match="frame 1: the spine base is all zeros.* give an `origin`"):
        read(find(tmp_path)[0], declared)
    assert len(only(tmp_path, replace(declared, origin=(0.0, 0.0, 3.0))).bodies) == 5


BOMB = b"\x93NUMPY\x01\x00\x76\x00" + (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 25, 3), }".ljust(117) + b"\n"
)
ARRAY_FAULTS = {
    "promise.npy": (BOMB, "75000000000 values are promised in"),
    "wrong.npy": (npy(person("ntu25")), r"shape \(5, 1, 25, 3\), expected .* x 20 joints x 3"),
    "flat.npy": (npy(np.zeros((20, 3))), r"shape \(20, 3\), expected frames"),
    "object.npy": (npy(np.array(["a"])), r"holds <U1 of shape"),
    "nan.npy": (npy(person("kinect20") * np.nan), "x of hip_center is nan, expected a number"),
    "none.npy": (npy(person("kinect20")[:0]), "holds no frame, expected at least one"),
    "empty.npy": (b"", "cannot be used as an array that numpy saved"),
    "two.npz": (packed(a=np.zeros(1), b=np.zeros(1)), r"holds 2 arrays \(a, b\), expected one"),
    "fps.npz": (packed(a=person("kinect20"), fps=0.0), "fps is 0, expected frames per second"),
    "names.npz": (
        packed(a=person("kinect20"), joints=NAMED[:-1]),
        "its joints are FootRight .*, expected hip_center",
    ),
    "broken.npz": (CONTENTS["npz"][0][:300], "is no readable npz archive of numbers"),
}


@pytest.mark.parametrize("name", ARRAY_FAULTS)
def test_a_broken_array_is_named(tmp_path, name):
    content, what = ARRAY_FAULTS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Damaged, match=rf"{name}: .*{what}"):
        read(find(tmp_path)[0], KINECT20)


def test_a_file_larger_than_a_clip_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(unlabelled.clip_files, "LARGEST", 100)
    (tmp_path / "a.csv").write_text(table(person("ntu25")))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("b.csv", table(person("ntu25")))
    for part in find(tmp_path):
        with pytest.raises(Damaged, match="bytes, expected at most 100"):
            read(part, UNDECLARED)


def test_nothing_on_standard_input_says_so():
    with pytest.raises(Damaged, match="standard input: is empty, expected a clip"):
        from_bytes(b" \n", UNDECLARED)


def test_a_frame_in_which_nobody_was_found_is_empty_and_not_damage(tmp_path):
    """As MediaPipe's users write it: time goes on, coordinates and visibility are empty or nan."""
    layout = LAYOUTS["mediapipe33"]
    header = ["time", *(f"{j}_{a}" for j in layout.joints for a in ("x", "y", "z", "visibility"))]
    frames = np.concatenate([person("mediapipe33")[:, 0], np.ones((5, 33, 1))], axis=2)
    rows = [[k / 30, *frame.ravel()] for k, frame in enumerate(frames)]
    rows[1][1:], rows[3][1:] = [""] * 132, ["nan"] * 132
    text = "\n".join(",".join(map(str, row)) for row in [header, *rows])
    (tmp_path / "a.csv").write_text(text)
    found = only(
        tmp_path / "a.csv", replace(UNDECLARED, axes=("x", "y", "z"), origin=(0.0, 0.0, 0.0))
    )
    assert found.ids[:, 0].astype(bool).tolist() == [True, False, True, False, True]
    assert not found.bodies[[1, 3]].any() and found.bodies[[0, 2, 4]].any((1, 2, 3)).all()
    # One joint that is missing is damage, and so is a time that nobody knows.
    for column in (1, 5):
        torn = [list(row) for row in rows]
        torn[2][column] = ""
        (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, r)) for r in [header, *torn]))
        with pytest.raises(Damaged, match=r"a.csv:4: '' is not a finite number"):
            only(tmp_path / "a.csv")
    torn = [list(row) for row in rows]
    torn[3][0] = "nan"
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, r)) for r in [header, *torn]))
    with pytest.raises(Damaged, match=r"a.csv:5: 'nan' is not a finite number"):
        only(tmp_path / "a.csv")


def test_a_layout_that_is_not_that_of_the_columns_is_refused_by_its_name(tmp_path):
    names = columns(LAYOUTS["mediapipe33"].joints)
    (tmp_path / "a.csv").write_text(table(person("mediapipe33"), names))
    with pytest.raises(Damaged, match="names the joints of mediapipe33, expected those of the lay"):
        only(tmp_path / "a.csv", replace(UNDECLARED, layout="ntu25"))


def test_one_of_two_people_may_leave(tmp_path):
    first = person("ntu25")[:, 0]
    rows = np.concatenate([first, first + [0.5, 0, 0]], axis=1).reshape(5, -1).tolist()
    rows[2][75:] = [""] * 75
    lines = [",".join(columns(LAYOUTS["ntu25"].joints) * 2), *(",".join(map(str, r)) for r in rows)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    found = only(tmp_path / "a.csv", replace(UNDECLARED, layout="ntu25"))
    assert found.ids.astype(bool).sum(1).tolist() == [2, 2, 1, 2, 2]


def test_a_csv_with_a_line_for_every_joint_says_what_is_expected(tmp_path):
    (tmp_path / "a.csv").write_text("frame,landmark,x,y,z,visibility\n0,nose,0,0,1,1\n")
    with pytest.raises(Damaged, match="a line for every joint; expected a line for every frame"):
        only(tmp_path / "a.csv")
