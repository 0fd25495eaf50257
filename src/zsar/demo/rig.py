"""The 25-joint skeleton model: bone lengths, a spine that bends and twists, and limbs by inverse
kinematics."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.data.skeleton import JOINTS


@dataclass(frozen=True)
class Build:
    """The lengths that make one performer."""

    stature: float
    hip: float  # from the spine to the joint, as the shoulder
    lower_spine: float
    upper_spine: float
    neck: float
    head: float
    shoulder: float
    upper_arm: float
    forearm: float
    palm: float
    finger: float
    thigh: float
    shank: float
    ankle: float  # height over the ground
    foot: float


def build(stature: float, legs: float, arms: float, breadth: float) -> Build:
    """A body of this height; `legs`, `arms` and `breadth` stretch it away from the average (1)."""
    return Build(
        stature=stature,
        hip=0.050 * stature * breadth,
        lower_spine=(0.176 - 0.08 * (legs - 1)) * stature,
        upper_spine=(0.132 - 0.08 * (legs - 1)) * stature,
        neck=0.043 * stature,
        head=0.082 * stature,
        shoulder=0.103 * stature * breadth,
        upper_arm=0.158 * stature * arms,
        forearm=0.138 * stature * arms,
        palm=0.045 * stature * arms,
        finger=0.048 * stature * arms,
        thigh=0.225 * stature * legs,
        shank=0.222 * stature * legs,
        ankle=0.045 * stature,
        foot=0.072 * stature,
    )


Points = Float[np.ndarray, "frame xyz"]
Frames = Float[np.ndarray, "frame xyz axis"]  # columns: right, up, back

SIDES = {"right": 1.0, "left": -1.0}
MIRRORED = np.array(
    [
        JOINTS.index(name.replace("left", "?").replace("right", "left").replace("?", "right"))
        for name in JOINTS
    ]
)  # each joint's counterpart on the other side


@dataclass(frozen=True)
class Trunk:
    """Spine, hips and shoulders of one body, with the frames that hands are placed in."""

    joints: Mapping[str, Points]
    frames: Mapping[str, Frames]


def rotation(turn: np.ndarray, tip: np.ndarray, lean: np.ndarray) -> Frames:
    """Radians: turn to the right, tip forward, lean to the right, in that order from outside in."""
    (a, b, c), zero, one = (-turn, -tip, -lean), np.zeros_like(turn), np.ones_like(turn)
    about_y = [[np.cos(a), zero, np.sin(a)], [zero, one, zero], [-np.sin(a), zero, np.cos(a)]]
    about_x = [[one, zero, zero], [zero, np.cos(b), -np.sin(b)], [zero, np.sin(b), np.cos(b)]]
    about_z = [[np.cos(c), -np.sin(c), zero], [np.sin(c), np.cos(c), zero], [zero, zero, one]]
    y, x, z = (np.moveaxis(np.array(rows), 2, 0) for rows in (about_y, about_x, about_z))
    return y @ x @ z


def offset(frames: Frames, *way: float | int) -> Points:
    """A fixed place, as (right, up, back), in moving axes."""
    return frames @ np.array(way, dtype=float)


def trunk(
    build: Build,
    angles: Mapping[str, Float[np.ndarray, " frame"]],
    pelvis: Points,
    feet: Mapping[str, Points],
) -> Trunk:
    """Spine, head, hips and shoulders; the pelvis sinks where the legs would be too short."""
    frames = _frames({name: np.radians(degrees) for name, degrees in angles.items()})
    hips, chest = frames["pelvis"], frames["chest"]
    base = pelvis + offset(hips, 0, 0.012 * build.stature, 0)
    joints = {
        f"{side}_hip": pelvis + offset(hips, sign * build.hip, 0, 0) for side, sign in SIDES.items()
    }
    sink = _sink_to_reach(build, joints, feet)
    joints = {name: point - sink for name, point in joints.items()}
    joints["spine_base"] = base - sink
    joints["spine_mid"] = joints["spine_base"] + offset(frames["waist"], 0, build.lower_spine, 0)
    joints["spine_shoulder"] = joints["spine_mid"] + offset(chest, 0, build.upper_spine, 0)
    joints["neck"] = joints["spine_shoulder"] + offset(chest, 0, build.neck, 0)
    joints["head"] = joints["neck"] + offset(frames["head"], 0, build.head, -0.018)
    for side, sign in SIDES.items():
        aside = offset(chest, sign * build.shoulder, -0.035 * build.stature, 0)
        joints[f"{side}_shoulder"] = joints["spine_shoulder"] + aside
    return Trunk(joints, frames)


def _frames(angle: Mapping[str, Float[np.ndarray, " frame"]]) -> dict[str, Frames]:
    """The axes of each part of the trunk, of the floor below it and of arms that do nothing."""
    turn, still = angle["turn"], np.zeros_like(angle["turn"])
    twist, bend, lean = angle["twist"], angle["bend"], angle["lean"]
    hips = rotation(turn, angle["tip"], angle["roll"])
    chest = hips @ rotation(twist, bend, lean)
    bent, aside = angle["tip"] + bend, angle["roll"] + lean
    return {
        "floor": rotation(turn, still, still),
        "pelvis": hips,
        "waist": hips @ rotation(0.4 * twist, 0.4 * bend, 0.4 * lean),
        "chest": chest,
        "head": chest @ rotation(angle["look"], angle["nod"], angle["cock"]),
        # Idle arms hang and follow a bending trunk only a little.
        "loose": rotation(turn + twist, 0.3 * bent, 0.5 * aside),
    }


def _sink_to_reach(build: Build, hips: Mapping[str, Points], feet: Mapping[str, Points]) -> Points:
    """How far the body must sink so that each foot on the ground stays there."""
    reach, sink = 0.995 * (build.thigh + build.shank), np.zeros(len(feet["right"]))
    for side, ankle in feet.items():
        away = hips[f"{side}_hip"] - ankle
        across = np.hypot(away[:, 0], away[:, 2])
        planted = np.clip(1 - (ankle[:, 1] - build.ankle) / 0.10, 0, 1)
        tallest = np.sqrt(np.maximum(reach**2 - across**2, (0.3 * reach) ** 2))
        sink = np.maximum(sink, planted * (away[:, 1] - tallest))
    return sink[:, None] * np.array([0.0, 1.0, 0.0])


def unit(vectors: Points) -> Points:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def limb(
    root: Points, goal: Points, pole: Points, upper: float, lower: float
) -> tuple[Points, Points]:
    """Middle and end of a two-bone limb that reaches for a goal and bends towards its pole."""
    longest, shortest = 0.998 * (upper + lower), 1.05 * abs(upper - lower) + 0.02
    axis = unit(goal - root)
    length = np.clip(np.linalg.norm(goal - root, axis=1, keepdims=True), shortest, longest)
    along = (upper**2 - lower**2 + length**2) / (2 * length)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0))
    bend = unit(pole - axis * (pole * axis).sum(1, keepdims=True))
    return root + along * axis + aside * bend, root + length * axis


def leg(build: Build, body: Trunk, side: str, ankle: Points) -> dict[str, Points]:
    """Knee, ankle and toes; the knee is a hinge about the pelvis's axis, a little turned out."""
    pelvis, hip = body.frames["pelvis"], body.joints[f"{side}_hip"]
    right = np.broadcast_to(pelvis[:, :, 0], hip.shape)
    outward = SIDES[side] * 0.12 * right
    pole = unit(np.cross(right, unit(ankle - hip))) + outward
    knee, ankle = limb(hip, ankle, pole, build.thigh, build.shank)
    forward = -body.frames["floor"][:, :, 2] + outward
    flat = unit(forward) * build.foot - np.array([0, 0.75 * build.ankle, 0])
    shank = unit(ankle - knee)
    hinged = unit(np.cross(right, shank) + 0.45 * shank) * build.foot
    lifted = (ankle[:, 1] - build.ankle) / 0.15
    lying = (0.6 - pelvis[:, 1, 1]) / 0.3
    hanging = np.clip(np.maximum(lifted, lying), 0, 1)[:, None]
    toes = ankle + (1 - hanging) * flat + hanging * hinged
    return {f"{side}_knee": knee, f"{side}_ankle": ankle, f"{side}_foot": toes}


