"""From the motions of its parts to the joints of a body."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.data.demo import rig
from zsar.data.demo.anchors import ANCHORS
from zsar.data.demo.moves import ANGLES, AVERAGE, Anchor, Move, Moves, Vector, presence
from zsar.data.demo.rig import SIDES, Build, Frames, Points, Trunk

Curve = Float[np.ndarray, " frame"]


@dataclass(frozen=True)
class Stance:
    """Where and how a person stands before anything happens."""

    build: Build
    turn: float  # degrees to the right; 0 looks along -z
    origin: Vector
    width: float  # metres between the feet
    angles: dict[str, Curve]  # idle movement, degrees
    misses: dict[str, Vector]  # by how much each hand misses its place, metres

    def lengths(self, metres: Vector) -> np.ndarray:
        return np.array(metres) * self.build.stature / AVERAGE


@dataclass(frozen=True)
class Below:
    """A body without its arms."""

    stance: Stance
    trunk: Trunk
    legs: dict[str, Points]


def below(stance: Stance, moves: Moves, clock: Curve) -> Below:
    """Spine, head and legs."""
    angles = {part: stance.angles[part] + _sum(part, moves, clock) for part in ANGLES}
    angles["turn"] = angles["turn"] + stance.turn
    still = np.zeros_like(clock)
    heading = rig.rotation(np.radians(stance.turn + still), still, still)
    facing = rig.rotation(np.radians(angles["turn"]), still, still)

    def point(part: str, height: float, aside: float) -> Points:
        way = stance.lengths((1, 1, -1)) * _sum(part, moves, clock, width=3)
        here = np.array(stance.origin) + np.array([0, height, 0])
        return here + _turned(heading, way) + rig.at(facing, aside, 0, 0)

    build = stance.build
    standing = build.ankle + 0.985 * (build.thigh + build.shank)
    feet = {
        side: point(f"{side} foot", build.ankle, sign * stance.width / 2)
        for side, sign in SIDES.items()
    }
    trunk = rig.trunk(build, angles, point("pelvis", standing, 0), feet)
    legs: dict[str, Points] = {}
    for side in SIDES:
        legs |= rig.leg(build, trunk, side, feet[side])
    return Below(stance, trunk, legs)


def whole(
    body: Below, partner: Below | None, moves: Moves, clock: Curve
) -> Float[np.ndarray, "frame joint xyz"]:
    """All joints; the arms know where the partner is."""
    joints = {**body.trunk.joints, **body.legs}
    for side in SIDES:
        mine = tuple(move for move in moves if move.part == f"{side} hand")
        joints |= _arm(body, partner, side, mine, clock)
    return rig.stacked(joints)


def _arm(
    body: Below, partner: Below | None, side: str, moves: Moves, clock: Curve
) -> dict[str, Points]:
    trunk, sign = body.trunk, SIDES[side]
    chest, shoulder = trunk.frames["chest"], trunk.joints[f"{side}_shoulder"]

    def target(name: str) -> tuple[Points, Points]:
        place = _place(ANCHORS[name], body, partner, side)
        pole = np.array(ANCHORS[name].pole) * np.array([sign, 1, -1])
        return _turned(np.swapaxes(chest, 1, 2), place - shoulder), np.broadcast_to(
            pole, place.shape
        )

    way, pole = target("rest")
    for move in moves:
        if isinstance(move.goal, str):
            there = presence(move.when, clock)[:, None]
            goal, goal_pole = target(move.goal)
            way = _swung(way, goal, there, sign)
            pole = (1 - there) * pole + there * goal_pole
    shaken = sum((_shaken(move, clock) for move in moves), np.zeros_like(way))
    way = way + shaken * body.stance.lengths((sign, 1, -1))
    hand = shoulder + _turned(chest, way)
    return rig.arm(body.stance.build, trunk, side, hand, _turned(chest, pole))


def _swung(way: Points, goal: Points, share: Float[np.ndarray, "frame 1"], sign: float) -> Points:
    """Part of the way from one place to another, on an arc about the shoulder through the front."""
    length = [np.linalg.norm(each, axis=1, keepdims=True) for each in (way, goal)]
    here, there = rig.unit(way), rig.unit(goal)
    opposed = (1 - (here * there).sum(1, keepdims=True)) / 2
    front = 2.4 * share * (1 - share) * opposed * np.array([0.45 * sign, 0, -1.0])
    direction = rig.unit((1 - share) * here + share * there + front)
    return direction * ((1 - share) * length[0] + share * length[1])


def _place(anchor: Anchor, body: Below, partner: Below | None, side: str) -> Points:
    sign = SIDES[side] * np.array([1, 0, 0]) + np.array([0, 1, 0]) + np.array([0, 0, -1])
    away = body.stance.lengths(anchor.away) + body.stance.misses[side]
    joint = f"{side}_shoulder" if anchor.joint == "shoulder" else anchor.joint
    if anchor.whose == "partner":
        assert partner is not None
        # What is my right is the left of somebody who faces me.
        away = away * sign * np.array([-1, 1, 1])
        return _joint(partner, joint) + _turned(partner.trunk.frames[anchor.frame], away)
    here = _joint(body, joint)
    if anchor.whose == "between":
        assert partner is not None
        here = (here + _joint(partner, joint)) / 2
        away = away * np.array([0, 1, 1])
    return here + _turned(body.trunk.frames[anchor.frame], away * sign)


def _joint(body: Below, joint: str) -> Points:
    if joint == "ground":
        return body.trunk.joints["spine_base"] * np.array([1.0, 0.0, 1.0])
    return body.trunk.joints[joint]


def _turned(frames: Frames, ways: np.ndarray) -> Points:
    return (frames @ ways[..., None])[..., 0]


def _sum(part: str, moves: Moves, clock: Curve, width: int = 0) -> np.ndarray:
    total = np.zeros((len(clock), width)) if width else np.zeros(len(clock))
    for move in moves:
        if move.part == part:
            total = total + np.multiply.outer(_strength(move, clock), move.goal)
    return total


def _shaken(move: Move, clock: Curve) -> Points | float:
    if isinstance(move.goal, str):
        return 0.0
    return np.multiply.outer(_strength(move, clock), move.goal)


def _strength(move: Move, clock: Curve) -> Curve:
    there = presence(move.when, clock)
    if not move.cycles:
        return there
    start, end = move.when[0], move.when[3]
    return there * np.sin(2 * np.pi * (move.cycles * (clock - start) / (end - start) + move.phase))
