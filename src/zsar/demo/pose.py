"""From the motions of the parts of a body to its joints: first all but the arms, then the arms from
one place to the next."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.demo import rig
from zsar.demo.moves import ANCHORS, ANGLES, AVERAGE, POINTS, Anchor, Moves, strength
from zsar.demo.rig import SIDES, Build, Frames, Points, Trunk

Curve = Float[np.ndarray, " frame"]


@dataclass(frozen=True)
class Stance:
    """Where and how a person stands before anything happens."""

    build: Build
    facing: int  # 1 looks along -z, -1 along z
    ahead: float  # metres along -z from the origin
    width: float  # metres between the feet
    angles: dict[str, Curve]  # idle movement, degrees
    misses: dict[str, Float[np.ndarray, " xyz"]]  # by how much each hand misses its place

    @property
    def scale(self) -> float:
        return self.build.stature / AVERAGE

    def room(self, ways: Points) -> Points:
        """Where (right, up, ahead) of this person leads to."""
        axes = self.scale * np.array([self.facing, 1, -self.facing])
        return ways * axes - np.array([0, 0, self.ahead])


@dataclass(frozen=True)
class Below:
    """A body without its arms."""

    stance: Stance
    trunk: Trunk
    legs: dict[str, Points]


def below(stance: Stance, moves: Moves, clock: Curve) -> Below:
    """Spine, head and legs."""
    build, still = stance.build, np.zeros_like(clock)
    angles = {part: _moved(stance.angles[part], part, moves, clock) for part in ANGLES}
    angles["turn"] = angles["turn"] + 90 * (1 - stance.facing)
    facing = rig.rotation(np.radians(angles["turn"]), still, still)
    home = np.zeros((len(clock), 3))
    points = {part: stance.room(_moved(home, part, moves, clock)) for part in POINTS}
    standing = build.ankle + 0.985 * (build.thigh + build.shank)
    feet = {
        side: points[f"{side} foot"] + rig.at(facing, sign * stance.width / 2, build.ankle, 0)
        for side, sign in SIDES.items()
    }
    pelvis = points["pelvis"] + np.array([0, standing, 0])
    trunk = rig.trunk(build, angles, pelvis, feet)
    legs: dict[str, Points] = {}
    for side in SIDES:
        legs |= rig.leg(build, trunk, side, feet[side])
    return Below(stance, trunk, legs)


def _moved(rest: np.ndarray, part: str, moves: Moves, clock: Curve) -> np.ndarray:
    """Where a part is, that would be at `rest` if nothing moved it."""
    mine = (move for move in moves if move.part == part)
    return sum((np.multiply.outer(strength(move, clock), move.goal) for move in mine), rest)


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
        way = _turned(np.swapaxes(chest, 1, 2), place - shoulder)
        return way, np.broadcast_to(pole, way.shape)

    way, pole = target("rest")
    shaken = np.zeros_like(way)
    for move in moves:
        there = strength(move, clock)[:, None]
        if isinstance(move.goal, str):
            goal, goal_pole = target(move.goal)
            way = _swung(way, goal, there, sign)
            pole = (1 - there) * pole + there * goal_pole
        else:
            shaken = shaken + there * np.array(move.goal)
    way = way + shaken * body.stance.scale * np.array([sign, 1, -1])
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
    axes = np.array([SIDES[side], 1, -1])
    away = body.stance.scale * np.array(anchor.away) + body.stance.misses[side]
    joint = f"{side}_shoulder" if anchor.joint == "shoulder" else anchor.joint
    if anchor.whose == "partner":
        assert partner is not None
        # What is my right is the left of somebody who faces me.
        away = away * axes * np.array([-1, 1, 1])
        return _joint(partner, joint) + _turned(partner.trunk.frames[anchor.frame], away)
    here = _joint(body, joint)
    if anchor.whose == "between":
        assert partner is not None
        here = (here + _joint(partner, joint)) / 2
        away = away * np.array([0, 1, 1])
    return here + _turned(body.trunk.frames[anchor.frame], away * axes)


def _joint(body: Below, joint: str) -> Points:
    if joint == "ground":
        return body.trunk.joints["spine_base"] * np.array([1.0, 0.0, 1.0])
    return body.trunk.joints[joint]


def _turned(frames: Frames, ways: np.ndarray) -> Points:
    return (frames @ ways[..., None])[..., 0]
