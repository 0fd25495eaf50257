"""What a depth camera makes of a room: its own axes, noise, and guesses for hidden joints."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.demo.settings import Sensor
from zsar.data.skeleton import JOINTS

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
