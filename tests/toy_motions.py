"""Motions with known attributes: what one mannequin does, or two."""

from functools import cache

import numpy as np
import pytest

from mannequin import HANGING, Curve, Mannequin, seconds
from zsar.kinematics.measure import measure
from zsar.kinematics.timeline import Motion
from zsar.kinematics.vocabulary import vocabulary

THEMES = {  # the groups of attributes, as the tests are divided
    "hands": ("reach", "place", "head", "other", "arm", "stroke", "shape", "rhythm"),
    "body": ("body", "legs"),
    "pair": ("pair", "time"),
}
CHAIR = (0.0, -0.8, -0.8)  # the hips of somebody who sits, against where he stood
STRIDE = 1.2  # T that a walker goes in a second, by two steps


def through(time: Curve, *stations: tuple):
    """At these seconds at these values (numbers or places), gently started and stopped."""
    at = [second for second, _ in stations]
    values = np.array([value for _, value in stations], dtype=float)
    found = np.broadcast_to(values[0], (len(time), *values.shape[1:])).copy()
    for begin, end, way in zip(at, at[1:], np.diff(values, axis=0), strict=False):
        share = np.clip((time - begin) / (end - begin), 0, 1)
        found += np.multiply.outer(share**2 * (3 - 2 * share), way)
    return tuple(found.T) if found.ndim == 2 else found


def raised(time: Curve, place: tuple) -> tuple:
    """A hand that comes from hanging to a place, which may move, and goes back at the end."""
    there = through(time, (0, 0), (0.5, 1), (3.5, 1), (4, 0))
    return tuple(h + there * (np.asarray(p) - h) for h, p in zip(HANGING, place, strict=True))


def beat(time: Curve) -> tuple:
    """A hand that moves a little, so that it is W."""
    return (0.45, -0.15 - 0.15 * np.cos(2 * np.pi * time), 0.3)


def with_both(person: Mannequin, path: tuple) -> Mannequin:
    """The left hand as the right one, but for a little, so that the right one is W."""
    return person.but(
        right_hand=path,
        left_hand=tuple(0.02 * h + 0.98 * p for h, p in zip(HANGING, path, strict=True)),
    )


def steps(time: Curve, right: float, fwd: float, lift: float = 0.3) -> dict:
    """Hips and feet of somebody who walks so far in a second, by two steps."""
    feet = {}
    for side, lag in {"right": 0.0, "left": 0.5}.items():
        whole, part = np.divmod(time + lag, 1.0)
        swing = np.clip(2 * part, 0, 1)
        ahead = whole + swing**2 * (3 - 2 * swing) - lag - 0.25
        feet[side] = (right * ahead, lift * np.sin(np.pi * swing), fwd * ahead)
    return {"hips": (right * time, -0.05, fwd * time), "feet": feet}


