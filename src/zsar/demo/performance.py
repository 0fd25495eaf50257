"""One performance of an action: its motions, varied in size, speed and timing by performer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from zsar.demo.actions import Action
from zsar.demo.config import Manner, People
from zsar.demo.moves import ANGLES, POINTS, WHOLE_BODY, Move, Moves, Number, Vector
from zsar.demo.pose import Curve, Stance, all_joints, trunk_and_legs
from zsar.demo.rig import MIRRORED, SIDES, Build, build


@dataclass(frozen=True)
class Performer:
    subject: int
    build: Build
    tempo: float
    amplitude: float
    stance: float  # metres between the feet
    slouch: float  # degrees


def performer(subject: int, people: People, rng: np.random.Generator) -> Performer:
    legs, arms, breadth = 1 + people.proportions * np.clip(rng.standard_normal(3), -2, 2)
    return Performer(
        subject,
        build(rng.uniform(*people.stature), legs, arms, breadth),
        tempo=rng.uniform(*people.tempo),
        amplitude=rng.uniform(*people.amplitude),
        stance=rng.uniform(*people.stance),
        slouch=rng.uniform(*people.slouch),
    )


def perform(
    action: Action,
    people: Sequence[Performer],
    left_handed: bool,
    manner: Manner,
    rng: np.random.Generator,
) -> Float[np.ndarray, "frame body joint xyz"]:
    """The joints of all performers: the first person at the origin, facing -z."""
    clock = _clock(action, people[0].tempo, manner, rng)
    amplitude = people[0].amplitude * _uniform(1.0, manner.amplitude, rng)
    choreography = action.variants[rng.integers(len(action.variants))]()
    parts = [_varied(moves, amplitude, manner, rng) for moves in choreography]
    bodies = [
        trunk_and_legs(
            _stance(people[k], k * action.distance, manner, len(clock), rng), moves, clock
        )
        for k, moves in enumerate(parts)
    ]
    partners = [bodies[1], bodies[0]] if len(bodies) == 2 else [None]
    joints = [all_joints(*each, clock) for each in zip(bodies, partners, parts, strict=True)]
    performers = np.stack(joints, axis=1)
    return performers[:, :, MIRRORED] * np.array([-1.0, 1.0, 1.0]) if left_handed else performers


def _stance(
    who: Performer, ahead: float, manner: Manner, length: int, rng: np.random.Generator
) -> Stance:
    idle = {part: manner.sway * _idle_sway(length, rng) for part in ANGLES}
    idle["bend"] = idle["bend"] + who.slouch
    misses = {side: manner.aim * rng.standard_normal(3) for side in SIDES}
    return Stance(who.build, -1 if ahead else 1, ahead, who.stance, idle, misses)


def _idle_sway(length: int, rng: np.random.Generator) -> Float[np.ndarray, " frame"]:
    """Slow idle movement, about 1 in size."""
    speed, phase = rng.uniform(0.02, 0.12, (3, 1)), rng.uniform(0, 2 * np.pi, (3, 1))
    return np.sin(speed * np.arange(length) + phase).sum(0) / 3**0.5


def _clock(action: Action, tempo: float, manner: Manner, rng: np.random.Generator) -> Curve:
    fewest, most = manner.frames
    seconds = action.seconds / (tempo * _uniform(1.0, manner.tempo, rng))
    length = int(np.clip(round(seconds * manner.rate), fewest, most))
    even = np.linspace(_uniform(0.0, manner.trim, rng), _uniform(1.0, manner.trim, rng), length)
    return even + 4 * _uniform(0.0, manner.warp, rng) * even * (1 - even)


def _uniform(middle: float, most: float, rng: np.random.Generator) -> float:
    return middle + most * rng.uniform(-1, 1)


def _varied(moves: Moves, amplitude: float, manner: Manner, rng: np.random.Generator) -> Moves:
    """The motions of this performance."""
    pace = _uniform(1.0, manner.pace, rng)
    return tuple(_vary(move, amplitude, pace, manner, rng) for move in moves)


def _vary(
    move: Move, amplitude: float, pace: float, manner: Manner, rng: np.random.Generator
) -> Move:
    late, strength = manner.timing * rng.standard_normal(), _uniform(1.0, manner.strength, rng)
    if move.part in POINTS or move.cycles:
        late = 0.0  # feet and pelvis, and hands that swing together, must keep together
    if move.part in POINTS:
        strength = amplitude**0.5  # likewise; and chairs have one height
    elif move.part not in WHOLE_BODY:
        strength *= amplitude
    else:
        strength = 1.0
    start, there, leave, back = move.when
    when = (start + late, there + late, leave + late, back + late)
    return Move(move.part, _scaled(move.goal, strength), when, move.cycles * pace, move.phase)


def _scaled(goal: Number | Vector | str, strength: float) -> Number | Vector | str:
    if isinstance(goal, str):
        return goal
    if isinstance(goal, tuple):
        return goal[0] * strength, goal[1] * strength, goal[2] * strength
    return goal * strength
