"""What hips, trunk, head and legs do: attributes of the groups body and legs."""

import numpy as np

from zsar.kinematics import moments
from zsar.kinematics.body_frame import SIDES, Body, Place
from zsar.kinematics.moments import Curve, PerClip

STRIDE = 6  # frames between the points of the path of the hips
IN_PLACE = 0.5  # T of path below which nobody travels anywhere
HEAD_CYCLE, TRUNK_CYCLE, HOP = 0.08, 0.15, 0.12  # T that a movement is at least
STEP, LIFT = 0.25, 0.15  # T between the feet: forwards and in height
ONE_LEG = 0.25  # T
LYING = 0.35  # T; where the shoulders are narrower seen from above, they face nowhere
LEAP = 4  # frames that a jump lasts longer than, however long the clip is
STANDING_FLOOR = 0.2  # share of the moments in which both feet are at most so high


def body_attributes(body: Body) -> dict[str, PerClip]:
    return {**_hips(body), **_trunk(body), **_head(body), **_legs(body), **_gait(body)}


def _hips(body: Body) -> dict[str, PerClip]:
    inside, T = body.inside, body.trunk
    x, height, z = (body.hips[..., axis] / T for axis in range(3))
    ahead = [moments.steps(each, STRIDE) for each in (x, z)]
    # Every frame begins such a step, so that so many ways lie side by side.
    step = moments.length(*ahead)
    path = moments.total(step, inside) / STRIDE
    direction = body.turned(np.stack([ahead[0] * T, np.zeros_like(x), ahead[1] * T], axis=-1)).fwd
    start, end = (each(height, inside) for each in (moments.at_first, moments.at_last))
    least = moments.smallest(height, inside)
    above = height - body.floor / T
    travel = moments.length(
        *(moments.at_last(e, inside) - moments.at_first(e, inside) for e in (x, z))
    )
    return {
        "travel": np.log2(1 + travel),
        "path": np.log2(1 + path),
        "forward": np.where(
            path >= IN_PLACE,
            moments.total(direction, inside) / np.maximum(moments.total(step, inside), 1e-9),
            np.nan,
        ),
        "drop_end": end - start,
        "drop_range": moments.extent(height, inside),
        "drop_transient": np.maximum(np.minimum(start, end) - least, 0.0),
        "hip_low": moments.smallest(above, inside),
        "hip_start": moments.at_first(above, inside),
        "jumps": np.log2(1 + np.floor(_strokes(body, height, HOP) / 2)),
    }


def _trunk(body: Body) -> dict[str, PerClip]:
    inside = body.inside
    lean = body.inclination(body.hips, body.shoulders)
    place = body.place(body.shoulders)
    most = (-np.where(inside, np.nan_to_num(lean), -1.0)).argmin(0)
    forward = np.arctan2(place.fwd, place.up) / (np.pi / 2)
    across = body.world("right_shoulder") - body.world("left_shoulder")
    upright = moments.length(across[..., 0], across[..., 2]) >= LYING * body.trunk
    yaw = moments.unwrapped(across[..., 2], across[..., 0])
    facing = body.facing
    bends = np.maximum(
        _strokes(body, place.fwd, TRUNK_CYCLE), _strokes(body, place.side, TRUNK_CYCLE)
    )
    return {
        "lean_max": moments.largest(lean, inside),
        "lean_end": moments.at_last(lean, inside) - moments.at_first(lean, inside),
        "lean_fwd": moments.at(forward, most),
        "twist": moments.extent(yaw, inside & upright) / (np.pi / 2),
        "turn": np.abs(moments.at_last(facing, inside) - moments.at_first(facing, inside)) / np.pi,
        "trunk_cycles": np.log2(1 + np.floor(bends / 2)),
    }


