"""Own recordings: clips and one clips.yaml; what is wrong is named by file and line."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from zsar.data import formats
from zsar.data.formats import own
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS
from zsar.errors import UserError

KINECT = LAYOUTS["kinect20"].joints
LISTED = """\
layout: kinect20
unit: metre
classes: [wave, sit down]
clips:
  anna.csv: {label: wave, subject: 3, camera: 1}
  ben.npz: {label: sit down, subject: 4}
"""
NAMED = """\
layout: kinect20
unit: metre
classes: [Wave, Sit down]
subjects: [anna, ben]
names: "{label}/{subject}_c{camera}_{}"
"""


def figure(joints: int = 20, bodies: int = 1, frames: int = 4) -> np.ndarray:
    """People of about two metres, three metres away."""
    spread = np.random.default_rng(joints).uniform(-1, 1, size=(frames, bodies, joints, 3))
    return spread.round(4) + [0, 0, 3]


def text(bodies: np.ndarray) -> str:
    return "\n".join(",".join(map(str, frame.ravel().tolist())) for frame in bodies) + "\n"


def put(folder: Path, sheet: str, **files: str | np.ndarray) -> Path:
    (folder / "clips.yaml").write_text(sheet)
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True, parents=True)
        if isinstance(content, str):
            path.with_suffix(".csv").write_text(content)
        else:
            np.savez(path.with_suffix(".npz"), skeleton=content)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in own.find(folder) for clip in own.read(part)]


def complaint(folder: Path) -> str:
    with pytest.raises(Damaged) as caught:
        clips(folder)
    return str(caught.value).removeprefix(f"{folder}/")


def study(folder: Path) -> Path:
    return put(folder, LISTED, anna=text(figure()), ben=figure(bodies=2))


def test_a_list_of_clips_says_label_subject_and_camera(tmp_path):
    first, second = clips(study(tmp_path))
    assert (first.name, first.label, first.subject, first.camera) == ("anna", 0, 3, 1)
    assert (second.name, second.label, second.subject, second.camera) == ("ben", 1, 4, 0)
    head = JOINTS.index("head")
    assert np.allclose(first.bodies[:, 0, head], figure()[:, 0, KINECT.index("head")])
    assert first.ids.tolist() == [[1]] * 4 and second.ids.tolist() == [[1, 2]] * 4
    assert first.derived.sum() == 5
    assert own.classes(tmp_path) == ("wave", "sit down")


def test_names_of_folders_and_files_can_say_the_same(tmp_path):
    put(tmp_path, NAMED, wave__anna_c1_x=text(figure()), sit_down__ben_c2_y=figure())
    first, second = clips(tmp_path)
    assert (first.name, first.label, first.subject) == ("sit_down/ben_c2_y", 1, 2)
    assert (second.name, second.label, second.camera) == ("wave/anna_c1_x", 0, 1)


def test_classes_may_be_numbered(tmp_path):
    sheet = NAMED.replace("{label}/{subject}_c{camera}_{}", "a{number}_s{subject}.csv")
    (clip,) = clips(put(tmp_path, sheet, a02_s07=figure()))
    assert (clip.label, clip.subject) == (1, 7)


@pytest.mark.parametrize(
    ("listed", "what"),
    [
        (("sit down", "wave"), "class 1 is 'wave', but 'sit down' in"),
        (("wave",), "class 2 is 'sit down', but None in"),
        (("wave", "sit down", "run"), "class 3 is None, but 'run' in"),
    ],
)
def test_classes_that_are_not_those_described_are_refused(tmp_path, listed, what):
    study(tmp_path)
    assert formats.find(formats.reader("own"), tmp_path, ("wave", "sit down")) == own.find(tmp_path)
    with pytest.raises(UserError, match=what):
        formats.find(formats.reader("own"), tmp_path, listed)


def test_an_archive_reads_as_the_folder_does(tmp_path):
    (tmp_path / "loose").mkdir()
    (tmp_path / "packed").mkdir()
    study(tmp_path / "loose")
    with zipfile.ZipFile(tmp_path / "packed" / "study.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in (tmp_path / "loose").iterdir():
            packed.write(file, f"study/{file.name}")
    loose, zipped = clips(tmp_path / "loose"), clips(tmp_path / "packed")
    assert [clip.name for clip in loose] == [clip.name for clip in zipped] == ["anna", "ben"]
    assert all(np.array_equal(a.bodies, b.bodies) for a, b in zip(loose, zipped, strict=True))
    assert own.recognises(tmp_path / "loose") and own.recognises(tmp_path / "packed" / "study.zip")


def test_a_header_is_checked_against_the_layout(tmp_path):
    names = [
        f"{''.join(w.title() for w in joint.split('_'))} {a}" for joint in KINECT for a in "XYZ"
    ]
    sheet = LISTED.replace("  ben.npz: {label: sit down, subject: 4}\n", "")
    put(tmp_path, sheet, anna=",".join(names) + "\n" + text(figure()))
    assert len(clips(tmp_path)[0].bodies) == 4
    names[4] = "HeadX"
    put(tmp_path, sheet, anna=",".join(names) + "\n" + text(figure()))
    assert complaint(tmp_path) == (
        "anna.csv:1: has no column 'spine_y', expected x, y, z of every joint"
    )


def sdk_names() -> list[str]:
    """As the SDK of Kinect v1 calls them: ShoulderLeft."""
    words = [joint.split("_") for joint in KINECT]
    sides = [[w for w in each if w in ("left", "right")] for each in words]
    rest = [[w for w in each if w not in ("left", "right")] for each in words]
    return ["".join(w.title() for w in r + s) for r, s in zip(rest, sides, strict=True)]


def test_columns_in_the_spelling_of_the_sdk_may_stand_in_any_order(tmp_path):
    header = [f"{joint}_{axis}" for joint in sdk_names() for axis in "zyx"]
    turned = figure()[:, :, :, ::-1]
    put(tmp_path, LISTED, anna=",".join(header) + "\n" + text(turned), ben=figure())
    clip, _ = clips(tmp_path)
    assert np.allclose(clip.bodies[:, 0, 3], figure()[:, 0, KINECT.index("head")])


def test_joints_of_a_known_layout_need_no_mapping_in_any_order_and_spelling(tmp_path):
    names = sdk_names()[::-1]
    sheet = LISTED.replace("kinect20\n", f"\n  joints: [{', '.join(names)}]\n")
    put(tmp_path, sheet, anna=text(figure()[:, :, ::-1]), ben=figure())
    clip, _ = clips(tmp_path)
    put(tmp_path, LISTED, anna=text(figure()))
    usual, _ = clips(tmp_path)
    assert np.array_equal(clip.bodies, usual.bodies)
    assert np.array_equal(clip.derived, usual.derived)


def test_a_mapping_may_spell_joints_as_a_sdk_does(tmp_path):
    sheet = LISTED.replace("layout: kinect20\n", OWN_LAYOUT)
    put(tmp_path, sheet, anna=text(figure(7)), ben=figure(7))
    usual, _ = clips(tmp_path)
    spelled = OWN_LAYOUT.replace("spine_base: hips", "SpineBase: Hips").replace(
        "{hips: 0.5, neck: 0.5}", "{HIPS: 0.5, Neck: 0.5}"
    )
    (tmp_path / "clips.yaml").write_text(LISTED.replace("layout: kinect20\n", spelled))
    assert np.array_equal(clips(tmp_path)[0].bodies, usual.bodies)


def test_world_landmarks_of_mediapipe_stand_upright_unless_axes_are_given(tmp_path):
    sheet = LISTED.replace("kinect20", "mediapipe33")
    world = figure(33)
    put(tmp_path, sheet, anna=text(world), ben=world)
    turned = clips(tmp_path)[0].bodies[:, 0, 4]
    put(tmp_path, sheet + "axes: [x, y, z]\norigin: [0, 0, 0]\n", anna=text(world), ben=world)
    assert np.allclose(turned, clips(tmp_path)[0].bodies[:, 0, 4] * [-1, -1, 1] + [0, 0, 3])


def test_units_axes_and_origin_lead_to_the_camera_of_a_kinect(tmp_path):
    sheet = LISTED.replace("unit: metre", "unit: millimetre\naxes: [-x, -y, z]\norigin: [0, 1, 3]")
    upside = figure(bodies=2)
    upside[:2, 1] = 0  # the second person comes later
    put(tmp_path, sheet, anna=text(1000 * figure()), ben=1000 * upside)
    first, second = clips(tmp_path)
    theirs = figure()[:, 0, KINECT.index("head")]
    assert np.allclose(first.bodies[:, 0, 3], theirs * [-1, -1, 1] + [0, 1, 3], atol=1e-5)
    assert second.ids.tolist() == [[1, 0], [1, 0], [1, 2], [1, 2]]
    assert not second.bodies[:2, 1].any()


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_known_layout_can_be_named(tmp_path, name):
    sheet = LISTED.replace("kinect20", name).replace("anna.csv", "anna.npz")
    bodies = figure(len(LAYOUTS[name].joints))
    assert len(clips(put(tmp_path, sheet, anna=bodies, ben=bodies[:, 0]))) == 2


OWN_LAYOUT = """\
layout:
  joints: [hips, neck, head, left_arm, right_arm, left_leg, right_leg]
  mapping:
    spine_base: hips
    spine_mid: {hips: 0.5, neck: 0.5}
    spine_shoulder: {neck: 1}
