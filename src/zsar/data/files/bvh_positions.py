"""Where the joints of a BVH skeleton are, in the unit and the axes of the file.

Rotations are applied in the order of the channels. Position channels of a root replace its offset,
those of other joints as well, unless they are nearly nothing: then they are added to it.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from zsar.data.files.bvh_text import BvhJoint, BvhMotion

BLOCK = 1 << 17  # joints of frames at a time

Positions = Float[np.ndarray, "frame joint xyz"]


def rest_pose(joints: Sequence[BvhJoint]) -> Float[np.ndarray, "joint xyz"]:
    """Where joints are without any rotation."""
    found: list[np.ndarray] = []
    for joint in joints:
        above = found[joint.parent] if joint.parent >= 0 else np.zeros(3)
        found.append(above + np.array(joint.offset))
    return np.array(found)


def positions(motion: BvhMotion, chosen: Sequence[int]) -> Positions:
    """Where the chosen joints are; never more than some frames of all joints in memory."""
    step = max(1, BLOCK // len(motion.joints))
    blocks = [
        _of_frames(motion.joints, motion.numbers[start : start + step], chosen)
        for start in range(0, len(motion.numbers), step)
    ]
    return np.concatenate(blocks)


def _of_frames(
    joints: Sequence[BvhJoint], numbers: Float[np.ndarray, "frame channel"], chosen: Sequence[int]
) -> Positions:
    places: list[Float[np.ndarray, "frame xyz"]] = []
    turns: list[Float[np.ndarray, "frame 3 3"]] = []
    for joint in joints:
        own = numbers[:, joint.first : joint.first + len(joint.channels)]
        moved, turn = _translation(joint, own), _rotation(joint, own)
        if joint.parent >= 0:
            above = turns[joint.parent]
            moved = places[joint.parent] + (above @ moved[:, :, None])[:, :, 0]
            turn = above @ turn
        places.append(moved)
        turns.append(turn)
    return np.stack([places[each] for each in chosen], axis=1)


def _translation(
    joint: BvhJoint, own: Float[np.ndarray, "frame channel"]
) -> Float[np.ndarray, "frame xyz"]:
    offset = np.array(joint.offset)
    moved = np.tile(offset, (len(own), 1))
    columns = {c: k for k, c in enumerate(joint.channels) if c.endswith("position")}
    for channel, column in columns.items():
        moved[:, "xyz".index(channel[0])] = own[:, column]
    if columns and joint.parent >= 0:
        given = np.linalg.norm(own[:, [*columns.values()]], axis=1)
        if np.median(given) < 0.5 * np.linalg.norm(offset):
            for channel in columns:
                axis = "xyz".index(channel[0])
                moved[:, axis] += offset[axis]
    return moved


def _rotation(
    joint: BvhJoint, own: Float[np.ndarray, "frame channel"]
) -> Float[np.ndarray, "frame 3 3"]:
    turn = np.tile(np.eye(3), (len(own), 1, 1))
    for column, channel in enumerate(joint.channels):
        if channel.endswith("rotation"):
            turn = turn @ _about("xyz".index(channel[0]), np.radians(own[:, column]))
    return turn


def _about(axis: int, angles: Float[np.ndarray, " frame"]) -> Float[np.ndarray, "frame 3 3"]:
    """The turn by an angle about an axis, right-handed."""
    one, two = (axis + 1) % 3, (axis + 2) % 3
    turn = np.zeros((len(angles), 3, 3))
    turn[:, axis, axis] = 1
    turn[:, one, one] = turn[:, two, two] = np.cos(angles)
    turn[:, two, one] = np.sin(angles)
    turn[:, one, two] = -turn[:, two, one]
    return turn
