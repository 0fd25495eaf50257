"""Random motions for every class, which depend on its number and not on its name."""

from collections.abc import Callable

import numpy as np

from zsar.demo.actions import Action
from zsar.demo.config import DemoConfig, Manner, People, Sensor, Videos
from zsar.demo.moves import ANCHORS, Moves, angle, hand, hop, pelvis, shake, step

MOTIONS = 60  # of the streams of random numbers, the one that the classes draw from
DISTANCE = 1.1  # metres between two people
DEGREES = {"bend": 35.0, "lean": 14.0, "twist": 35.0, "look": 40.0, "nod": 28.0, "cock": 18.0}
ALONE = [name for name, anchor in ANCHORS.items() if anchor.whose == "own"]
LEGS: tuple[Callable[[np.random.Generator], Moves], ...] = (
    lambda rng: (),
    lambda rng: pelvis((0, -rng.uniform(0.1, 0.35), -0.1), *_times(rng)),
    lambda rng: step("right", rng.uniform(-0.3, 0.4), 0.2, rng.uniform(0.4, 0.7)),
    lambda rng: hop(rng.uniform(0.06, 0.25), 0.3, rng.uniform(0.45, 0.6), "right", "left"),
)
PAUSE = 4  # frames between two actions of a video


def random_action(label: int, bodies: int) -> Action:
    """The action of a class; every performance varies it a little."""
    rng = np.random.default_rng((MOTIONS, label))
    places = ALONE if bodies == 1 else list(ANCHORS)
    moves = tuple(_moves(places, rng) for _ in range(bodies))
    return Action(f"stand-in {label + 1}", 1.0, (lambda: moves,), DISTANCE if bodies == 2 else 0.0)


def _moves(places: list[str], rng: np.random.Generator) -> Moves:
    """Both hands go to a place and swing there, the trunk turns, and the legs do one motion."""
    moves: Moves = ()
    for side in ("right", "left"):
        way = (rng.uniform(-0.14, 0.14), rng.uniform(-0.14, 0.14), rng.uniform(-0.14, 0.14))
        moves += hand(side, str(rng.choice(places)), *_times(rng))
        moves += shake(side, way, rng.uniform(1, 5), *_times(rng), phase=rng.random())
    for part in rng.choice(list(DEGREES), 3, replace=False):
        moves += angle(str(part), DEGREES[part] * rng.uniform(-1, 1), *_times(rng))
    return moves + LEGS[rng.integers(len(LEGS))](rng)


def _times(rng: np.random.Generator) -> list[float]:
    """When a part of the body starts, is there, leaves and is back."""
    start, stay = rng.uniform(0, 0.25), rng.uniform(0.1, 0.35)
    return [start, start + 0.2, start + 0.2 + stay, start + 0.4 + stay]


def settings(fewest: int, most: int, setups: int) -> DemoConfig:
    """People, cameras and frames of a clip; the sensors track every body in every frame."""
    return DemoConfig(
        People(
            subjects=(1,),
            views=(1,),
            left_handed=(),
            repetitions=1,
            stature=(1.52, 1.92),
            proportions=0.04,
            tempo=(0.8, 1.25),
            amplitude=(0.8, 1.15),
            stance=(0.18, 0.32),
            slouch=(0.0, 8.0),
        ),
        Manner(
            frames=(fewest, most),
            rate=float(most),
            amplitude=0.12,
            strength=0.12,
            tempo=0.12,
            pace=0.1,
            trim=0.03,
            warp=0.05,
            timing=0.015,
            aim=0.03,
            sway=1.2,
            heading=12.0,
        ),
        Sensor(
            angles=(45.0, 0.0, -45.0),
            distances=tuple(np.linspace(3.0, 3.8, setups).tolist()),
            heights=tuple(np.linspace(0.9, 1.4, setups).tolist()),
            noise=0.005,
            hidden_noise=0.04,
            late=0.0,
            longest_late=1,
            vanishing=0.0,
            longest_gap=1,
            renamed=0.0,
            spurious=0.0,
            swapped=0.0,
        ),
        Videos(train=0, test=0, actions=0, pause=PAUSE),
    )