def _head(body: Body) -> dict[str, PerClip]:
    """The head relative to the axis of the trunk, which carries it along when it bends."""
    inside = body.inside
    head = body.turned(body.world("head") - body.shoulders)
    axis = body.place(body.shoulders)
    size = np.maximum(axis.length, 1e-9)
    a = Place(*(each / size for each in axis))
    across = moments.length(a.up, a.fwd)
    # Forward and sideways, each at a right angle to the axis.
    fwd = (head.fwd * a.up - head.up * a.fwd) / np.maximum(across, 1e-9)
    along = head.side * a.side + head.up * a.up + head.fwd * a.fwd
    side = (head.side - along * a.side) / np.maximum(across, 1e-9)
    nods = np.maximum(_strokes(body, fwd, HEAD_CYCLE), _strokes(body, side, HEAD_CYCLE))
    return {
        "head_move": moments.length(moments.extent(fwd, inside), moments.extent(side, inside)),
        "head_fwd": moments.mean(fwd, inside),
        "head_cycles": np.log2(1 + np.floor(nods / 2)),
    }


def _legs(body: Body) -> dict[str, PerClip]:
    inside, T = body.inside, body.trunk
    knees = [body.flexion(*(f"{s}_{j}" for j in ("hip", "knee", "ankle"))) for s in SIDES]
    seat = (_thigh(body, "left") + _thigh(body, "right")) / 2
    ankles = [body.world(f"{side}_ankle") for side in SIDES]
    behind, ahead = ([body.place(f"{s}_{j}").fwd for s in SIDES] for j in ("ankle", "foot"))
    apart = np.abs(ankles[1][..., 1] - ankles[0][..., 1]) / T
    between = ankles[1] - ankles[0]
    speeds = [
        moments.length(*(moments.velocity(each[..., axis]) for axis in range(3))) / T
        for each in ankles
    ]
    lower = np.minimum(ankles[0][..., 1], ankles[1][..., 1]) / T
    return {
        "knee_max": moments.largest(np.maximum(*knees), inside),
        "knee_asym": moments.largest(np.abs(knees[1] - knees[0]), inside),
        "knee_top": moments.largest(
            np.maximum(*(body.place(f"{side}_knee").up for side in SIDES)), inside
        ),
        "seat_start": moments.at_first(seat, inside),
        "seat_end": moments.at_last(seat, inside),
        "foot_lift": moments.largest(apart, inside),
        "one_leg": moments.share(apart > ONE_LEG, inside),
        "foot_fwd": moments.largest(np.maximum(*ahead), inside),
        "foot_back": -moments.smallest(np.minimum(*behind), inside),
        "foot_speed": np.log2(1 + moments.largest(np.maximum(*speeds), inside)),
        "stance": moments.largest(moments.length(between[..., 0], between[..., 2]) / T, inside),
        "jump": moments.highest(lower, LEAP, inside)
        - moments.quantile(lower, STANDING_FLOOR, inside),
    }


def _gait(body: Body) -> dict[str, PerClip]:
    """Legs that move by turns: one ahead of the other, or one above the other."""
    left, right = (body.place(f"{side}_ankle") for side in SIDES)
    inside, size = body.inside, np.ones_like(body.trunk)
    ahead, pace = moments.strokes(right.fwd - left.fwd, STEP * size, inside)
    above, rate = moments.strokes(right.up - left.up, LIFT * size, inside)
    cycles = np.maximum(ahead, above) / 2
    rate = np.where(ahead >= above, pace, rate)
    return {"gait": np.log2(1 + cycles), "gait_rate": np.where(cycles >= 2, rate, np.nan)}


def _thigh(body: Body, side: str) -> Curve:
    """Inclination of a thigh: 0 hangs down, 1 is horizontal."""
    return body.inclination(body.world(f"{side}_knee"), body.world(f"{side}_hip"))


def _strokes(body: Body, curve: Curve, least: float) -> PerClip:
    return moments.strokes(curve, np.full_like(body.trunk, least), body.inside)[0]
