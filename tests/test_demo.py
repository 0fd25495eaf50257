"""The demo data set: believable bodies, true formats, faulty sensors, and always the same bytes."""

import itertools
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import toy_config
from zsar.data.formats import pku
from zsar.data.skeleton import CENTRE, JOINTS
from zsar.demo import ACTIONS, config, generate
from zsar.demo.performance import perform, performer
from zsar.demo.rig import MIRRORED
from zsar.demo.sensor import in_camera_axes, make_camera, tracked
from zsar.demo.sessions import clip_names, recordings, videos
from zsar.demo.write import archive, ntu
from zsar.validation import typed

LABELS = {action.name: label for label, action in enumerate(ACTIONS)}
JOINT = {name: number for number, name in enumerate(JOINTS)}
VALUES = {
    "people": {
        "subjects": [1, 3],
        "views": [1, 2],
        "left_handed": [3],
        "repetitions": 1,
        "stature": [1.55, 1.9],
        "proportions": 0.03,
        "tempo": [0.9, 1.1],
        "amplitude": [0.9, 1.1],
        "stance": [0.2, 0.3],
        "slouch": [0.0, 6.0],
    },
    "manner": {
        "frames": [28, 60],
        "rate": 20.0,
        "amplitude": 0.1,
        "strength": 0.1,
        "tempo": 0.1,
        "pace": 0.1,
        "trim": 0.03,
        "warp": 0.05,
        "timing": 0.01,
        "aim": 0.0,
        "sway": 1.0,
        "heading": 10.0,
    },
    "sensor": {
        "angles": [45.0, 0.0, -45.0],
        "distances": [3.0, 3.6],
        "heights": [1.0, 1.3],
        "noise": 0.005,
        "hidden_noise": 0.05,
        "late": 0.1,
        "longest_late": 6,
        "vanishing": 0.1,
        "longest_gap": 5,
        "renamed": 0.5,
        "spurious": 0.1,
        "swapped": 0.1,
    },
    "videos": {"train": 1, "test": 5, "actions": 6, "pause": 5},
}
SETTINGS = typed(config.DemoConfig, VALUES, "demo")
CALM = replace(SETTINGS.sensor, late=0.0, vanishing=0.0, spurious=0.0, swapped=0.0)


def room(name: str, seed: int = 0, left_handed: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    people = [performer(k, SETTINGS.people, rng) for k in range(2)]
    return perform(ACTIONS[LABELS[name]], people, left_handed, SETTINGS.manner, rng)


def tracks(sensor: config.Sensor, name: str = "drink water", seed: int = 0) -> list:
    eye = make_camera(2, 1, sensor)
    return tracked(
        in_camera_axes(eye, room(name, seed)),
        eye,
        sensor,
        np.random.default_rng(seed),
    )


def bodies(text: str) -> list[list[tuple[int, np.ndarray]]]:
    """A line-by-line reading of a .skeleton file: for each frame the ids and the joint lines."""
    lines = iter(text.split("\r\n"))
    frames = []
    for _ in range(int(next(lines))):
        frame = []
        for _ in range(int(next(lines))):
            head = next(lines).split()
            assert len(head) == 10
            rows = [next(lines).split() for _ in range(int(next(lines)))]
            frame.append((int(head[0]), np.array(rows, dtype=float)))
        frames.append(frame)
    assert list(lines) == [""]
    return frames


every_action = pytest.mark.parametrize("name", LABELS)


@every_action
def test_bones_keep_their_length(name):
    joints = room(name)
    for chain in ("shoulder elbow wrist hand", "hip knee ankle foot"):
        for side, (upper, lower) in itertools.product(
            ("left", "right"), itertools.pairwise(chain.split())
        ):
            if lower != "foot":
                ends = joints[:, :, [JOINT[f"{side}_{upper}"], JOINT[f"{side}_{lower}"]]]
                lengths = np.linalg.norm(ends[:, :, 0] - ends[:, :, 1], axis=-1)
                assert np.ptp(lengths, axis=0).max() < 1e-9


@every_action
def test_knees_bend_forward(name):
    joints = room(name)
    across = joints[:, :, JOINT["right_hip"]] - joints[:, :, JOINT["left_hip"]]
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, :, JOINT[f"{side}_{p}"]] for p in ("hip", "knee", "ankle"))
        assert ((np.cross(knee - hip, ankle - knee) * across).sum(-1) < 1e-4).all()


@every_action
def test_nobody_floats_and_nobody_sinks(name):
    lowest = room(name)[..., 1].min(axis=(1, 2))
    assert lowest.min() > 0
    if name not in ("jump up", "hopping", "cheer up"):
        assert lowest.max() < 0.08


