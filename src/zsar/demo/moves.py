"""What actions are composed of: motions of body parts that go to a goal, stay, swing and return.

Times are shares of the clip. Lengths are metres for an average performer, as (outward, up, ahead)
for hands and feet, so that one motion serves both sides, and as (right, up, ahead) for the pelvis.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

AVERAGE = 1.70  # the stature, in metres, that the lengths of a choreography are written for

Number = float | int
Vector = tuple[Number, Number, Number]
When = tuple[Number, Number, Number, Number]  # starts, is there, leaves, is back

ANGLES = ("turn", "tip", "roll", "bend", "lean", "twist", "look", "nod", "cock")  # degrees
POINTS = ("pelvis", "right foot", "left foot")
WHOLE_BODY = ("turn", "tip", "roll")  # of the whole body; never scaled

BEFORE, AFTER = (-9.0, -8.0), (9.0, 10.0)  # already there in the first frame; never leaves


@dataclass(frozen=True)
class Move:
    """One part of the body goes to its goal and back, or swings about it while it is there."""

    part: str
    goal: Number | Vector | str  # an angle, a way, or the name of an anchor
    when: When
    cycles: Number = 0
    phase: Number = 0  # in cycles


@dataclass(frozen=True)
class Anchor:
    """A place for a hand: beside a joint, along the axes of a part of the body."""

    whose: str  # own, partner, or between: half way to the partner's same joint
    frame: str
    joint: str
    away: Vector
    pole: Vector  # where the elbow points, along the chest's axes


Moves = tuple[Move, ...]


def presence(when: When, clock: Float[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
    """0 before, 1 while there, 0 after, with smooth changes."""
    start, there, leave, back = when
    return smooth((clock - start) / (there - start)) - smooth((clock - leave) / (back - leave))


def strength(move: Move, clock: Float[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
    """How much of its goal a part has reached: between 0 and 1, or -1 and 1 while it swings."""
    there = presence(move.when, clock)
    if not move.cycles:
        return there
    start, end = move.when[0], move.when[3]
    return there * np.sin(2 * np.pi * (move.cycles * (clock - start) / (end - start) + move.phase))


def smooth(share: Float[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
    share = np.clip(share, 0.0, 1.0)
    return share**3 * (share * (6 * share - 15) + 10)


def angle(part: str, degrees: Number, *when: Number) -> Moves:
    return (Move(part, degrees, _when(when)),)


def hand(side: str, anchor: str, *when: Number) -> Moves:
    return (Move(f"{side} hand", anchor, _when(when)),)


def hands(anchor: str, *when: Number) -> Moves:
    return hand("right", anchor, *when) + hand("left", anchor, *when)


def shake(side: str, way: Vector, cycles: Number, *when: Number, phase: Number = 0) -> Moves:
    return (Move(f"{side} hand", way, _when(when), cycles, phase),)


def pelvis(way: Vector, *when: Number) -> Moves:
    return (Move("pelvis", way, _when(when)),)


def foot(side: str, way: Vector, *when: Number) -> Moves:
    return (Move(f"{side} foot", way, _when(when)),)


def step(side: str, ahead: float, start: float, there: float, height: float = 0.09) -> Moves:
    """A foot is lifted and set down further ahead, and carries half of the body with it."""
    highest = (start + there) / 2
    return (
        *foot(side, (0, 0, ahead), start, there),
        *foot(side, (0, height, 0), start, highest, highest, there),
        *pelvis((0, 0, ahead / 2), start, there),
    )


def walk(ahead: float, steps: int, start: float, end: float) -> Moves:
    """Steps in turn, the first and the last half as long, with arms that swing against the legs."""
    beat, stride = (end - start) / (steps + 1), ahead / steps
    sides = ("right", "left")
    moves: Moves = ()
    for k in range(steps + 1):
        length = stride if k in (0, steps) else 2 * stride
        moves += step(sides[k % 2], length, start + k * beat, start + (k + 1.15) * beat)
    when = (start, start + beat, end - beat, end)
    for side, phase in (("right", 0.5), ("left", 0.0)):
        moves += shake(side, (0.02, 0.03, 0.16), (steps + 1) / 2, *when, phase=phase)
    return moves


def hop(height: float, start: float, end: float, *sides: str) -> Moves:
    """Off the ground and back on it, with these feet; the knees give way before and after."""
    span, top = end - start, (start + end) / 2
    dip = pelvis((0, -0.35 * height - 0.02, 0), start - 0.7 * span, start, start, top)
    land = pelvis((0, -0.35 * height - 0.02, 0), top, end, end, end + 0.7 * span)
    moves = dip + land + pelvis((0, height, 0), start, top, top, end)
    for side in sides:
        moves += foot(side, (0, height, 0), start, top, top, end)
    return moves


def _when(times: tuple[Number, ...]) -> When:
    """Two times mean that the part stays where it went."""
    start, there, leave, back = times if len(times) == 4 else (*times, *AFTER)
    return start, there, leave, back


ANCHORS = {
    "rest": Anchor("own", "loose", "shoulder", (0.07, -0.555, 0.05), (0.35, 0.0, -1.0)),
    "beside": Anchor("own", "chest", "shoulder", (0.12, -0.53, 0.05), (0.5, 0.0, -0.6)),
    # on the head
    "mouth": Anchor("own", "head", "head", (0.02, -0.12, 0.12), (0.6, -1.0, 0.0)),
    "teeth": Anchor("own", "head", "head", (0.07, -0.10, 0.12), (1.0, -0.6, 0.2)),
    "ear": Anchor("own", "head", "head", (0.10, -0.05, 0.05), (0.7, -1.0, 0.7)),
    "temple": Anchor("own", "head", "head", (0.09, 0.05, 0.09), (1.0, -0.25, 0.3)),
    "face": Anchor("own", "head", "head", (0.03, -0.01, 0.13), (0.8, -1.0, 0.3)),
    # before the trunk
    "chest": Anchor("own", "chest", "spine_shoulder", (0.05, -0.14, 0.32), (0.6, -1.0, -0.3)),
    "belly": Anchor("own", "chest", "spine_shoulder", (0.045, -0.27, 0.29), (0.7, -1.0, -0.2)),
    "watch": Anchor("own", "chest", "spine_shoulder", (-0.04, -0.15, 0.27), (1.0, -0.6, 0.3)),
    "crossed": Anchor("own", "chest", "spine_shoulder", (-0.14, -0.06, 0.27), (0.7, -1.0, 0.3)),
    "holding": Anchor("own", "chest", "shoulder", (-0.06, -0.24, 0.32), (0.4, -1.0, -0.3)),
    "guard": Anchor("own", "chest", "shoulder", (-0.07, 0.00, 0.28), (0.5, -1.0, 0.1)),
    "ready": Anchor("own", "chest", "shoulder", (0.03, -0.31, 0.26), (0.4, -0.6, -1.0)),
    # away from it
    "low": Anchor("own", "chest", "shoulder", (-0.03, -0.27, 0.42), (0.4, -1.0, -0.2)),
    "ahead": Anchor("own", "chest", "shoulder", (0.00, 0.00, 0.62), (0.5, -1.0, 0.0)),
    "there": Anchor("own", "chest", "shoulder", (0.18, 0.06, 0.62), (0.6, -1.0, 0.0)),
    "wave": Anchor("own", "chest", "shoulder", (0.17, 0.27, 0.18), (0.7, -1.0, -0.1)),
    "high": Anchor("own", "chest", "shoulder", (0.14, 0.57, 0.08), (1.0, 0.0, 0.4)),
    "behind head": Anchor("own", "chest", "shoulder", (0.17, 0.22, -0.14), (1.0, -0.3, -0.2)),
    "across": Anchor("own", "chest", "shoulder", (-0.28, -0.34, 0.36), (0.8, -0.6, -0.2)),
    "wide": Anchor("own", "chest", "shoulder", (0.42, -0.24, 0.10), (0.2, -0.6, -1.0)),
    "back": Anchor("own", "chest", "shoulder", (0.05, -0.45, -0.30), (0.3, 0.2, -1.0)),
    # below
    "knee": Anchor("own", "floor", "spine_base", (0.13, 0.10, 0.36), (1.0, 0.0, -0.6)),
    "ground": Anchor("own", "floor", "ground", (0.08, 0.08, 0.42), (1.0, 0.0, -0.4)),
    "behind": Anchor("own", "floor", "ground", (0.30, 0.05, -0.35), (0.6, 0.2, -1.0)),
    # on the partner
    "their chest": Anchor("partner", "chest", "spine_shoulder", (0.12, -0.1, 0.1), (0.8, -1.0, 0)),
    "their face": Anchor("partner", "head", "head", (0.02, -0.03, 0.12), (0.7, -1.0, 0.0)),
    "their back": Anchor("partner", "chest", "spine_shoulder", (0.06, -0.14, -0.13), (1, -0.6, 0)),
    "their hand": Anchor("between", "floor", "spine_base", (0.01, 0.14, 0.0), (0.4, -1.0, -0.4)),
}