def arm(build: Build, body: Trunk, side: str, hand: Points, pole: Points) -> dict[str, Points]:
    """Elbow, wrist, hand, finger tips and thumb of an arm whose hand is given."""
    chest, shoulder = body.frames["chest"], body.joints[f"{side}_shoulder"]
    raised = np.clip((unit(hand - shoulder) * chest[:, :, 1]).sum(1, keepdims=True), 0, 1)
    shoulder = shoulder + 0.03 * build.stature * raised * chest[:, :, 1]
    across = -SIDES[side] * chest[:, :, 0]
    elbow, hand = limb(shoulder, hand, pole, build.upper_arm, build.forearm + build.palm)
    along = unit(hand - elbow)
    grip = across - 0.6 * chest[:, :, 2]
    thumb = unit(grip - along * (grip * along).sum(1, keepdims=True))
    return {
        f"{side}_shoulder": shoulder,
        f"{side}_elbow": elbow,
        f"{side}_wrist": elbow + build.forearm * along,
        f"{side}_hand": hand,
        f"{side}_hand_tip": hand + build.finger * unit(along + 0.35 * across),
        f"{side}_thumb": hand + 0.35 * build.finger * along + 0.022 * build.stature * thumb,
    }


def stacked(joints: Mapping[str, Points]) -> Float[np.ndarray, "frame joint xyz"]:
    """The joints in the order of the sensor; a body below the ground is lifted onto it."""
    body = np.stack([joints[name] for name in JOINTS], axis=1)
    below = np.minimum(body[:, :, 1].min(axis=1) - 0.01, 0)
    return body - below[:, None, None] * np.array([0.0, 1.0, 0.0])
