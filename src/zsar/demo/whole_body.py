"""Actions of one person with trunk and legs, as motions of body parts."""

from zsar.demo.moves import AFTER, BEFORE, Moves, angle, foot, hand, hands, hop, pelvis, step

SEAT = (0.0, -0.40, -0.30)  # from standing to sitting


def pick_up() -> Moves:
    when = (0.10, 0.46, 0.54, 0.90)
    return (
        *pelvis((0, -0.34, -0.16), *when),
        *angle("bend", 50, *when),
        *angle("tip", 30, *when),
        *angle("nod", -10, *when),
        *hand("right", "ground", 0.12, 0.44, 0.54, 0.84),
        *foot("left", (0, 0, -0.14), 0.05, 0.3, 0.7, 0.95),
    )


def throw() -> Moves:
    return (
        *hand("right", "behind head", 0.06, 0.34, 0.42, 0.56),
        *hand("right", "ahead", 0.42, 0.54, 0.56, 0.66),
        *hand("right", "across", 0.54, 0.68, 0.76, 0.98),
        *hand("left", "ready", 0.10, 0.36, 0.50, 0.80),
        *angle("twist", 32, 0.08, 0.34, 0.42, 0.56),
        *angle("twist", -28, 0.44, 0.62, 0.74, 0.96),
        *angle("bend", 16, 0.46, 0.64, 0.74, 0.96),
        *step("left", 0.34, 0.28, 0.48),
    )


def sit_down() -> Moves:
    return (
        *pelvis(SEAT, 0.18, 0.62),
        *angle("bend", 34, 0.12, 0.40, 0.46, 0.76),
        *angle("tip", 12, 0.14, 0.38, 0.44, 0.68),
        *hands("knee", 0.34, 0.74, *AFTER),
    )


def stand_up() -> Moves:
    return (
        *pelvis(SEAT, *BEFORE, 0.34, 0.80),
        *angle("bend", 38, 0.12, 0.38, 0.50, 0.84),
        *angle("tip", 12, 0.16, 0.36, 0.48, 0.80),
        *hands("knee", *BEFORE, 0.36, 0.72),
    )


def kick() -> Moves:
    return (
        *foot("right", (0, 0.20, -0.42), 0.10, 0.34, 0.40, 0.50),
        *foot("right", (0, 0.42, 0.66), 0.40, 0.54, 0.60, 0.86),
        *pelvis((-0.07, 0, 0.02), 0.08, 0.30, 0.70, 0.92),
        *angle("bend", 10, 0.12, 0.34, 0.40, 0.50),
        *angle("tip", -9, 0.42, 0.54, 0.62, 0.86),
        *hand("left", "ready", 0.14, 0.52, 0.60, 0.90),
        *hand("right", "back", 0.36, 0.54, 0.62, 0.90),
        *angle("nod", 12, 0.10, 0.30, 0.70, 0.90),
    )


def hopping() -> Moves:
    when = (0.04, 0.16, 0.88, 1.0)
    moves = (
        *foot("left", (0, 0.30, -0.24), *when),
        *pelvis((0.08, 0, 0), *when),
        *angle("lean", 4, *when),
        *hands("ready", *when),
    )
    for start in (0.20, 0.37, 0.54, 0.71):
        moves += hop(0.13, start, start + 0.10, "right", "left")
    return moves


def jump() -> Moves:
    return (
        *pelvis((0, -0.20, -0.06), 0.10, 0.34, 0.38, 0.46),
        *angle("bend", 28, 0.10, 0.34, 0.38, 0.48),
        *hands("back", 0.10, 0.32, 0.36, 0.46),
        *hands("high", 0.36, 0.50, 0.54, 0.80),
        *hop(0.36, 0.44, 0.66, "right", "left"),
        *angle("bend", 16, 0.60, 0.70, 0.74, 0.92),
    )


def fall_back() -> Moves:
    return (
        *pelvis((0, -0.50, -0.35), 0.14, 0.40),
        *pelvis((0, -0.30, -0.20), 0.32, 0.52),
        *foot("right", (0.05, 0, 0.20), 0.30, 0.58),
        *foot("left", (0.05, 0, 0.12), 0.32, 0.60),
        *angle("bend", 24, 0.12, 0.30, 0.36, 0.54),
        *angle("tip", -84, 0.26, 0.58),
        *hands("behind", 0.18, 0.36, *AFTER),
        *hands("beside", 0.40, 0.66),
    )


def fall_aside() -> Moves:
    return (
        *pelvis((0.22, -0.42, -0.10), 0.14, 0.40),
        *pelvis((0.20, -0.28, -0.10), 0.32, 0.54),
        *foot("left", (0.0, 0, 0.18), 0.30, 0.58),
        *foot("right", (-0.16, 0, 0.26), 0.30, 0.58),
        *angle("bend", 26, 0.12, 0.36, *AFTER),
        *angle("roll", 72, 0.24, 0.58),
        *hand("right", "ground", 0.18, 0.40, *AFTER),
        *hand("right", "beside", 0.40, 0.66),
        *hand("left", "ready", 0.18, 0.40, *AFTER),
    )