"""
LIMBS = {"arm": ("shoulder", "elbow", "wrist", "hand", "hand_tip", "thumb")}
LIMBS["leg"] = ("hip", "knee", "ankle", "foot")
OWN_LAYOUT += "".join(
    f"    {side}_{part}: {{{side}_{limb}: 1}}\n"
    for side in ("left", "right")
    for limb, parts in LIMBS.items()
    for part in parts
)


def test_a_layout_of_ones_own_names_its_joints_and_where_they_go(tmp_path):
    sheet = LISTED.replace("layout: kinect20\n", OWN_LAYOUT)
    clip, _ = clips(put(tmp_path, sheet, anna=text(figure(7)), ben=figure(7)))
    theirs = figure(7)[:, 0]
    assert np.allclose(clip.bodies[:, 0, 0], theirs[:, 0])
    assert np.allclose(clip.bodies[:, 0, 1], (theirs[:, 0] + theirs[:, 1]) / 2)
    seen = [joint for joint, computed in zip(JOINTS, clip.derived, strict=True) if not computed]
    assert seen == ["spine_base", "neck", "head"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            "    spine_base: hips",
            "    spine_bas: hips",
            "4: unknown joint 'spine_bas', expected one",
        ),
        (
            "    spine_base: hips",
            "    spine_base: hip",
            "4: unknown joint 'hip', the layout has: hi",
        ),
        ("{neck: 1}", "{throat: 1}", "6: unknown joint 'throat', the layout has: hips, neck, head"),
        ("{neck: 1}", "{neck: 0.9}", "2: the weights of spine_shoulder sum to 0.9, expected 1"),
        ("{neck: 1}", "{neck: all}", "6: 'all' is no number"),
        ("    spine_base: hips\n", "", "2: joint spine_base needs exactly one source, measured or"),
        ("hips, neck, head", "hips, hips, head", "2: 'hips' is listed twice, expected it once"),
    ],
)
def test_a_layout_with_a_mistake_is_named_with_its_line(tmp_path, old, new, what):
    assert old in OWN_LAYOUT
    sheet = LISTED.replace("layout: kinect20\n", OWN_LAYOUT.replace(old, new))
    put(tmp_path, sheet, anna=text(figure(7)), ben=figure(7))
    found = complaint(tmp_path)
    assert found.startswith(f"clips.yaml:{what}")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            "kinect20",
            "kinect2",
            "clips.yaml:1: 'kinect2' is none of: ntu25, kinect20, kinect20_utd",
        ),
        ("metre", "feet", "clips.yaml:2: 'feet' is none of: metre, centimetre, millimetre"),
        (
            "label: sit down",
            "label: sit",
            "clips.yaml:6: ben.npz: label 'sit' is none of: wave, sit",
        ),
        ("subject: 3", "subject: anna", "clips.yaml:5: anna.csv: subject 'anna', expected a whole"),
        ("camera: 1", "camera: -1", "clips.yaml:5: anna.csv: camera '-1', expected a whole number"),
        ("camera", "kamera", "clips.yaml:5: 'kamera' is unknown, expected: label, subject, camera"),
        ("label: wave, ", "", "clips.yaml:5: `label` is missing"),
        ("ben.npz", "anna.csv", "clips.yaml:6: anna.csv is given twice, expected it once"),
        ("ben.npz", "bob.npz", "clips.yaml:6: the clip bob.npz is not there; expected a .csv or"),
        ("unit: metre\n", "", "clips.yaml:1: `unit` is missing"),
        ("unit", "units", "clips.yaml:2: 'units' is unknown, expected: layout, unit, axes, origin"),
        ("sit down]", "Wave]", "clips.yaml:3: 'Wave' is listed twice, expected it once"),
        ("[wave, sit down]", "wave", "clips.yaml:3: expected a list here"),
        ("clips:\n", 'names: "{label}"\nclips:\n', "clips.yaml:1: expected either `clips`"),
        (
            "unit: metre",
            "unit: metre\naxes: [x, x, z]",
            "clips.yaml:3: expected three different axes",
        ),
        ("unit: metre", "unit: metre\naxes: [x, y, w]", "clips.yaml:3: 'w' is none of: x, -x, y"),
        ("unit: metre", "unit: metre\norigin: [0, 0]", "clips.yaml:3: expected three numbers"),
        ("[wave", "[wave: [", "clips.yaml:3: is no YAML"),
        (
            "kinect20",
            "!!python/object/apply:os.abort []",
            "clips.yaml:1: expected a word or a number",
        ),
    ],
)
def test_a_sheet_with_a_mistake_is_named_with_its_line(tmp_path, old, new, what):
    put(tmp_path, LISTED.replace(old, new, 1), anna=text(figure()), ben=figure())
    assert complaint(tmp_path).startswith(what)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ("{label}/{person}", "5: {person} is unknown or given twice, expected: {label}, {number}"),
        ("{subject}_{}", "5: expected either {label} or {number} in the pattern"),
        ("{label}_{number}", "5: expected either {label} or {number} in the pattern"),
    ],
)
def test_a_pattern_with_a_mistake_is_named_with_its_line(tmp_path, names, what):
    sheet = NAMED.replace("{label}/{subject}_c{camera}_{}", names)
    assert complaint(put(tmp_path, sheet, wave__anna=figure())).startswith(f"clips.yaml:{what}")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (
            "wave__carl_c1_x",
            "subject 'carl', expected a whole number or one of `subjects`: anna, ben",
        ),
        ("jump__anna_c1_x", "label 'jump' is none of: Wave, Sit down"),
        ("anna", "is not named as `names` says: {label}/{subject}_c{camera}_{}"),
    ],
)
def test_a_file_with_a_strange_name_spoils_no_other(tmp_path, name, what):
    put(tmp_path, NAMED, **{name: figure(), "wave__anna_c1_y": figure()})
    outcomes = []
    for part in own.find(tmp_path):
        try:
            outcomes += [clip.name for clip in own.read(part)]
        except Damaged as damaged:
            outcomes.append(str(damaged).removeprefix(f"{tmp_path}/"))
    assert sorted(outcomes) == sorted([f"{name.replace('__', '/')}.npz: {what}", "wave/anna_c1_y"])


def spoilt(line: int, change) -> str:
    lines = text(figure()).splitlines()
    lines[line - 1] = change(lines[line - 1])
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "anna.csv: is empty, expected a line for every frame"),
        (text(figure(19)), "anna.csv:1: 57 numbers, expected 60 for 20 joints (or a multiple)"),
        (spoilt(3, lambda line: line.rsplit(",", 2)[0]), "anna.csv:3: 58 numbers, expected 60"),
        (
            spoilt(2, lambda line: "one," + line.split(",", 1)[1]),
            "anna.csv:2: 'one' is not a finite",
        ),
        (
            spoilt(4, lambda line: "," + line.split(",", 1)[1]),
            "anna.csv:4: '' is not a finite number",
        ),
        (
            spoilt(4, lambda line: "nan," + line.split(",", 1)[1]),
            "anna.csv:4: 'nan' is not a finite",
        ),
        (
            text(1000 * figure()),
            "anna.csv: clip anna, frame 1, body 1: ",
        ),
        (
            text(figure() - figure()[:, :, :1]),
            "anna.csv: frame 1: the spine base is all zeros, which",
        ),
    ],
)
def test_a_damaged_csv_is_named_with_its_line(tmp_path, content, what):
    put(tmp_path, LISTED, anna=content, ben=figure())
    found = complaint(tmp_path)
    assert found.startswith(what.split("1.9e+03")[0])


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (
            figure(19),
            "holds an array of shape (4, 1, 19, 3), expected frames (x bodies) x 20 joints x 3",
        ),
        (figure()[..., :2], "holds an array of shape (4, 1, 20, 2), expected frames"),
        (figure()[0, 0], "holds float64 of shape (20, 3), expected frames"),
        (figure()[:0], "clip ben holds no frame, expected at least one"),
        (figure() * np.nan, "clip ben, frame 1, body 1: x of hip_center is nan, expected a number"),
        (np.array([{}], dtype=object), "is no readable npz archive of numbers"),
    ],
)
def test_a_damaged_npz_is_named(tmp_path, array, what):
    put(tmp_path, LISTED, anna=text(figure()), ben=array)
    assert complaint(tmp_path).startswith(f"ben.npz: {what}")


def test_a_truncated_npz_and_one_of_two_arrays_are_named(tmp_path):
    path = study(tmp_path) / "ben.npz"
    path.write_bytes(path.read_bytes()[:500])
    assert complaint(tmp_path).startswith("ben.npz: is no readable npz archive of numbers")
    np.savez(path, a=figure(), b=figure())
    assert complaint(tmp_path) == "ben.npz: holds 2 arrays (a, b), expected one"


def test_two_sheets_or_none_or_an_empty_one_are_refused(tmp_path):
    assert not own.recognises(tmp_path)
    with pytest.raises(Damaged, match=r"expected one YAML file, clips.yaml; found none"):
        own.find(tmp_path)
    (study(tmp_path) / "old.yml").write_text(LISTED)
    with pytest.raises(Damaged, match=r"expected one YAML file, .*clips.yaml, .*old.yml"):
        own.find(tmp_path)
    (tmp_path / "old.yml").unlink()
    (tmp_path / "clips.yaml").write_text("")
    assert complaint(tmp_path) == "clips.yaml: is empty"


def test_a_clip_that_is_there_twice_is_refused(tmp_path):
    put(tmp_path, NAMED, wave__anna_c1_x=figure())
    put(tmp_path, NAMED, wave__anna_c1_x=text(figure()))
    assert "the clip is also in" in complaint(tmp_path)


def test_a_sheet_without_any_clip_is_refused(tmp_path):
    assert complaint(put(tmp_path, NAMED)).startswith("clips.yaml: finds no clip")