def test_a_jump_leaves_the_ground():
    assert room("jump up")[..., 1].min(axis=(1, 2)).max() > 0.15


@pytest.mark.parametrize("name", ["drink water", "brushing teeth", "wipe face"])
def test_the_hand_reaches_the_head(name):
    joints = room(name)[:, 0]
    away = np.linalg.norm(joints[:, JOINT["right_hand"]] - joints[:, JOINT["head"]], axis=1)
    assert away.min() < 0.22 < 0.5 < away[0]


def test_hands_meet_in_a_handshake_and_bodies_in_a_hug():
    shake = room("handshaking")[:, :, JOINT["right_hand"]]
    assert np.linalg.norm(shake[:, 0] - shake[:, 1], axis=1).min() < 0.12
    hug = room("hugging other person")[:, :, CENTRE]
    apart = np.linalg.norm(hug[:, 0] - hug[:, 1], axis=1)
    assert apart.min() < 0.5 < 0.9 < apart[0]


def test_two_people_walk_towards_and_away_from_each_other():
    for name, sign in (("walking towards each other", -1), ("walking apart from each other", 1)):
        spines = room(name)[:, :, 0]
        apart = np.linalg.norm(spines[:, 0] - spines[:, 1], axis=1)
        assert sign * (apart[-1] - apart[0]) > 1.0


def test_sitting_down_ends_where_standing_up_begins():
    down, up = (room(name)[:, 0, 0, 1] for name in ("sitting down", "standing up"))
    assert abs(down[-1] - up[0]) < 0.06 < 0.3 < up[-1] - up[0]


def test_a_left_handed_performer_is_the_mirror_image():
    right, left = room("throw"), room("throw", left_handed=True)
    np.testing.assert_allclose(left, right[:, :, MIRRORED] * [-1, 1, 1])


def test_every_subject_performs_every_action_and_every_camera_sees_every_action():
    planned = clip_names(SETTINGS)
    assert len(set(planned)) == len(planned) == len(ACTIONS) * 3
    assert {(clip.subject, clip.label) for clip in planned} == set(
        itertools.product((1, 3), range(len(ACTIONS)))
    )
    assert {clip.camera for clip in planned} == {1, 2, 3}
    assert str(min(planned)).startswith("S002C001P001R001A0")


def test_the_text_has_the_layout_of_the_sensor_and_its_pictures_fit_the_joints():
    written = tracks(CALM)
    frames = bodies(ntu(written))
    assert len(frames) == len(written[0].visible)
    for (number, rows), joints in zip(
        (frame[0] for frame in frames), written[0].joints, strict=True
    ):
        assert len(str(number)) == 17 and rows.shape == (25, 12)
        np.testing.assert_allclose(rows[:, :3], joints, atol=1e-5)
        np.testing.assert_allclose(rows[:, 3], 257.2 + 365.3 * rows[:, 0] / rows[:, 2], atol=0.01)
        turns = np.linalg.norm(rows[:, 7:11], axis=1)
        assert ((abs(turns - 1) < 0.01) | (turns == 0)).all()
        assert set(rows[:, 11]) <= {1.0, 2.0}


def test_cameras_see_the_same_room_from_different_sides():
    scene = room("drink water")
    views = [in_camera_axes(make_camera(k, 1, CALM), scene) for k in (1, 2, 3)]
    sizes = [np.linalg.norm(view - view[:, :, :1], axis=-1) for view in views]
    np.testing.assert_allclose(sizes[0], sizes[1])
    shoulders = [
        (v[0, 0, JOINT["right_shoulder"]] - v[0, 0, JOINT["left_shoulder"]]) for v in views
    ]
    assert shoulders[0][2] * shoulders[2][2] < 0 and abs(shoulders[1][2]) < 0.1
    assert shoulders[1][0] > 0  # pictures are mirrored: somebody's right hand is at the right


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("late", lambda frames: not frames[0] and frames[-1]),
        ("vanishing", lambda frames: any(not frame for frame in frames[1:-1])),
        ("spurious", lambda frames: max(map(len, frames)) == 2),
    ],
)
def test_sensors_lose_bodies_and_invent_them(fault, shows):
    text = ntu(tracks(replace(CALM, **{fault: 1.0})))
    assert shows(bodies(text)) and not shows(bodies(ntu(tracks(CALM))))


def test_a_body_that_was_lost_may_come_back_under_another_name():
    frames = bodies(ntu(tracks(replace(CALM, vanishing=1.0, renamed=1.0))))
    assert len({number for frame in frames for number, _ in frame}) == 2


def test_the_second_person_is_sometimes_listed_first():
    usual, swapped = (
        bodies(ntu(tracks(replace(CALM, swapped=chance), "kicking other person")))
        for chance in (0.0, 1.0)
    )
    np.testing.assert_array_equal(usual[0][0][1], swapped[0][1][1])


