"""What two people do: attributes of the group pair, and who of the two is the performer."""

import numpy as np

from zsar.kinematics import moments
from zsar.kinematics.body_frame import SIDES, Body, Path, distance
from zsar.kinematics.hands import Hands
from zsar.kinematics.moments import Curve, PerClip

LIMBS = [f"{side}_{joint}" for joint in ("hand", "ankle") for side in SIDES]
UPPER = ["head", *(f"{side}_{j}" for j in ("shoulder", "elbow", "wrist", "hand") for side in SIDES)]
LOWER = [f"{side}_{joint}" for joint in ("hip", "knee", "ankle") for side in SIDES]
TOUCH = 0.35  # T


def activity(body: Body) -> PerClip:
    """How far hands and feet go relative to the own hips, in T."""
    return sum(body.place(joint).path(body.inside) for joint in LIMBS)  # type: ignore[return-value]


def pair_attributes(performer: Body, other: Body) -> dict[str, PerClip]:
    inside, T = performer.inside, performer.trunk
    hands = Hands(performer)
    w, o = hands.world("hand"), hands.world("hand", working=False)
    theirs = [*(other.world(joint) for joint in UPPER), other.hips, _chest(other)]
    touch, o_touch = (_nearest([hand], theirs) / T for hand in (w, o))
    hips = performer.hips - other.hips
    apart = moments.length(hips[..., 0], hips[..., 2]) / T
    feet = [performer.world(f"{side}_{j}") for side in SIDES for j in ("ankle", "foot")]
    lower = [*(other.world(joint) for joint in LOWER), other.hips, _chest(other)]
    meet = _nearest(*([b.world(f"{side}_hand") for side in SIDES] for b in (performer, other)))
    heads = distance(performer.world("head"), other.world("head")) / T
    lean = other.inclination(other.hips, other.shoulders)
    top = np.maximum(*(other.place(f"{side}_hand").up for side in SIDES))
    ways = [other.hips[..., axis] / other.trunk for axis in (0, 2)]
    moved = [moments.at_last(each, inside) - moments.at_first(each, inside) for each in ways]
    return {
        "pair_far": moments.largest(apart, inside),
        "pair_near": moments.smallest(apart, inside),
        "approach": moments.at_last(apart, inside) - moments.at_first(apart, inside),
        "contact": moments.smallest(touch, inside),
        "o_contact": moments.smallest(o_touch, inside),
        "contact_level": moments.at(hands.w.up, moments.when_smallest(touch, inside)),
        "contact_head": moments.smallest(distance(w, other.world("head")) / T, inside),
        "contact_time": moments.share(touch < TOUCH, inside),
        "hands_meet": moments.smallest(meet / T, inside),
        "heads_near": moments.smallest(heads, inside),
        "foot_contact": moments.smallest(_nearest(feet, lower) / T, inside),
        "facing": moments.mean(_faces(performer, other), inside),
        "other_facing": moments.mean(_faces(other, performer), inside),
        "partner": np.minimum(activity(other) / np.maximum(activity(performer), 1e-9), 1.0),
        "partner_lean": moments.extent(lean, inside),
        "partner_travel": np.log2(1 + moments.length(*moved)),
        "partner_hand": moments.largest(top, inside),
    }


def _chest(body: Body) -> Path:
    return (body.hips + body.shoulders) / 2


def _nearest(some: list[Path], others: list[Path]) -> Curve:
    """The smallest distance between any two, in metres."""
    return np.minimum.reduce([distance(a, b) for a in some for b in others])


def _faces(one: Body, other: Body) -> Curve:
    """Cosine between where one looks and where the other stands."""
    way = one.turned(other.hips - one.hips)
    return way.fwd / np.maximum(moments.length(way.side, way.fwd), 1e-9)
