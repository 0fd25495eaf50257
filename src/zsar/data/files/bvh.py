"""Joint positions from BVH files, in metres and as a camera in front of the performer sees them.

A BVH file has no unit, no camera and often a first frame that belongs to no action:

    unit      The one (metre, centimetre, millimetre, inch, or the 5.6 cm of the CMU library) in
              which the performer stands 1.1 to 2.3 m tall; a skeleton of no such height is scaled
              to 1.70 m. A given unit counts instead.
    axes      Up is y; or the axis along which the head is above the feet in the rest pose (all
              rotations zero), if it stands there. The performer is turned about it, as a whole, to
              face the camera in the first frame, with the hips 3 m in front of it. Nothing is
              mirrored. Given axes or an origin count instead.
    rest      A first frame without any rotation, or from which the body jumps as it never does
              later, is the rest pose and left out.

Where joints are in the file says zsar.data.files.bvh_positions. Several roots are several people.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from zsar.data.files.bvh_positions import positions, rest_pose
from zsar.data.files.bvh_rigs import keys, rig
from zsar.data.files.bvh_text import BvhJoint, BvhMotion, parse
from zsar.data.files.coordinates import Conventions, Matrix, Point, checked_fps
from zsar.data.layouts import Layout
from zsar.data.recording import Damaged, Part

UNITS = (1.0, 0.01, 0.001, 0.0254, 0.0254 / 0.45)  # metres
SHORTEST, TALLEST, USUAL = 1.1, 2.3, 1.7  # metres, from the ankles to the top of the head
DISTANCE = 3.0  # metres from the camera to the hips
STILL = 1e-3  # degrees; less is no rotation
JUMP, FARTHER = 0.03, 5.0  # of the height, and how many times the largest later step
STANDS = 0.7  # straight: share of the length of legs, trunk and head

Bodies = Float[np.ndarray, "frame body theirs xyz"]


def bvh(part: Part, text: str, said: Conventions) -> tuple[Layout, Bodies, float]:
    """The layout, the bodies and the frames per second of a file."""
    motion = parse(part, text)
    try:
        fps = checked_fps(1 / motion.frame_time if motion.frame_time > 0 else 0.0)
    except ValueError as error:
        raise Damaged(part, f"Frame Time: {motion.frame_time:g}, {error}") from error
    layout, chosen = _rigs(part, motion.joints)
    bodies = np.stack([positions(motion, joints) for joints in chosen], axis=1)
    rest = rest_pose(motion.joints)
    height = _height(motion.joints, rest, layout, chosen[0])
    bodies = bodies[_first_frame(motion, bodies, height) :]
    unit = _unit(height) if said.unit is None else said.unit
    turn = _upright(rest[chosen[0]], layout, height) if said.axes is None else said.axes
    bodies = bodies @ turn.T
    if said.axes is None:
        bodies = bodies @ _facing(bodies[0, 0], layout).T
    bodies = bodies * unit
    hips = layout.joints.index(layout.measured["spine_base"])
    place = np.array([0, 0, DISTANCE]) - bodies[0, 0, hips] * [1, 0, 1]
    return layout, bodies + (place if said.origin is None else said.origin), fps


def _rigs(part: Part, joints: Sequence[BvhJoint]) -> tuple[Layout, list[list[int]]]:
    """The layout, and for each root the joints of it."""
    roots: list[list[int]] = []
    owner: dict[int, list[int]] = {}
    for place, joint in enumerate(joints):
        if joint.parent < 0:
            roots.append([])
        owner[place] = roots[-1] if joint.parent < 0 else owner[joint.parent]
        owner[place].append(place)
    found: list[list[int]] = []
    for members in roots:
        try:
            layout = rig([joints[each].name for each in members])
        except ValueError as error:
            raise Damaged(part, str(error)) from error
        named = keys(joints[each].name for each in members)
        found.append([members[named.index(each)] for each in layout.joints])
        if len(found[-1]) != len(found[0]):
            raise Damaged(part, "holds skeletons of different rigs, expected one")
    return layout, found


def _height(
    joints: Sequence[BvhJoint],
    rest: Float[np.ndarray, "joint xyz"],
    layout: Layout,
    chosen: Sequence[int],
) -> float:
    """From the ankles to the top of the head along the bones, however these lie."""
    named = dict(zip(layout.joints, chosen, strict=True))

    def length(end: int, start: int) -> float:
        bones = [each for each in _above(joints, end) if each not in {*_above(joints, start)}]
        return float(sum(np.linalg.norm(joints[each].offset) for each in bones))

    base = named[layout.measured["spine_base"]]
    top = named.get("head end", named["head"])
    leg = [
        length(named[layout.measured[f"{side}_ankle"]], named[layout.measured[f"{side}_hip"]])
        for side in ("left", "right")
    ]
    return length(top, base) + sum(leg) / 2


def _above(joints: Sequence[BvhJoint], place: int) -> Iterator[int]:
    while place >= 0:
        yield place
        place = joints[place].parent


def _first_frame(motion: BvhMotion, bodies: Bodies, height: float) -> int:
    """1 where the first frame is the rest pose before the action, else 0."""
    turning = [
        joint.first + k
        for joint in motion.joints
        for k, channel in enumerate(joint.channels)
        if channel.endswith("rotation")
    ]
    if len(bodies) < 3 or not turning:
        return 0
    still = np.abs(motion.numbers[:2][:, turning]).max(1) < STILL
    if still[0] and not still[1]:
        return 1
    shape = bodies[:, 0] - bodies[:, 0].mean(1, keepdims=True)
    steps = np.linalg.norm(np.diff(shape, axis=0), axis=2).mean(1)
    return int(steps[0] > JUMP * height and steps[0] > FARTHER * steps[1:].max())


def _unit(height: float) -> float:
    fits = (unit for unit in UNITS if SHORTEST <= height * unit <= TALLEST)
    return next(fits, USUAL / height if height else 1.0)


def _upright(rest: Float[np.ndarray, "joint xyz"], layout: Layout, height: float) -> Matrix:
    """The turn that brings the axis to y along which the rest pose stands."""

    def at(joint: str) -> Point:
        return rest[layout.joints.index(layout.measured.get(joint, joint))]

    up = at("head") - (at("left_ankle") + at("right_ankle")) / 2
    axis = int(np.abs(up).argmax())
    if abs(up[axis]) < STANDS * height or (axis == 1 and up[1] > 0):
        return np.eye(3)
    sign = np.sign(up[axis])
    if axis == 1:
        return np.diag([1.0, -1, -1])
    turn = np.eye(3)
    # A quarter turn about the axis that is neither: it takes `axis` to y and y to -`axis`.
    turn[[1, axis]] = 0
    turn[1, axis], turn[axis, 1] = sign, -sign
    return turn


def _facing(body: Float[np.ndarray, "theirs xyz"], layout: Layout) -> Matrix:
    """The turn about y after which x points from the left to the right side of a body."""

    def at(joint: str) -> Point:
        return body[layout.joints.index(layout.measured[joint])]

    across = at("right_hip") + at("right_shoulder") - at("left_hip") - at("left_shoulder")
    x, _, z = across
    if np.hypot(x, z) < 0.3 * np.linalg.norm(across):  # lies on a side: as if facing along z
        return np.diag([-1.0, 1, -1])
    cosine, sine = np.array([x, z]) / np.hypot(x, z)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
