"""Which performer does which action, how often, and recorded by which cameras."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from zsar.demo.actions import ACTIONS, Action
from zsar.demo.config import DemoConfig
from zsar.demo.performance import Performer, perform, performer
from zsar.demo.sensor import Bodies, Track, in_camera_axes, in_two_slots, make_camera, tracked

Performance = Float[np.ndarray, "_ _ joint xyz"]  # frames and bodies; different in each performance

# One stream of random numbers for each purpose, so that more of one thing changes no other.
PEOPLE, CLIPS, SENSOR, VIDEO_PEOPLE, VIDEOS, VIDEO_SENSOR = range(6)

VIEWS = "LMR"
FIRST_TRAIN, FIRST_TEST = 2, 291  # video numbers; the official test videos begin with 0291


@dataclass(frozen=True, order=True)
class ClipName:
    """The name of a clip in the style of NTU RGB+D: an action, performed once, from one camera."""

    setup: int
    camera: int
    subject: int
    repetition: int
    label: int

    def __str__(self) -> str:
        place = f"S{self.setup:03d}C{self.camera:03d}P{self.subject:03d}"
        return f"{place}R{self.repetition:03d}A{self.label + 1:03d}"


def recordings(seed: int, settings: DemoConfig) -> Iterator[tuple[str, list[Track]]]:
    """Every clip under its official name."""
    for clip in clip_names(settings):
        yield str(clip), recording(seed, clip, ACTIONS[clip.label], settings)


def recording(seed: int, clip: ClipName, action: Action, settings: DemoConfig) -> list[Track]:
    """An action as the camera of the clip records it."""
    performance_id = (clip.subject, clip.repetition, clip.label)
    who = performer(clip.subject, settings.people, _rng(seed, PEOPLE, clip.subject))
    left_handed = clip.subject in settings.people.left_handed
    bodies = _performance(action, who, left_handed, settings, _rng(seed, CLIPS, *performance_id))
    camera = make_camera(clip.camera, clip.setup, settings.sensor)
    sensor_rng = _rng(seed, SENSOR, *performance_id, clip.camera)
    return tracked(in_camera_axes(camera, bodies), camera, settings.sensor, sensor_rng)


def clip_names(settings: DemoConfig) -> list[ClipName]:
    """The cameras take turns, so that each records every action and every subject."""
    people, cameras = settings.people, len(settings.sensor.angles)
    return sorted(
        ClipName(
            setup=1 + subject % len(settings.sensor.distances),
            camera=1 + (subject + repetition + label + view) % cameras,
            subject=subject,
            repetition=repetition,
            label=label,
        )
        for subject, views in zip(people.subjects, people.views, strict=True)
        for repetition in range(1, people.repetitions + 1)
        for label in range(len(ACTIONS))
        for view in range(views)
    )


@dataclass(frozen=True)
class Video:
    """Several actions of one performer, from one camera; a label is class, first and last frame."""

    name: str
    bodies: Float[np.ndarray, "frame two joint xyz"]
    labels: tuple[tuple[int, int, int], ...]


def videos(seed: int, settings: DemoConfig) -> Iterator[Video]:
    """Every video in every view; each has its own performer, together they hold every action."""
    for first, count in ((FIRST_TRAIN, settings.videos.train), (FIRST_TEST, settings.videos.test)):
        rng = _rng(seed, VIDEOS, first)
        rounds = -(-count * settings.videos.actions // len(ACTIONS))
        plan = np.concatenate([rng.permutation(len(ACTIONS)) for _ in range(rounds)])
        for k in range(count):
            chosen = plan[k * settings.videos.actions :][: settings.videos.actions]
            actions = [(int(label), ACTIONS[label]) for label in chosen]
            yield from views(seed, first + k, actions, settings)


def views(
    seed: int, number: int, actions: Sequence[tuple[int, Action]], settings: DemoConfig
) -> Iterator[Video]:
    """A video of these actions, each with its label, in every view."""
    rng = _rng(seed, VIDEO_PEOPLE, number)
    who = performer(number, settings.people, rng)
    left_handed = rng.random() < len(settings.people.left_handed) / len(settings.people.subjects)
    performances = [_performance(action, who, left_handed, settings, rng) for _, action in actions]
    segments = list(_with_pauses(performances, settings.videos.pause))
    ends = np.cumsum([len(segment) for segment in segments])[::2].tolist()
    labels = tuple(
        (label + 1, end - len(performed) + 1, end)
        for (label, _), performed, end in zip(actions, performances, ends, strict=True)
    )
    setup = 1 + number % len(settings.sensor.distances)
    for view, letter in enumerate(VIEWS):
        camera = make_camera(1 + view, setup, settings.sensor)
        sensor_rng = _rng(seed, VIDEO_SENSOR, number, view)
        parts = [
            in_two_slots(in_camera_axes(camera, segment), settings.sensor, sensor_rng)
            for segment in segments
        ]
        yield Video(f"{number:04d}-{letter}", np.concatenate(parts), labels)


def _with_pauses(performances: list[Performance], pause: int) -> Iterator[Performance]:
    """Between two actions the first performer alone moves to where the next begins."""
    share = (np.arange(1, pause + 1) / (pause + 1))[:, None, None, None]
    for before, after in pairwise(performances):
        yield before
        yield (1 - share) * before[-1:, :1] + share * after[:1, :1]
    yield performances[-1]


def _performance(
    action: Action,
    who: Performer,
    left_handed: bool,
    settings: DemoConfig,
    rng: np.random.Generator,
) -> Bodies:
    """A performance around the origin: one person faces the cameras, two face each other."""
    partner = performer(0, settings.people, rng)
    joints = perform(action, (who, partner), left_handed, settings.manner, rng)
    across = rng.choice([-90.0, 90.0]) if action.bodies == 2 else 0.0
    turn = np.radians(across + settings.manner.heading * rng.uniform(-1, 1))
    middle = joints[:, :, 0].mean(axis=(0, 1)) * np.array([1.0, 0.0, 1.0])
    x, y, z = np.moveaxis(joints - middle, 3, 0)
    return np.stack(
        (np.cos(turn) * x + np.sin(turn) * z, y, np.cos(turn) * z - np.sin(turn) * x), axis=3
    )


def _rng(*numbers: int) -> np.random.Generator:
    return np.random.default_rng(numbers)