def hand_motions(fps: float) -> dict[str, Mannequin]:
    t = seconds(4, fps)
    body = Mannequin(t, fps=fps)
    round_about = 2 * np.pi * t
    right, up = 0.5 * np.sin(round_about), 0.5 * np.cos(round_about)
    side_to_side = -0.3 * np.cos(2 * round_about)
    apart = 0.45 - 0.37 * np.cos(1.5 * round_about)
    once = through(t, (0.8, 0.0), (3.2, 2 * np.pi))
    swinging = 1.2 * np.sin(round_about)
    pause = ((0, HANGING), (2.6, HANGING), (2.9, (0.3, 0.9, 0.3)), (3.1, (0.2, 0.9, 1.1)))

    def held(*place, **changes) -> Mannequin:
        return body.but(right_hand=raised(t, place), **changes)

    def both(*place) -> Mannequin:
        return with_both(body, raised(t, place))

    def stroke(start: tuple, end: tuple) -> Mannequin:
        """Slowly there, quickly on, slowly back."""
        keys = ((0, HANGING), (1.3, start), (1.6, start), (1.8, end), (2.4, end), (4, HANGING))
        return body.but(right_hand=through(t, *keys))

    return {
        "stands": body,
        "circles clockwise": body.but(right_hand=(0.4 + right, 1.1 + up, 0.8)),
        "circles counter-clockwise": body.but(right_hand=(0.4 - right, 1.1 + up, 0.8)),
        "circles once": held(0.4 - 0.5 * np.sin(once), 1.1 - 0.5 * np.cos(once), 0.8),
        "draws a figure of eight": body.but(
            right_hand=(0.4 + right, 1.1 + 0.3 * np.sin(2 * round_about), 0.8)
        ),
        "rolls a wheel": body.but(right_hand=(0.4, 1.3 + 0.6 * up, 0.6 + 0.6 * right)),
        "waves": held(0.6 + side_to_side, 1.5, 0.3),
        "beats up and down": held(0.5, 1.2 + side_to_side, 0.7),
        "saws forwards and back": held(0.5, 0.9, 0.7 + side_to_side),
        "swipes inwards": stroke((1.1, 1.0, 0.6), (-0.3, 1.0, 0.6)),
        "swipes outwards": stroke((-0.3, 1.0, 0.6), (1.1, 1.0, 0.6)),
        "chops downwards": stroke((0.4, 1.8, 0.5), (0.4, 0.6, 0.9)),
        "lifts upwards": stroke((0.4, 0.4, 0.7), (0.4, 1.8, 0.7)),
        "pushes forwards": stroke((0.3, 0.9, 0.2), (0.3, 0.9, 1.1)),
        "pulls back": stroke((0.3, 0.9, 1.1), (0.3, 0.9, 0.2)),
        "drinks": held(0.05, 1.25, 0.25),
        "phones": held(0.25, 1.35, 0.05),
        "brushes teeth": held(0.1, 1.25, 0.3 + 0.25 * side_to_side),
        "reaches up": held(0.4, 2.0, 0.1),
        "points forwards": held(0.36, 0.87, 1.1),
        "points aside": held(1.5, 0.87, 0.0),
        "reaches behind": held(0.4, 0.0, -0.6),
        "touches the other shoulder": held(-0.35, 0.85, 0.1),
        "touches the chest": held(0.0, 0.75, 0.3),
        "touches the belly": held(0.1, 0.1, 0.4),
        "holds a right angle": body.but(right_hand=(0.36, 0.87, 0.58 * 2**0.5)),
        "touches the knee": body.but(
            right_hand=through(t, (0, HANGING), (2, (0.2, -0.825, 0.3)), (4, HANGING)),
            lean=through(t, (0, 0), (2, 80), (4, 0)),
        ),
        "touches the foot": body.but(
            right_hand=through(t, (0, HANGING), (2, (0.22, -1.1, 0.35)), (4, HANGING)),
            hips=(0.0, through(t, (0, 0), (2, -0.5), (4, 0)), 0.0),
            lean=through(t, (0, 0), (2, 100), (4, 0)),
        ),
        "claps": both(apart, 0.8, 0.7),
        "drums by turns": body.but(
            right_hand=(0.3, 0.7 + side_to_side, 0.7),
            left_hand=(0.3, 0.7 - 0.98 * side_to_side, 0.7),
        ),
        "folds the hands": both(0.05, 0.6, 0.6),
        "spreads the arms": both(1.4, 0.9, 0.1),
        "surrenders": both(0.5, 1.8, 0.1),
        "covers the face": both(0.08, 1.4, 0.25),
        "crosses the arms": both(-0.3, 0.6, 0.4),
        "rests, then punches": body.but(right_hand=through(t, *pause, (4, HANGING))),
        "waves with the left": body.but(left_hand=raised(t, (0.6 + side_to_side, 1.5, 0.3))),
        "swings a straight arm": body.but(
            right_hand=(0.36, 0.87 - 1.155 * np.cos(swinging), 1.155 * np.sin(swinging))
        ),
    }


def body_motions(fps: float) -> dict[str, Mannequin]:
    t = seconds(4, fps)
    body = Mannequin(t, right_hand=beat(t), fps=fps)
    once = through(t, (0, 0), (2, 1), (4, 0))
    done = through(t, (1, 0), (3, 1))
    wave = np.sin(2 * np.pi * t)
    kick = through(t, (1.5, 0), (2, 1), (2.3, 1), (2.8, 0))
    hop = np.maximum(np.sin(2 * np.pi * t), 0)
    leap = np.maximum(1 - ((t - 2) / 0.3) ** 2, 0)
    crouch = through(t, (0.5, 0), (1.4, 1), (1.7, 0), (2.3, 0), (2.5, 1), (3.2, 0))
    knees = {"right": np.maximum(wave, 0), "left": np.maximum(-wave, 0)}

    def to(*end: float, way: Curve = done) -> tuple:
        return tuple(each * way for each in end)

    def both(*place) -> dict:
        return {"right": place, "left": place}

    return {
        "walks forward": body.but(**steps(t, 0.0, STRIDE)),
        "walks backward": body.but(**steps(t, 0.0, -STRIDE)),
        "walks sideways": body.but(**steps(t, STRIDE, 0.0)),
        "goes away and back": body.but(
            hips=to(0, 0, 2, way=once), feet=both(*to(0, 0, 2, way=once))
        ),
        "glides aside": body.but(hips=to(3, 0, 0), feet=both(*to(3, 0, 0))),
        "steps on the spot": body.but(feet={s: (0, 0.5 * k, 0) for s, k in knees.items()}),
        "sits down": body.but(hips=to(*CHAIR)),
        "stands up": body.but(hips=to(*CHAIR, way=1 - done)),
        "sits": body.but(hips=CHAIR),
        "squats": body.but(hips=to(0, -1.1, 0, way=once)),
        "falls": body.but(
            hips=to(0, -1.45, -0.6), lean=-90 * done, feet={"right": to(0, 0, 0.9, way=done)}
        ),
        "bows": body.but(lean=54 * once),
        "bows and stays": body.but(lean=54 * done),
        "leans back": body.but(lean=-27 * once),
        "leans aside": body.but(tilt=45 * once),
        "bobs three times": body.but(lean=12 - 12 * np.cos(1.5 * np.pi * t)),
        "nods": body.but(nod=0.15 * wave),
        "shakes the head": body.but(shake=0.1 * wave),
        "looks down": body.but(nod=0.15),
        "turns half around": body.but(yaw=180 * done),
        "turns around twice": body.but(yaw=720 * through(t, (0.5, 0), (3.5, 1))),
        "swings the shoulders": body.but(twist=36 * wave),
        "jumps": body.but(hips=(0, 0.6 * leap - 0.4 * crouch, 0), feet=both(0, 0.6 * leap, 0)),
        "hops": body.but(hips=(0, 0.3 * hop - 0.1, 0), feet=both(0, 0.3 * hop, 0)),
        "kicks": body.but(feet={"right": to(0, 1.0, 1.2, way=kick)}),
        "lifts a knee": body.but(feet={"right": to(0, 0.85, 0.3, way=once)}),
        "lunges": body.but(
            hips=to(0, -0.5, 0.6, way=once), feet={"right": to(0, 0, 1.6, way=once)}
        ),
        "heel to the bottom": body.but(feet={"left": to(0, 0.8, -0.7, way=once)}),
        "stands on one leg": body.but(feet={"left": (0, 0.4, 0)}),
    }


