"""From the motions of its parts to the joints of a body, all but the arms."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.data.demo import rig
from zsar.data.demo.build import Build
from zsar.data.demo.moves import ANGLES, AVERAGE, POINTS, Moves, strength
from zsar.data.demo.rig import SIDES, Points, Trunk

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
