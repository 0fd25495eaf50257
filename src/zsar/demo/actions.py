"""The thirty actions of the demo data set, in the order of their class ids."""

from collections.abc import Callable
from dataclasses import dataclass

from zsar.demo import gestures, pairs, whole_body
from zsar.demo.moves import Moves


@dataclass(frozen=True)
class Action:
    name: str
    seconds: float  # at an ordinary pace
    variants: tuple[Callable[[], tuple[Moves, ...]], ...]  # the ways people do it
    distance: float  # to the partner when it begins, metres; 0 alone

    @property
    def bodies(self) -> int:
        return 2 if self.distance else 1


def _alone(name: str, seconds: float, *variants: Callable[[], Moves]) -> Action:
    return Action(
        name, seconds, tuple(lambda variant=variant: (variant(),) for variant in variants), 0.0
    )


def _together(
    name: str, seconds: float, distance: float, variant: Callable[[], tuple[Moves, Moves]]
) -> Action:
    return Action(name, seconds, (variant,), distance)


ACTIONS = (
    _alone("drink water", 2.6, gestures.drink),
    _alone("brushing teeth", 2.8, gestures.brush_teeth),
    _alone("drop", 1.8, gestures.drop),
    _alone("pickup", 2.2, whole_body.pick_up),
    _alone("throw", 1.9, whole_body.throw),
    _alone("sitting down", 2.1, whole_body.sit_down),
    _alone("standing up", 2.0, whole_body.stand_up),
    _alone("clapping", 2.2, gestures.clap),
    _alone("cheer up", 2.3, gestures.cheer_up),
    _alone("hand waving", 2.3, gestures.wave),
    _alone("kicking something", 1.8, whole_body.kick),
    _alone("hopping", 2.3, whole_body.hopping),
    _alone("jump up", 2.0, whole_body.jump),
    _alone("make a phone call", 2.6, gestures.phone),
    _alone("pointing to something", 2.0, gestures.point),
    _alone("check time", 2.2, gestures.check_time),
    _alone("rub two hands", 2.3, gestures.rub_hands),
    _alone("nod head or bow", 2.0, gestures.nod_head, gestures.bow),
    _alone("wipe face", 2.3, gestures.wipe_face, gestures.wipe_face_with_both_hands),
    _alone("salute", 2.0, gestures.salute),
    _alone("cross hands in front", 2.0, gestures.cross_hands),
    _alone("falling", 2.2, whole_body.fall_back, whole_body.fall_aside),
    _together("punching other person", 1.9, 0.85, pairs.punch),
    _together("kicking other person", 2.0, 1.02, pairs.kick),
    _together("pushing other person", 2.0, 1.05, pairs.push),
    _together("hugging other person", 2.8, 1.10, pairs.hug),
    _together("giving something to other person", 2.1, 1.15, pairs.give),
    _together("handshaking", 2.3, 1.10, pairs.shake_hands),
    _together("walking towards each other", 2.4, 2.90, pairs.towards),
    _together("walking apart from each other", 2.5, 0.90, pairs.apart),
)