def pair_motions(fps: float) -> dict[str, tuple[Mannequin, Mannequin]]:
    """The performer first."""
    t = seconds(4, fps)
    one = Mannequin(t, right_hand=beat(t), fps=fps)
    two = Mannequin(t, towards=180, fps=fps)
    done, once = through(t, (1, 0), (3, 1)), through(t, (0, 0), (2, 1), (4, 0))

    def before(other: Mannequin, trunks: float) -> Mannequin:
        """Who stands so far before the first."""
        return other.but(place=(0.0, 3.0 - 0.5 * trunks))

    def moved(person: Mannequin, fwd: Curve, **changes) -> Mannequin:
        feet = {"right": (0, 0, fwd), "left": (0, 0, fwd)}
        return person.but(hips=(0, 0, fwd), feet=feet, **changes)

    def reaches(person: Mannequin, *place: float) -> Mannequin:
        return person.but(right_hand=raised(t, place))

    active = reaches(one, 0.3, 0.6, 1.0)
    hit = through(t, (2.4, 0), (2.8, 1))
    shove = through(t, (1, HANGING), (2, (0.2, 0.8, 1.0)), (2.5, (0.2, 0.8, 1.0)), (4, HANGING))
    kick = tuple(np.multiply.outer((0, 1.2, 1.3), once))
    embrace = raised(t, (0.2, 0.9, 0.7))
    return {
        "approaches": (moved(active, 3 * done), before(two, 5)),
        "part": (moved(active, -1.5 * done), before(moved(two, -1.5 * done), 2)),
        "shake hands": (reaches(one, 0, 0.4, 0.8), before(reaches(two, 0, 0.4, 0.7), 1.6)),
        "pats the shoulder": (reaches(one, -0.36, 0.9, 1.0), before(two, 1.1)),
        "slaps": (reaches(one, 0.0, 1.3, 0.95), before(two, 1.1)),
        "hug": (with_both(one, embrace), before(reaches(two, 0.2, 0.9, 0.7), 0.5)),
        "whispers": (reaches(one, 0.1, 1.3, 0.3), before(two, 0.6)),
        "pushes": (with_both(one, shove), before(moved(two, -hit, lean=-27 * hit), 1.3)),
        "kicks the other": (one.but(feet={"right": kick}), before(two, 1.5)),
        "speaks to a back": (active, before(two.but(towards=0), 2)),
        "stands side on": (active.but(towards=90), before(two, 2)),
        "turns the back": (active.but(towards=180), before(two, 2)),
        "both wave": (active, before(reaches(two, 0.3, 0.55, 0.95), 2)),
    }


def gallery(fps: float = 30.0) -> dict[str, Motion]:
    """All of them."""
    single = {**hand_motions(fps), **body_motions(fps)}
    pairs = {name: one.beside(other) for name, (one, other) in pair_motions(fps).items()}
    return {name: each.motion() for name, each in single.items()} | pairs


@cache
def measured() -> dict[str, dict[str, float]]:
    """Of every motion every attribute."""
    motions = gallery()
    rows = measure(list(motions.values()))
    values = [dict(zip(vocabulary(), row, strict=True)) for row in rows]
    return dict(zip(motions, values, strict=True))


def each_known(expected: list[tuple]) -> pytest.MarkDecorator:
    """A test for every row of attribute, tolerance and its value in some motions."""
    names = [row[0] for row in expected]
    return pytest.mark.parametrize(("attribute", "tolerance", "expected"), expected, ids=names)


def check_known_values(attribute: str, tolerance: float, expected: dict[str, float]) -> None:
    found = {motion: measured()[motion][attribute] for motion in expected}
    assert found == pytest.approx(expected, rel=0, abs=tolerance, nan_ok=True)


def attributes(theme: str) -> set[str]:
    return {name for group in THEMES[theme] for name in vocabulary().group(group)}
