"""Steps that change where the joints lie."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from zsar.preprocess.scene import Axis, Count, Joint, Positive, Scene, shown


def motion(scene: Scene, *, frames: Count) -> Scene:
    """From each frame to the next, in a clip that is followed by empty frames up to so many."""
    ahead = np.zeros_like(scene.bodies)
    ahead[:-1] = scene.bodies[1:]
    if len(ahead) >= frames:
        ahead[-1] = scene.bodies[-1]
    # Trap: where bodies come and go, also at the end of the clip, they move from and to the origin.
    return replace(scene, bodies=ahead - scene.bodies)


def centre_each_body(scene: Scene, *, joint: Joint) -> Scene:
    """Every body relative to its own joint, frame by frame."""
    return replace(scene, bodies=scene.bodies - scene.bodies[:, :, joint, None])


def centre_on_first_body(scene: Scene, *, joint: Joint) -> Scene:
    """Every body relative to the first body's joint, frame by frame; zero joints stay zero."""
    # Trap: where the first body is absent the others keep their absolute coordinates.
    seen = np.logical_or.reduce([scene.bodies[..., axis] != 0 for axis in range(3)])
    moved = scene.bodies - scene.bodies[:, :1, joint, None]
    return replace(scene, bodies=moved * seen[..., None])


def centre_on_start(scene: Scene, *, joint: Joint) -> Scene:
    """All relative to the first body's joint in the first frame with it; absence stays zero."""
    seen = shown(scene.bodies)
    origin = scene.bodies[seen[:, 0].argmax(), 0, joint]
    return replace(scene, bodies=(scene.bodies - origin) * seen[..., None, None])


def face_forward(scene: Scene, *, left: Joint, right: Joint, softening: Positive) -> Scene:
    """Turn every body in every frame about y until the line from left to right lies along x."""
    across = scene.bodies[:, :, right] - scene.bodies[:, :, left]
    cosine = across[..., 0] / (np.hypot(across[..., 0], across[..., 2]) + np.float32(softening))
    # Trap: a body has one direction of turning for the whole clip, right for most of its frames.
    sign = np.where(across[..., 2].sum(0) >= 0, np.float32(-1), np.float32(1))
    sine = sign * np.sqrt(np.maximum(1 - cosine**2, 0))
    cosine, sine = cosine[..., None], sine[..., None]
    x, y, z = np.moveaxis(scene.bodies, 3, 0)
    return replace(
        scene, bodies=np.stack([cosine * x - sine * z, y, sine * x + cosine * z], axis=3)
    )


def align_bone(scene: Scene, *, start: Joint, end: Joint, axis: Axis) -> Scene:
    """Turn the whole clip until the first body's bone lies along the axis in the first frame."""
    bone = scene.bodies[0, 0, end] - scene.bodies[0, 0, start]
    turn = _rotation(bone.astype(np.float64), np.eye(3)[axis]).astype(np.float32)
    return replace(scene, bodies=scene.bodies @ turn.T)


def _rotation(
    vector: Float[np.ndarray, " xyz"], onto: Float[np.ndarray, " xyz"]
) -> Float[np.ndarray, "xyz xyz"]:
    """The shortest turn from one direction to another; none where the two lie on one line."""
    # Trap: that leaves a bone as it is which points exactly the opposite way.
    normal = np.cross(vector, onto)
    sine, cosine = np.linalg.norm(normal), vector @ onto
    if sine == 0:
        return np.eye(3)
    x, y, z = normal / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.arctan2(sine, cosine)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