def test_joints_behind_a_body_are_guessed_badly():
    (track,) = tracks(replace(CALM, noise=0.0, angles=(90.0, 90.0, 90.0)))
    (truth,) = tracks(replace(CALM, noise=0.0, hidden_noise=0.0, angles=(90.0, 90.0, 90.0)))
    off = np.linalg.norm(track.joints - truth.joints, axis=2)
    assert track.guessed.any() and not track.guessed.all()
    assert off[track.guessed].mean() > 0.03 and off[~track.guessed].max() == 0


def test_more_subjects_leave_the_clips_of_the_others_alone():
    more = replace(SETTINGS, people=replace(SETTINGS.people, subjects=(1, 3, 8), views=(1, 2, 1)))
    mine = dict(itertools.islice(recordings(5, SETTINGS), 3))
    theirs = {name: clip for name, clip in recordings(5, more) if name in mine}
    assert {name: ntu(clip) for name, clip in mine.items()} == {
        name: ntu(clip) for name, clip in theirs.items()
    }


def test_neighbours_among_the_raw_joints_know_some_actions_but_not_all():
    clips = {}
    for name, found in recordings(2, SETTINGS):
        here = np.flatnonzero(found[0].visible)
        evenly = here[np.linspace(0, len(here) - 1, 16).astype(int)]
        joints = found[0].joints[evenly]
        clips[name] = (joints - joints[:, [CENTRE]]).ravel()
    train = {name: clip for name, clip in clips.items() if "P001" in name}
    names, table = list(train), np.array(list(train.values()))
    right = [
        names[np.linalg.norm(table - clip, axis=1).argmin()][-3:] == name[-3:]
        for name, clip in clips.items()
        if "P003" in name
    ]
    assert 3 / len(ACTIONS) < np.mean(right) < 0.95


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    few = replace(SETTINGS, people=replace(SETTINGS.people, subjects=(1,), views=(1,)))
    for run in ("first", "second"):
        generate(folder / run / "demo", folder / run / "demo_pku", 7, few)
    return folder


def test_the_same_seed_gives_the_same_bytes(made):
    archives = ["demo/nturgbd_skeletons_demo.zip", "demo_pku/pkummd_demo.zip"]
    for name in archives:
        first, second = ((made / run / name).read_bytes() for run in ("first", "second"))
        assert first == second
    assert sorted(path.name for path in made.rglob("*.*")) == sorted(
        2 * [name.split("/")[1] for name in archives]
    )


def test_members_are_named_as_the_owners_name_them(made):
    with zipfile.ZipFile(made / "first/demo/nturgbd_skeletons_demo.zip") as file:
        names = file.namelist()
    assert len(names) == len(ACTIONS)
    assert "nturgb+d_skeletons/S002C002P001R001A030.skeleton" in names


def test_the_twin_reads_as_pku_clips_of_every_action(made):
    found = pku.find(made / "first/demo_pku")
    clips = [clip for part in found for clip in pku.read(part)]
    assert len(clips) == 3 * (SETTINGS.videos.train + SETTINGS.videos.test) * 6
    test = [clip for clip in clips if clip.subject >= 291]
    assert {clip.label for clip in test} == set(range(len(ACTIONS)))
    assert {clip.camera for clip in clips} == {1, 2, 3}
    for clip in clips:
        assert 28 <= len(clip.bodies) <= 60
        assert clip.bodies[:, 1].any() == (ACTIONS[clip.label].bodies == 2)


def test_actions_of_a_video_follow_one_another_with_a_pause():
    for video in itertools.islice(videos(3, SETTINGS), 3):
        for (_, _, end), (_, start, _) in itertools.pairwise(video.labels):
            assert start - end == SETTINGS.videos.pause + 1
        assert video.labels[0][1] == 1 and video.labels[-1][2] == len(video.bodies)


def test_an_archive_appears_whole_or_not_at_all(tmp_path):
    def members():
        yield "a.txt", "whole"
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        archive(tmp_path / "some.zip", members())
    assert not list(tmp_path.iterdir())


def test_the_clip_that_the_readme_shows_is_among_them():
    (shown,) = set(re.findall(r"zsar show demo/(\w+)", Path("README.md").read_text()))
    values = {
        key: value for key, value in toy_config.config().plain("demo").items() if key != "seed"
    }
    known = set(map(str, clip_names(typed(config.DemoConfig, values, "demo"))))
    assert shown in known
    for other in ("Makefile", "src/zsar/cli/main.py"):
        assert f"show demo/{shown}" in Path(other).read_text()
