"""What the hands do: attributes of the groups reach, place, head, other, arm, stroke, shape and
rhythm."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zsar.kinematics import moments
from zsar.kinematics.body_frame import SIDES, Body, Path, Place, distance
from zsar.kinematics.moments import Curve, PerClip, When

HANGING = Place(0.45, -0.25, 0.1)  # type: ignore[arg-type]
ACTIVE, CORE = 0.5, 0.55  # T from hanging; share of the largest distance from it
CHEST = 0.75  # of the way from the hips to the shoulders
AT_HEAD, NEAR_HEAD = 0.55, 0.8  # T
JOINED, NEAR_HANDS = 0.45, 0.6  # T
ALIKE = 0.1  # share of the longer path that those of both hands differ by at most
EQUAL = 0.01  # T that a hand is held further away by at least, to be W for that
RESTS = 0.2  # share of W's path below which O rests
STILL = 0.15  # share of the peak speed
# T, and share of its range, that a stroke is at least: a little less than the vocabulary says,
# because smoothing makes quick ones smaller (chosen on synthetic motions).
CYCLE, CYCLE_SHARE = 0.22, 0.35
RAISED = 0.6  # share of the largest distance from hanging that an arm is raised and lowered by
SLOWEST = 1 / 16  # T/s; slower is as slow
OUTLINE = 16  # directions in which the outline of a path is seen
ITERATIONS = 12  # until an axis is found
SMALL = 0.2  # T; a shorter path says nothing, and one of less extent has no form


@dataclass(frozen=True)
class Hands:
    """W and O of every clip, each sideways to its own side."""

    body: Body

    @cached_property
    def right_works(self) -> np.ndarray:
        """Whether W is the right hand: its path is longer, or about as long and the left one is not
        held further from where it hangs."""
        places = [self.body.place(f"{side}_hand") for side in SIDES]
        left, right = (each.path(self.body.inside) for each in places)
        alike = np.abs(right - left) < np.maximum(ALIKE * np.maximum(left, right), SMALL)
        outward = [each.mirrored(sign) for each, sign in zip(places, (-1.0, 1.0), strict=True)]
        raised = [moments.mean(each.minus(HANGING).length, self.body.inside) for each in outward]
        return np.where(alike, raised[0] - raised[1] < EQUAL, right >= left)

    @cached_property
    def sign(self) -> PerClip:
        """Of W's own side among the performer's."""
        return np.where(self.right_works, 1.0, -1.0)

    def world(self, joint: str, working: bool = True) -> Path:
        """A joint of W's arm or of the other."""
        left, right = (self.body.world(f"{side}_{joint}") for side in SIDES)
        chosen = self.right_works if working else ~self.right_works
        return np.where(chosen[:, None], right, left)

    @cached_property
    def w(self) -> Place:
        return self.body.place(self.world("hand")).mirrored(self.sign)

    @cached_property
    def o(self) -> Place:
        return self.body.place(self.world("hand", working=False)).mirrored(-self.sign)

    @cached_property
    def from_hanging(self) -> Curve:
        return self.w.minus(HANGING).length

    @cached_property
    def active(self) -> When:
        found = self.body.inside & (self.from_hanging > ACTIVE)
        return np.where(found.any(0), found, self.body.inside)

    @cached_property
    def core(self) -> When:
        furthest = moments.largest(self.from_hanging, self.body.inside)
        return self.body.inside & (self.from_hanging >= CORE * furthest)

    @cached_property
    def speed(self) -> Curve:
        return self.w.velocity().length

    def apart(self, one: Path, other: Path) -> Curve:
        """Distance in T."""
        return distance(one, other) / self.body.trunk


def hand_attributes(body: Body) -> dict[str, PerClip]:
    hands = Hands(body)
    return {
        **_reach(hands),
        **_head(hands),
        **_other(hands),
        **_arm(hands),
        **_stroke(hands),
        **_shape(hands, "", hands.w.side),
        **_shape(hands, "_side", hands.w.fwd),
        **_rhythm(hands),
    }


