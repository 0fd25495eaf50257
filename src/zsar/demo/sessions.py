"""Who performs what, how often, and before which cameras."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from zsar.demo.actions import ACTIONS, Action
from zsar.demo.config import DemoConfig
from zsar.demo.performance import Performer, perform, performer
from zsar.demo.sensor import Bodies, Track, camera, observed, seen, tracked

Performance = Float[np.ndarray, "_ _ joint xyz"]  # frames and bodies; each scene has its own number

# One stream of random numbers for each purpose, so that more of one thing changes no other.
PEOPLE, CLIPS, SIGHTS, VIDEO_PEOPLE, VIDEOS, VIDEO_SIGHTS = range(6)

VIEWS = "LMR"
FIRST_TRAIN, FIRST_TEST = 2, 291  # video numbers; the official test videos begin with 0291


@dataclass(frozen=True, order=True)
class Take:
    """One action, once, before one camera; in the order of the official names."""

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
    for take in takes(settings):
        yield str(take), recording(seed, take, ACTIONS[take.label], settings)


def recording(seed: int, take: Take, action: Action, settings: DemoConfig) -> list[Track]:
    """What the camera of a take sees of an action."""
    scene = (take.subject, take.repetition, take.label)
    who = performer(take.subject, settings.people, _stream(seed, PEOPLE, take.subject))
    left_handed = take.subject in settings.people.left_handed
    room = _room(action, who, left_handed, settings, _stream(seed, CLIPS, *scene))
    eye = camera(take.camera, take.setup, settings.sensor)
    sight = _stream(seed, SIGHTS, *scene, take.camera)
    return tracked(seen(eye, room), eye, settings.sensor, sight)


def takes(settings: DemoConfig) -> list[Take]:
    """Performances go round the cameras, so that each camera sees every action and subject."""
    people, cameras = settings.people, len(settings.sensor.angles)
    return sorted(
        Take(
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
    """Several actions of one performer, seen from one side; labels are label, start, end from 1."""

    name: str
    bodies: Float[np.ndarray, "frame two joint xyz"]
    labels: tuple[tuple[int, int, int], ...]


def videos(seed: int, settings: DemoConfig) -> Iterator[Video]:
    """Every video in every view; each has its own performer, together they show every action."""
    for first, count in ((FIRST_TRAIN, settings.videos.train), (FIRST_TEST, settings.videos.test)):
        rng = _stream(seed, VIDEOS, first)
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
    rng = _stream(seed, VIDEO_PEOPLE, number)
    who = performer(number, settings.people, rng)
    left_handed = rng.random() < len(settings.people.left_handed) / len(settings.people.subjects)
    scenes = [_room(action, who, left_handed, settings, rng) for _, action in actions]
    rooms = list(_with_pauses(scenes, settings.videos.pause))
    ends = np.cumsum([len(room) for room in rooms])[::2].tolist()
    labels = tuple(
        (label + 1, end - len(scene) + 1, end)
        for (label, _), scene, end in zip(actions, scenes, ends, strict=True)
    )
    setup = 1 + number % len(settings.sensor.distances)
    for view, letter in enumerate(VIEWS):
        eye = camera(1 + view, setup, settings.sensor)
        sight = _stream(seed, VIDEO_SIGHTS, number, view)
        parts = [observed(seen(eye, room), settings.sensor, sight) for room in rooms]
        yield Video(f"{number:04d}-{letter}", np.concatenate(parts), labels)


def _with_pauses(scenes: list[Performance], pause: int) -> Iterator[Performance]:
    """Between two actions the performer is alone, on the way to where the next begins."""
    share = (np.arange(1, pause + 1) / (pause + 1))[:, None, None, None]
    for before, after in pairwise(scenes):
        yield before
        yield (1 - share) * before[-1:, :1] + share * after[:1, :1]
    yield scenes[-1]


def _room(
    action: Action,
    who: Performer,
    left_handed: bool,
    settings: DemoConfig,
    rng: np.random.Generator,
) -> Bodies:
    """A performance in the middle of the room: one person faces the cameras, two each other."""
    partner = performer(0, settings.people, rng)
    joints = perform(action, (who, partner), left_handed, settings.manner, rng)
    across = rng.choice([-90.0, 90.0]) if action.bodies == 2 else 0.0
    turn = np.radians(across + settings.manner.heading * rng.uniform(-1, 1))
    middle = joints[:, :, 0].mean(axis=(0, 1)) * np.array([1.0, 0.0, 1.0])
    x, y, z = np.moveaxis(joints - middle, 3, 0)
    return np.stack(
        (np.cos(turn) * x + np.sin(turn) * z, y, np.cos(turn) * z - np.sin(turn) * x), axis=3
    )


def _stream(*numbers: int) -> np.random.Generator:
    return np.random.default_rng(numbers)
