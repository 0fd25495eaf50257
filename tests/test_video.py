"""Videos become clips of joints: from landmarks that are made here, without a model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from test_unlabelled import at, person
from toy_command import zsar
from zsar.data.formats import own
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Damaged
from zsar.data.unlabelled import UNDECLARED, find, read
from zsar.errors import UserError
from zsar.exchange.pose_video import Pose, PoseVideo, poses, watch
from zsar.exchange.video_clips import FOCAL, add_videos, joints

ASPECT = 0.5
JOINTS = LAYOUTS["mediapipe33"].joints
HIPS = [JOINTS.index("left_hip"), JOINTS.index("right_hip")]


def seen(across: float = 0.0, up: float = 0.0, away: float = 4.0) -> Pose:
    """Somebody who faces the camera with the left hand above the head, as MediaPipe would say."""
    body = person("mediapipe33", 1)[0, 0] * [-1, -1, 1]  # x and y as in an image
    body = body + [across, -up, away - 3]
    world = body - body[HIPS].mean(0)
    image = body[:, :2] / body[:, 2:] * FOCAL
    return Pose(world, 0.5 + image / [1, ASPECT])


class Recorded:
    """Landmarks in place of a video and a model."""

    def __init__(self, *frames: Sequence[Pose]):
        self.frames, self.opened = frames, 0

    @contextmanager
    def __call__(self, video: Path, model: Path) -> Iterator[PoseVideo]:
        self.opened += 1
        yield PoseVideo(25.0, ASPECT, 0, iter(self.frames))


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("wave_1.mp4", "sit.MOV"):
        (tmp_path / name).write_bytes(b"a video")
    return tmp_path


def test_a_video_becomes_a_clip_of_the_study_once_its_sheet_is_completed(desk):
    recorded = Recorded(*[[seen(0.1 * k)] for k in range(4)])
    lines = add_videos("mine", [Path("wave_1.mp4"), Path("sit.MOV")], Path("m.task"), recorded)
    assert lines[0] == "mine/wave_1.npz: 4 frames, people in 4 of them"
    assert lines[-1] == "next: zsar add mine mine --write"
    sheet = Path("mine/clips.yaml")
    with pytest.raises(Damaged, match=r"clips.yaml:7: the list is empty"):
        own.find(Path("mine"))
    text = sheet.read_text().replace("classes: []", "classes: [sit, wave]")
    sheet.write_text(text)
    with pytest.raises(Damaged, match=r"clips.yaml:10: expected a word or a number here"):
        own.find(Path("mine"))
    sheet.write_text(text.replace('label: ""', "label: wave", 1).replace('label: ""', "label: sit"))
    assert len(yaml.safe_load(sheet.read_text())["clips"]) == 2
    clips = {part.meta.name: own.read(part)[0] for part in own.find(Path("mine"))}
    clip = clips["wave_1"]
    assert (clip.fps, clip.label, clip.bodies.shape[1]) == (25, 1, 1)
    assert at(clip, "left_hand")[1] > at(clip, "head")[1] > at(clip, "right_hand")[1]
    assert at(clip, "left_shoulder")[0] < at(clip, "right_shoulder")[0]


def test_clips_of_videos_can_be_asked_before_the_sheet_is_completed(desk):
    add_videos("mine", [Path("sit.MOV")], Path("m.task"), Recorded([seen()], [seen()]))
    (part,) = find(Path("mine"))
    (clip,) = read(part, UNDECLARED)
    assert (clip.name, clip.fps, clip.label) == ("sit", 25, -1)


def test_people_stand_where_the_image_shows_them():
    bodies = joints([[seen(-1.0, away=5)], [seen(0.5, 0.2, away=5)]], ASPECT)
    hips = bodies[:, 0, HIPS].mean(1)
    assert np.allclose(np.diff(hips, axis=0), [[1.5, -0.2, 0]], atol=0.02)
    assert hips[0, 2] == pytest.approx(5, abs=0.05)


def test_two_people_keep_their_slots_however_the_model_lists_them():
    left, right = seen(-0.8), seen(0.8)
    frames = [[left, right], [right, left], [right], [], [left], [right, left]]
    bodies = joints(frames, ASPECT)
    there = bodies.any((2, 3))
    assert there.tolist() == [[1, 1], [1, 1], [0, 1], [0, 0], [1, 0], [1, 1]]
    across = bodies[:, :, HIPS].mean(2)[..., 0]
    assert (across[there[:, 0], 0] < -0.7).all() and (across[there[:, 1], 1] > 0.7).all()


def test_somebody_far_from_where_the_first_was_is_a_second_person():
    bodies = joints([[seen(-1.5)], [seen(1.5)]], ASPECT)
    assert bodies.any((2, 3)).tolist() == [[True, False], [False, True]]


def test_what_is_there_already_stays_and_new_clips_are_named(desk):
    recorded = Recorded([seen()])
    add_videos("mine", [Path("sit.MOV")], Path("m.task"), recorded)
    sheet = Path("mine/clips.yaml").read_text()
    lines = add_videos("mine", [Path("sit.MOV"), Path("wave_1.mp4")], Path("m.task"), recorded)
    assert lines[0] == "mine/sit.npz: is there already" and recorded.opened == 2
    assert lines[-1].endswith('under `clips`: wave_1.npz: {label: "", subject: 0}')
    assert Path("mine/clips.yaml").read_text() == sheet


def test_what_the_landmarker_says_becomes_poses():
    mark = SimpleNamespace(x=0.1, y=0.2, z=0.3, visibility=1.0)
    (pose,) = poses(
        SimpleNamespace(pose_world_landmarks=[[mark] * 33], pose_landmarks=[[mark] * 33])
    )
    assert pose.world.shape == (33, 3) and pose.image[5].tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("name", "videos", "what"),
    [
        ("mine", ["nowhere.mp4"], "nowhere.mp4: no such file; expected one of: .mp4"),
        ("mine", ["a.txt"], "a.txt: is no video; expected one of: .mp4"),
        ("mine", ["other/sit.mp4", "sit.MOV"], "sit.MOV: other/sit.mp4 has the same name"),
        ("mine", ["my film.mp4"], "my film.mp4: expected a name of letters, digits"),
        ("../x", ["sit.MOV"], "'../x' cannot be the name of a study"),
        ("other", ["sit.MOV"], "other: is there already and no study of clips"),
        ("mine", ["sit.MOV"], "sit.MOV: shows nobody in 2 frames"),
    ],
)
def test_what_cannot_be_added_is_named_and_nothing_is_left(desk, name, videos, what):
    Path("other").mkdir()
    for each in ("a.txt", "other/sit.mp4", "my film.mp4"):
        Path(each).write_bytes(b"")
    with pytest.raises(UserError, match=what):
        add_videos(name, [Path(each) for each in videos], Path("m.task"), Recorded([], []))
    assert not list(desk.rglob("*.npz")) and not list(desk.rglob("clips.yaml"))


def test_without_the_extra_or_the_option_it_says_what_is_needed(desk, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mediapipe", None)
    with pytest.raises(UserError, match=r"pip install 'zsar\[video\]'"), watch(desk, desk):
        pass
    with pytest.raises(UserError, match="sit.MOV: a video needs a model .*: --pose-model FILE"):
        zsar("add", "mine", "sit.MOV")
    with pytest.raises(UserError, match=r"pip install 'zsar\[video\]'"):
        zsar("add", "mine", "sit.MOV", "--pose-model", "m.task")
