"""A simulated depth camera: its axes, its noise, guesses for occluded joints, and bodies that it
finds late, loses, renames or makes up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.skeleton import JOINTS
from zsar.demo.config import Sensor

Bodies = Float[np.ndarray, "frame body joint xyz"]

# What occludes a limb: the trunk as a capsule, and how far behind its middle a joint is hidden.
TRUNK = tuple(JOINTS.index(name) for name in ("spine_base", "spine_shoulder", "head"))
RADIUS, DEPTH = 0.13, 0.09  # metres
LIMBS = np.array(
    [
        any(part in name for part in ("elbow", "wrist", "hand", "thumb", "knee", "ankle", "foot"))
        for name in JOINTS
    ]
)
NOISE_SCALE = np.array(
    [1.8 if "tip" in name or "thumb" in name or "foot" in name else 1.0 for name in JOINTS]
)  # joints that the sensor finds less well


@dataclass(frozen=True)
class Camera:
    number: int  # from 1
    angle: float  # degrees around the origin
    distance: float
    height: float


def make_camera(number: int, setup: int, settings: Sensor) -> Camera:
    return Camera(
        number,
        settings.angles[number - 1],
        settings.distances[setup - 1],
        settings.heights[setup - 1],
    )


def in_camera_axes(camera: Camera, bodies: Bodies) -> Bodies:
    """The bodies in the axes of a camera that points at the origin, a little downwards."""
    turn = np.radians(camera.angle)
    dip = np.arctan2(camera.height - 0.9, camera.distance)
    x = np.cos(turn) * bodies[..., 0] + np.sin(turn) * bodies[..., 2]
    z = np.cos(turn) * bodies[..., 2] - np.sin(turn) * bodies[..., 0] + camera.distance
    y = bodies[..., 1] - camera.height
    along = np.cos(dip) * z - np.sin(dip) * y
    return np.stack((x, np.cos(dip) * y + np.sin(dip) * z, along), axis=-1)


def occluded(bodies: Bodies) -> Bool[np.ndarray, "frame body joint"]:
    """Limbs behind any trunk, and all joints of a body behind the trunk of another."""
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


def with_noise(
    bodies: Bodies,
    hidden: Bool[np.ndarray, "frame body joint"],
    settings: Sensor,
    rng: np.random.Generator,
) -> Bodies:
    """White noise on every joint, largest in depth; slow, large errors on hidden joints."""
    white = rng.standard_normal(bodies.shape) * NOISE_SCALE[:, None] * np.array([1.0, 1.0, 1.6])
    slow = rng.standard_normal(bodies.shape)
    for frame in range(1, len(slow)):
        slow[frame] = 0.85 * slow[frame - 1] + 0.53 * slow[frame]
    return bodies + settings.noise * white + settings.hidden_noise * slow * hidden[..., None]


FIRST_ID = 72057594037927936  # 2**56: the sensor counts its bodies from here


@dataclass(frozen=True)
class Track:
    """One body under one id, in the frames where the sensor tracks it."""

    id: int
    visible: Bool[np.ndarray, " frame"]
    joints: Float[np.ndarray, "frame joint xyz"]
    guessed: Bool[np.ndarray, "frame joint"]


def tracked(
    bodies: Bodies, camera: Camera, settings: Sensor, rng: np.random.Generator
) -> list[Track]:
    """The bodies in the order in which the sensor lists them, with all its errors."""
    hidden = occluded(bodies)
    joints = with_noise(bodies, hidden, settings, rng)
    first = FIRST_ID + int(rng.integers(1000, 90000))
    tracks: list[Track] = []
    for body in range(bodies.shape[1]):
        for visible in filter(np.any, _visible_intervals(len(bodies), settings, rng)):
            tracks.append(Track(first + len(tracks), visible, joints[:, body], hidden[:, body]))
    if bodies.shape[1] == 2 and rng.random() < settings.swapped:
        tracks.reverse()
    if rng.random() < settings.spurious:
        spurious = _spurious_body(len(bodies), camera, first + len(tracks), settings, rng)
        tracks.insert(int(rng.integers(len(tracks) + 1)), spurious)
    return tracks


def in_two_slots(
    bodies: Bodies, settings: Sensor, rng: np.random.Generator
) -> Float[np.ndarray, "frame two joint xyz"]:
    """The bodies in two fixed slots, zeros where the sensor lost them."""
    out = np.zeros((len(bodies), 2, *bodies.shape[2:]))
    joints = with_noise(bodies, occluded(bodies), settings, rng)
    for body in range(bodies.shape[1]):
        visible = np.any(_visible_intervals(len(bodies), settings, rng), axis=0)
        out[visible, body] = joints[visible, body]
    return out


def _visible_intervals(
    length: int, settings: Sensor, rng: np.random.Generator
) -> list[Bool[np.ndarray, " frame"]]:
    """When a body is tracked: perhaps found late, perhaps with a gap, perhaps a new id after it."""
    frames = np.arange(length)
    visible = np.ones(length, dtype=bool)
    if rng.random() < settings.late:
        visible &= frames >= rng.integers(1, settings.longest_late + 1)
    if rng.random() >= settings.vanishing:
        return [visible]
    lost, gap = int(rng.integers(length)), int(rng.integers(1, settings.longest_gap + 1))
    visible &= (frames < lost) | (frames >= lost + gap)
    if rng.random() >= settings.renamed:
        return [visible]
    return [visible & (frames < lost), visible & (frames >= lost)]


def _spurious_body(
    length: int, camera: Camera, id: int, settings: Sensor, rng: np.random.Generator
) -> Track:
    """A body where there is none, as furniture may cause: flat, low, noisy, for some frames."""
    size = np.array([0.9, 0.45, 0.25])
    place = np.array([rng.uniform(0.7, 1.3) * rng.choice([-1, 1]), 0.35, rng.uniform(-0.3, 0.6)])
    shape = place + size * rng.uniform(-0.5, 0.5, (1, 1, len(JOINTS), 3))
    still = np.repeat(in_camera_axes(camera, shape), length, axis=0)
    guessed = np.ones((length, 1, len(JOINTS)), dtype=bool)
    joints = with_noise(still, guessed, settings, rng)
    start = int(rng.integers(0, length // 2))
    end = int(rng.integers(start + length // 4, length))
    frames = np.arange(length)
    return Track(id, (frames >= start) & (frames < end), joints[:, 0], guessed[:, 0])
