"""From the motions of body parts to joints: first trunk and legs, then the arms, whose goals may be
on the other body."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.demo import rig
from zsar.demo.moves import ANCHORS, ANGLES, AVERAGE, POINTS, Anchor, Moves, strength
from zsar.demo.rig import SIDES, Build, Frames, Points, Trunk

Curve = Float[np.ndarray, " frame"]


@dataclass(frozen=True)
class Stance:
    """Where and how a person stands before the action."""

    build: Build
    facing: int  # 1 looks along -z, -1 along z
    ahead: float  # metres along -z from the origin
    width: float  # metres between the feet
    angles: dict[str, Curve]  # idle movement, degrees
    misses: dict[str, Float[np.ndarray, " xyz"]]  # by how much each hand misses its place

    @property
    def scale(self) -> float:
        return self.build.stature / AVERAGE

    def to_world(self, ways: Points) -> Points:
        """(right, up, ahead) of this person in the axes of the scene."""
        axes = self.scale * np.array([self.facing, 1, -self.facing])
        return ways * axes - np.array([0, 0, self.ahead])


@dataclass(frozen=True)
class TrunkAndLegs:
    """A body without its arms."""

    stance: Stance
    trunk: Trunk
    legs: dict[str, Points]


def trunk_and_legs(stance: Stance, moves: Moves, clock: Curve) -> TrunkAndLegs:
    """Spine, head and legs."""
    build, still = stance.build, np.zeros_like(clock)
    angles = {part: _animated(stance.angles[part], part, moves, clock) for part in ANGLES}
    angles["turn"] = angles["turn"] + 90 * (1 - stance.facing)
    facing = rig.rotation(np.radians(angles["turn"]), still, still)
    home = np.zeros((len(clock), 3))
    points = {part: stance.to_world(_animated(home, part, moves, clock)) for part in POINTS}
    standing = build.ankle + 0.985 * (build.thigh + build.shank)
    feet = {
        side: points[f"{side} foot"] + rig.offset(facing, sign * stance.width / 2, build.ankle, 0)
        for side, sign in SIDES.items()
    }
    pelvis = points["pelvis"] + np.array([0, standing, 0])
    trunk = rig.trunk(build, angles, pelvis, feet)
    legs: dict[str, Points] = {}
    for side in SIDES:
        legs |= rig.leg(build, trunk, side, feet[side])
    return TrunkAndLegs(stance, trunk, legs)


def _animated(rest: np.ndarray, part: str, moves: Moves, clock: Curve) -> np.ndarray:
    """Where a part is that is at `rest` without motion."""
    mine = (move for move in moves if move.part == part)
    return sum((np.multiply.outer(strength(move, clock), move.goal) for move in mine), rest)


def all_joints(
    body: TrunkAndLegs, partner: TrunkAndLegs | None, moves: Moves, clock: Curve
) -> Float[np.ndarray, "frame joint xyz"]:
    """All joints; the goals of the arms may be on the partner."""
    joints = {**body.trunk.joints, **body.legs}
    for side in SIDES:
        mine = tuple(move for move in moves if move.part == f"{side} hand")
        joints |= _arm(body, partner, side, mine, clock)
    return rig.stacked(joints)


def _arm(
    body: TrunkAndLegs, partner: TrunkAndLegs | None, side: str, moves: Moves, clock: Curve
) -> dict[str, Points]:
    trunk, sign = body.trunk, SIDES[side]
    chest, shoulder = trunk.frames["chest"], trunk.joints[f"{side}_shoulder"]

    def target(name: str) -> tuple[Points, Points]:
        place = _place(ANCHORS[name], body, partner, side)
        pole = np.array(ANCHORS[name].pole) * np.array([sign, 1, -1])
        way = _rotated(np.swapaxes(chest, 1, 2), place - shoulder)
        return way, np.broadcast_to(pole, way.shape)

    way, pole = target("rest")
    shaken = np.zeros_like(way)
    for move in moves:
        there = strength(move, clock)[:, None]
        if isinstance(move.goal, str):
            goal, goal_pole = target(move.goal)
            way = _along_arc(way, goal, there, sign)
            pole = (1 - there) * pole + there * goal_pole
        else:
            shaken = shaken + there * np.array(move.goal)
    way = way + shaken * body.stance.scale * np.array([sign, 1, -1])
    hand = shoulder + _rotated(chest, way)
    return rig.arm(body.stance.build, trunk, side, hand, _rotated(chest, pole))


def _along_arc(
    way: Points, goal: Points, share: Float[np.ndarray, "frame 1"], sign: float
) -> Points:
    """Part of the way from one place to another, on an arc around the shoulder, in front."""
    length = [np.linalg.norm(each, axis=1, keepdims=True) for each in (way, goal)]
    here, there = rig.unit(way), rig.unit(goal)
    opposed = (1 - (here * there).sum(1, keepdims=True)) / 2
    front = 2.4 * share * (1 - share) * opposed * np.array([0.45 * sign, 0, -1.0])
    direction = rig.unit((1 - share) * here + share * there + front)
    return direction * ((1 - share) * length[0] + share * length[1])


def _place(anchor: Anchor, body: TrunkAndLegs, partner: TrunkAndLegs | None, side: str) -> Points:
    axes = np.array([SIDES[side], 1, -1])
    away = body.stance.scale * np.array(anchor.away) + body.stance.misses[side]
    joint = f"{side}_shoulder" if anchor.joint == "shoulder" else anchor.joint
    if anchor.whose == "partner":
        assert partner is not None
        # The partner faces this person, so that left and right are exchanged.
        away = away * axes * np.array([-1, 1, 1])
        return _joint(partner, joint) + _rotated(partner.trunk.frames[anchor.frame], away)
    here = _joint(body, joint)
    if anchor.whose == "between":
        assert partner is not None
        here = (here + _joint(partner, joint)) / 2
        away = away * np.array([0, 1, 1])
    return here + _rotated(body.trunk.frames[anchor.frame], away * axes)


def _joint(body: TrunkAndLegs, joint: str) -> Points:
    if joint == "ground":
        return body.trunk.joints["spine_base"] * np.array([1.0, 0.0, 1.0])
    return body.trunk.joints[joint]


def _rotated(frames: Frames, ways: np.ndarray) -> Points:
    return (frames @ ways[..., None])[..., 0]