def _reach(hands: Hands) -> dict[str, PerClip]:
    body, w, inside, core = hands.body, hands.w, hands.body.inside, hands.core
    hand = hands.world("hand")
    chest = body.hips + CHEST * (body.shoulders - body.hips)

    def nearest(*joints: str) -> PerClip:
        each = [hands.apart(hand, body.world(f"{s}_{joint}")) for joint in joints for s in SIDES]
        return moments.smallest(np.minimum.reduce(each), inside)

    return {
        "w_top": moments.largest(w.up, inside),
        "w_low": moments.smallest(w.up, inside),
        "w_fwd": moments.largest(w.fwd, inside),
        "w_back": -moments.smallest(w.fwd, inside),
        "w_out": moments.largest(w.side, inside),
        "w_cross": -moments.smallest(w.side, inside),
        "w_floor": moments.smallest((hand[..., 1] - body.floor) / body.trunk, inside),
        "w_chest": moments.smallest(hands.apart(hand, chest), inside),
        "w_belt": moments.smallest(w.length, core),
        "w_knee": nearest("knee"),
        "w_foot": nearest("ankle", "foot"),
        "w_level": moments.mean(w.up, core),
        "w_front": moments.mean(w.fwd, core),
        "w_side": moments.mean(w.side, core),
        "w_start": moments.at_first(w.up, inside),
        "w_end": moments.at_last(w.up, inside),
    }


def _head(hands: Hands) -> dict[str, PerClip]:
    body, inside = hands.body, hands.body.inside
    hand, head = hands.world("hand"), body.world("head")
    apart = hands.apart(hand, head)
    least = moments.smallest(apart, inside)
    nearest = moments.when_smallest(apart, inside)
    beside = body.turned(hand - head).mirrored(hands.sign)
    close = apart < AT_HEAD

    def where(curve: Curve) -> PerClip:
        return np.where(least <= NEAR_HEAD, moments.at(curve, nearest), np.nan)

    return {
        "w_head": least,
        "head_share": moments.share(close, hands.active),
        "head_path": np.log2(1 + moments.total(hands.w.way, inside & close)),
        "head_side": where(beside.side),
        "head_front": where(beside.fwd),
        "head_up": where(beside.up),
    }


def _other(hands: Hands) -> dict[str, PerClip]:
    body, w, o, inside = hands.body, hands.w, hands.o, hands.body.inside
    hand = hands.world("hand", working=False)
    apart = hands.apart(hands.world("hand"), hand)
    least = moments.smallest(apart, inside)
    level = moments.at((w.up + o.up) / 2, moments.when_smallest(apart, inside))
    path = w.path(inside)
    activity = np.where(
        path >= SMALL, np.minimum(o.path(inside) / np.fmax(path, SMALL), 1.0), np.nan
    )
    v, u = w.velocity(), o.velocity()
    together = sum(a * b for a, b in zip(v, u, strict=True))
    scale = np.sqrt(moments.total(v.length**2, inside) * moments.total(u.length**2, inside))
    return {
        "o_top": moments.largest(o.up, inside),
        "o_fwd": moments.largest(o.fwd, inside),
        "o_cross": -moments.smallest(o.side, inside),
        "o_head": moments.smallest(hands.apart(hand, body.world("head")), inside),
        "o_level": moments.mean(o.up, hands.core),
        "o_act": activity,
        "hands_near": least,
        "hands_joined": moments.share(apart < JOINED, hands.active),
        "hands_wide": moments.largest(apart, inside),
        "hands_level": np.where(least <= NEAR_HANDS, level, np.nan),
        "mirror": np.where(
            activity >= RESTS, moments.total(together, inside) / np.maximum(scale, 1e-9), np.nan
        ),
        "w_right": hands.sign,
    }


def _arm(hands: Hands) -> dict[str, PerClip]:
    body, inside = hands.body, hands.body.inside
    left, right = (
        body.flexion(*(f"{s}_{j}" for j in ("shoulder", "elbow", "wrist"))) for s in SIDES
    )
    flexion = np.where(hands.right_works, right, left)
    elbow, path = body.place(hands.world("elbow")), hands.w.path(inside)
    return {
        "elbow_max": moments.largest(flexion, hands.active),
        "elbow_min": moments.smallest(flexion, hands.core),
        "elbow_share": np.where(path >= SMALL, elbow.path(inside) / np.fmax(path, SMALL), np.nan),
    }


def _stroke(hands: Hands) -> dict[str, PerClip]:
    v, core = hands.w.velocity(), hands.core
    weight = np.maximum(moments.total(hands.speed**2, core), 1e-9)

    def direction(component: Curve) -> PerClip:
        return moments.total(hands.speed * component, core) / weight

    return {
        "lat_dir": direction(v.side),
        "vert_dir": direction(v.up),
        "fwd_dir": direction(v.fwd),
        "lat_range": moments.extent(hands.w.side, core),
        "vert_range": moments.extent(hands.w.up, core),
        "fwd_range": moments.extent(hands.w.fwd, core),
    }


