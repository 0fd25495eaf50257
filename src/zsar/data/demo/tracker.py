"""Which bodies the sensor follows: found late, lost, renamed, listed in odd order, or invented."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.demo.sensor import Bodies, Camera, disturbed, hidden, seen
from zsar.data.demo.settings import Sensor
from zsar.data.skeleton import JOINTS

FIRST_ID = 72057594037927936  # 2**56: the sensor counts its bodies from here


@dataclass(frozen=True)
class Track:
    """One body under one id, in the frames where the sensor follows it."""

    id: int
    there: Bool[np.ndarray, " frame"]
    joints: Float[np.ndarray, "frame joint xyz"]
    guessed: Bool[np.ndarray, "frame joint"]


def tracked(
    bodies: Bodies, camera: Camera, settings: Sensor, rng: np.random.Generator
) -> list[Track]:
    """The bodies in the order in which the sensor lists them, with everything it gets wrong."""
    unseen = hidden(bodies)
    joints = disturbed(bodies, unseen, settings, rng)
    first = FIRST_ID + int(rng.integers(1000, 90000))
    tracks: list[Track] = []
    for body in range(bodies.shape[1]):
        for spell in filter(np.any, _spells(len(bodies), settings, rng)):
            tracks.append(Track(first + len(tracks), spell, joints[:, body], unseen[:, body]))
    if bodies.shape[1] == 2 and rng.random() < settings.swapped:
        tracks.reverse()
    if rng.random() < settings.spurious:
        ghost = _ghost(len(bodies), camera, first + len(tracks), settings, rng)
        tracks.insert(int(rng.integers(len(tracks) + 1)), ghost)
    return tracks


def observed(
    bodies: Bodies, settings: Sensor, rng: np.random.Generator
) -> Float[np.ndarray, "frame two joint xyz"]:
    """The bodies at fixed places of two, as zeros where the sensor lost them."""
    out = np.zeros((len(bodies), 2, *bodies.shape[2:]))
    joints = disturbed(bodies, hidden(bodies), settings, rng)
    for body in range(bodies.shape[1]):
        there = np.any(_spells(len(bodies), settings, rng), axis=0)
        out[there, body] = joints[there, body]
    return out


def _spells(
    length: int, settings: Sensor, rng: np.random.Generator
) -> list[Bool[np.ndarray, " frame"]]:
    """When a body is followed: from late on, with a gap, and after it perhaps under a new id."""
    frames = np.arange(length)
    there = np.ones(length, dtype=bool)
    if rng.random() < settings.late:
        there &= frames >= rng.integers(1, settings.longest_late + 1)
    if rng.random() >= settings.vanishing:
        return [there]
    lost, gap = int(rng.integers(length)), int(rng.integers(1, settings.longest_gap + 1))
    there &= (frames < lost) | (frames >= lost + gap)
    if rng.random() >= settings.renamed:
        return [there]
    return [there & (frames < lost), there & (frames >= lost)]


def _ghost(
    length: int, camera: Camera, id: int, settings: Sensor, rng: np.random.Generator
) -> Track:
    """A piece of furniture taken for a body: flat, low, trembling, for a while."""
    size = np.array([0.9, 0.45, 0.25])
    place = np.array([rng.uniform(0.7, 1.3) * rng.choice([-1, 1]), 0.35, rng.uniform(-0.3, 0.6)])
    shape = place + size * rng.uniform(-0.5, 0.5, (1, 1, len(JOINTS), 3))
    still = np.repeat(seen(camera, shape), length, axis=0)
    guessed = np.ones((length, 1, len(JOINTS)), dtype=bool)
    joints = disturbed(still, guessed, settings, rng)
    start = int(rng.integers(0, length // 2))
    end = int(rng.integers(start + length // 4, length))
    frames = np.arange(length)
    return Track(id, (frames >= start) & (frames < end), joints[:, 0], guessed[:, 0])
