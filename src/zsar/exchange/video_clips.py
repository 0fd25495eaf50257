"""Videos to a study of one's own: a clip of joints for each, and a clips.yaml to complete.

The joints of a person come from MediaPipe's world landmarks, which have their origin between the
hips. Where the hips are follows from the image: beside the camera's axis as far as the trunk there
says how many metres a width has, and so far away that it has that size; the distance is the same in
all frames of a video and supposes a camera of 64 degrees. Walking across and jumping are kept, as
is who stands left of whom; walking to and from the camera is not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from zsar.atomic import atomic_write
from zsar.data.files.clips_yaml import CLIPS_YAML
from zsar.data.layouts import LAYOUTS
from zsar.errors import UserError
from zsar.exchange.dataset_section import NAME
from zsar.exchange.pose_video import PEOPLE, Pose, Watch

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")
JOINTS = LAYOUTS["mediapipe33"].joints
SHOULDERS = [JOINTS.index("left_shoulder"), JOINTS.index("right_shoulder")]
HIPS = [JOINTS.index("left_hip"), JOINTS.index("right_hip")]
FOCAL = 0.8  # focal length in widths of the image
STRANGER = 0.25  # widths; somebody so far from where a person was last may be somebody new
SHEET = """\
# Complete `classes` (all actions, in the order of their labels) and the label of every clip;
# `subject` is the number of the performer. Then: zsar add {name} {folder} --write
layout: mediapipe33
unit: metre
axes: [-x, -y, z]
origin: [0, 0, 0]
classes: []
clips:
"""
PLAIN = re.compile(r"[\w.-]+")


def is_video(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def add_videos(name: str, videos: Sequence[Path], model: Path, watch: Watch) -> list[str]:
    """Write a clip of joints for every video into the folder `name`; what is there already stays.

    Returns lines about what was written, and what to do next.
    """
    folder = _folder(name)
    targets: dict[Path, Path] = {}
    for video in videos:
        _check(video)
        if (other := targets.setdefault(folder / f"{video.stem}.npz", video)) != video:
            raise UserError(f"{video}: {other} has the same name; expected different ones")
    lines = [_add(video, target, model, watch) for target, video in targets.items()]
    return [*lines, *_sheet(name, folder, [target.name for target in targets])]


def _folder(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be the name of a study; expected letters, digits, _ and -"
        )
    folder = Path(name)
    if folder.exists() and any(folder.iterdir()) and not (folder / CLIPS_YAML).exists():
        raise UserError(f"{folder}: is there already and no study of clips; choose another name")
    return folder


def _check(video: Path) -> None:
    if not video.is_file() or not is_video(video):
        what = "is no video" if video.exists() else "no such file"
        raise UserError(f"{video}: {what}; expected one of: {', '.join(SUFFIXES)}")
    if not PLAIN.fullmatch(video.stem):
        raise UserError(f"{video}: expected a name of letters, digits, _, - and points")


def _add(video: Path, target: Path, model: Path, watch: Watch) -> str:
    if target.exists():
        return f"{target}: is there already"
    with (
        watch(video, model) as found,
        tqdm(total=found.total or None, desc=video.name, unit="frame") as bar,
    ):
        bodies = joints(_counted(found.frames, bar), found.aspect)
    if not len(bodies):
        raise UserError(f"{video}: holds no frame that can be read")
    if not bodies.any():
        raise UserError(f"{video}: shows nobody in {len(bodies)} frames")
    with atomic_write(target) as draft, draft.open("wb") as file:
        np.savez_compressed(
            file, skeleton=bodies.astype(np.float32), joints=np.array(JOINTS), fps=found.fps
        )
    return f"{target}: {len(bodies)} frames, people in {int(bodies.any((1, 2, 3)).sum())} of them"


def _counted(frames: Iterable[Sequence[Pose]], bar: tqdm) -> Iterator[Sequence[Pose]]:
    for frame in frames:
        bar.update()
        yield frame


def joints(
    frames: Iterable[Sequence[Pose]], aspect: float
) -> Float[np.ndarray, "frame body theirs xyz"]:
    """Everybody in a place of their own, x to the right, y down, z away from the camera, metres;
    all zeros where somebody is not seen."""
    rows = [_in_slots(each) for each in _followed(frames)]
    if not rows:
        return np.zeros((0, 1, len(JOINTS), 3))
    world, image = (np.array(each) for each in zip(*rows, strict=True))
    image = image * [1, aspect]
    middle = np.array([0.5, 0.5 * aspect])
    bodies = np.zeros_like(world)
    for body in range(world.shape[1]):
        here = world[:, body].any((1, 2))
        metres = _metres_per_width(world[here, body], image[here, body])
        across = (image[here, body][:, HIPS].mean(1) - middle) * metres
        away = np.full((len(across), 1), FOCAL * metres)
        bodies[here, body] = world[here, body] + np.hstack([across, away])[:, None]
    several = bodies[:, 1:].any()
    return bodies if several else bodies[:, :1]


def _metres_per_width(
    world: Float[np.ndarray, "seen theirs xyz"], image: Float[np.ndarray, "seen theirs 2"]
) -> float:
    """By the trunks of all frames, as the camera sees them."""
    trunks = [each[:, SHOULDERS, :2].mean(1) - each[:, HIPS, :2].mean(1) for each in (world, image)]
    real, shown = (np.linalg.norm(each, axis=1) for each in trunks)
    seen = shown > 1e-3
    return float(np.median(real[seen] / shown[seen])) if seen.any() else 1.0


def _followed(frames: Iterable[Sequence[Pose]]) -> Iterable[list[Pose | None]]:
    """The people of each frame in the order of those before: nearest to where they were."""
    last: list[np.ndarray | None] = [None] * PEOPLE
    for people in frames:
        hips = [each.image[HIPS].mean(0) for each in people[:PEOPLE]]
        slots = permutations(range(PEOPLE), len(hips))
        order = min(slots, key=lambda each: _distance(each, hips, last))
        found: list[Pose | None] = [None] * PEOPLE
        for slot, pose, hip in zip(order, people, hips, strict=False):
            found[slot], last[slot] = pose, hip
        yield found


def _distance(
    slots: Sequence[int], hips: Sequence[np.ndarray], last: Sequence[np.ndarray | None]
) -> float:
    """How far everybody would have moved, in widths."""
    steps = [
        STRANGER if last[slot] is None else float(np.linalg.norm(hip - last[slot]))
        for slot, hip in zip(slots, hips, strict=True)
    ]
    return float(sum(steps))


def _in_slots(people: Sequence[Pose | None]) -> tuple[np.ndarray, np.ndarray]:
    nobody = Pose(np.zeros((len(JOINTS), 3)), np.zeros((len(JOINTS), 2)))
    there = [nobody if each is None else each for each in people]
    return np.stack([each.world for each in there]), np.stack([each.image for each in there])


def _sheet(name: str, folder: Path, files: Sequence[str]) -> list[str]:
    path = folder / CLIPS_YAML
    entries = [f'  {file}: {{label: "", subject: 0}}' for file in files]
    if path.exists():
        known = path.read_text(encoding="utf-8")
        new = [each.strip() for each, file in zip(entries, files, strict=True) if file not in known]
        return [f"{path}: is there already; add under `clips`: {each}" for each in new]
    with atomic_write(path) as draft:
        draft.write_text(SHEET.format(name=name, folder=folder) + "\n".join(entries) + "\n")
    return [
        f"{path}: complete the classes and the label of every clip",
        f"next: zsar add {name} {folder} --write",
    ]
