"""What a depth camera makes of a room: its own axes, noise, guesses for hidden joints, and bodies
that are found late, lost, renamed or invented."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.skeleton import JOINTS
from zsar.demo.config import Sensor

Bodies = Float[np.ndarray, "frame body joint xyz"]

# What hides a limb: the trunk as a capsule, and how far behind its middle a joint is out of sight.
TRUNK = tuple(JOINTS.index(name) for name in ("spine_base", "spine_shoulder", "head"))
RADIUS, DEPTH = 0.13, 0.09  # metres
LIMBS = np.array(
    [
        any(part in name for part in ("elbow", "wrist", "hand", "thumb", "knee", "ankle", "foot"))
        for name in JOINTS
    ]
)
RESTLESS = np.array(
    [1.8 if "tip" in name or "thumb" in name or "foot" in name else 1.0 for name in JOINTS]
)  # joints that the sensor finds less well


@dataclass(frozen=True)
class Camera:
    number: int  # from 1
    angle: float  # degrees around the room
    distance: float
    height: float


def camera(number: int, setup: int, settings: Sensor) -> Camera:
    return Camera(
        number,
        settings.angles[number - 1],
        settings.distances[setup - 1],
        settings.heights[setup - 1],
    )


def seen(camera: Camera, room: Bodies) -> Bodies:
    """The room along the axes of a camera that looks at its middle, a little downwards."""
    turn = np.radians(camera.angle)
    dip = np.arctan2(camera.height - 0.9, camera.distance)
    x = np.cos(turn) * room[..., 0] + np.sin(turn) * room[..., 2]
    z = np.cos(turn) * room[..., 2] - np.sin(turn) * room[..., 0] + camera.distance
    y = room[..., 1] - camera.height
    along = np.cos(dip) * z - np.sin(dip) * y
    return np.stack((x, np.cos(dip) * y + np.sin(dip) * z, along), axis=-1)


def hidden(bodies: Bodies) -> Bool[np.ndarray, "frame body joint"]:
    """Limbs behind any trunk, and whatever of a body is behind the trunk of another."""
    out = np.zeros(bodies.shape[:3], dtype=bool)
    flat = bodies[..., :2] / bodies[..., 2:]
    for front in range(bodies.shape[1]):
        middle = bodies[:, front, TRUNK, 2].mean(axis=1)[:, None]
        radius = RADIUS / middle
        for back in range(bodies.shape[1]):
            low, _, high = (flat[:, front, None, joint] for joint in TRUNK)
            near = _distance(flat[:, back], low, high) < radius
            behind = bodies[:, back, :, 2] > middle + DEPTH
            out[:, back] |= near & behind & (LIMBS if front == back else True)
    return out


def _distance(
    points: Float[np.ndarray, "frame joint xy"],
    start: Float[np.ndarray, "frame 1 xy"],
    end: Float[np.ndarray, "frame 1 xy"],
) -> Float[np.ndarray, "frame joint"]:
    """From points to a line between two others."""
    line = end - start
    share = ((points - start) * line).sum(-1) / np.maximum((line * line).sum(-1), 1e-12)
    return np.linalg.norm(points - start - np.clip(share, 0, 1)[..., None] * line, axis=-1)


def disturbed(
    bodies: Bodies,
    unseen: Bool[np.ndarray, "frame body joint"],
    settings: Sensor,
    rng: np.random.Generator,
) -> Bodies:
    """White noise on every joint, deeper than wide; slow, large errors on those it guesses."""
    white = rng.standard_normal(bodies.shape) * RESTLESS[:, None] * np.array([1.0, 1.0, 1.6])
    slow = rng.standard_normal(bodies.shape)
    for frame in range(1, len(slow)):
        slow[frame] = 0.85 * slow[frame - 1] + 0.53 * slow[frame]
    return bodies + settings.noise * white + settings.hidden_noise * slow * unseen[..., None]


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