def _shape(hands: Hands, view: str, across: Curve) -> dict[str, PerClip]:
    """The area that the core path encloses in a vertical plane, against that of its outline;
    clockwise is positive."""
    core, up = hands.core, hands.w.up
    x, y = across - moments.mean(across, core), up - moments.mean(up, core)
    both = core[:-1] & core[1:]
    area = moments.total((x[:-1] * y[1:] - x[1:] * y[:-1]) / 2, both)
    first, last = core.argmax(0), len(core) - 1 - core[::-1].argmax(0)
    ends = [moments.at(each, moment) for moment in (last, first) for each in (x, y)]
    area = area + (ends[0] * ends[3] - ends[2] * ends[1]) / 2
    width, height = moments.extent(x, core), moments.extent(y, core)
    around, within = _outline(x, y, core)
    formless = np.maximum(width, height) < SMALL
    filled = np.minimum(np.abs(area) / np.maximum(within, 1e-9), 1.0)
    isoperimetric = 4 * np.pi * within / np.maximum(around**2, 1e-9)
    box = np.maximum(width, SMALL) * np.maximum(height, SMALL)
    return {
        f"round{view}": np.where(formless, np.nan, filled * isoperimetric),
        f"sense{view}": np.where(formless, 0.0, np.clip(-area / box, -1, 1)),
    }


def _outline(x: Curve, y: Curve, when: When) -> tuple[PerClip, PerClip]:
    """Length of the outline of some points, and its area, from how far they reach in so many
    directions."""
    angles = 2 * np.pi * np.arange(OUTLINE) / OUTLINE
    reach = [moments.largest(np.cos(a) * x + np.sin(a) * y, when) for a in angles]
    step = 2 * np.pi / OUTLINE
    around, within = np.zeros_like(reach[0]), np.zeros_like(reach[0])
    for k, here in enumerate(reach):  # the sides of the polygon that touches the points
        before, after = reach[k - 1], reach[(k + 1) % OUTLINE]
        side = (before + after - 2 * here * np.cos(step)) / np.sin(step)
        around, within = around + side, within + side * here / 2
    return around, within


def _rhythm(hands: Hands) -> dict[str, PerClip]:
    inside, active = hands.body.inside, hands.active
    cycles, rate = _cycles(hands)
    peak = np.maximum(moments.largest(hands.speed, inside), SLOWEST)
    peak_active = np.maximum(moments.largest(hands.speed, active), SLOWEST)
    mean = np.maximum(moments.mean(hands.speed, active), SLOWEST / 4)
    return {
        "w_cycles": np.log2(1 + cycles),
        "w_rate": rate,
        "w_speed": np.log2(peak),
        "core_speed": np.log2(np.maximum(moments.mean(hands.speed, hands.core), SLOWEST)),
        "impulse": np.log2(np.maximum(peak_active / mean, 1.0)),
        "hold": moments.share(hands.speed < STILL * peak_active, active),
    }


def _along(hands: Hands) -> Curve:
    """The place of W along the axis that it moves along most in the core, by power iteration."""
    w, v = hands.w, hands.w.velocity()
    products = [[moments.total(a * b, hands.core) for b in v] for a in v]
    most = np.argmax([row[place] for place, row in enumerate(products)], axis=0)
    axis = [np.choose(most, column) for column in zip(*products, strict=True)]
    for _ in range(ITERATIONS):
        turned = [sum(p * a for p, a in zip(row, axis, strict=True)) for row in products]
        size = np.maximum(moments.length(*turned), 1e-12)
        axis = [each / size for each in turned]
    return sum(place * share for place, share in zip(w, axis, strict=True))


def _cycles(hands: Hands) -> tuple[PerClip, PerClip]:
    """Full cycles of W, and their rate: in the core along an axis of the performer or along that
    of the motion, or of the whole arm that is raised and lowered more than once."""
    away, core, inside = hands.from_hanging, hands.core, hands.body.inside
    furthest = np.nan_to_num(moments.largest(away, inside))
    best, rate = np.zeros_like(furthest), np.full_like(furthest, np.nan)
    for curve in (*hands.w, _along(hands)):
        least = np.fmax(CYCLE, CYCLE_SHARE * moments.extent(curve, core))
        count, pace = moments.strokes(curve, least, core)
        # Raising the hand and lowering it again is no cycle: a stroke each, as far as it shows.
        raising = 2 * moments.correlation(curve, away, core) ** 2
        cycles = np.floor(np.maximum(count - raising, 0) / 2 + 0.26)
        better = cycles > best
        best, rate = np.where(better, cycles, best), np.where(better, pace, rate)
    count, pace = moments.strokes(away, np.maximum(RAISED * furthest, CYCLE), inside)
    raised = np.floor(count / 2)
    better = (raised >= 2) & (raised > best)
    best, rate = np.where(better, raised, best), np.where(better, pace, rate)
    return best, np.where(best >= 2, rate, np.nan)
