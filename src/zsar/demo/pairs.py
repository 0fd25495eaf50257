"""Actions of two people: the motions of the one and of the other."""

from zsar.demo.moves import Moves, angle, foot, hand, hands, pelvis, shake, step, walk


def punch() -> tuple[Moves, Moves]:
    one = (
        *step("left", 0.26, 0.10, 0.32),
        *hand("left", "guard", 0.08, 0.30, 0.72, 0.96),
        *hand("right", "guard", 0.08, 0.26, 0.38, 0.46),
        *hand("right", "their face", 0.40, 0.50, 0.54, 0.68),
        *angle("twist", 22, 0.20, 0.36, 0.40, 0.48),
        *angle("twist", -28, 0.40, 0.50, 0.56, 0.76),
        *angle("bend", 8, 0.40, 0.50, 0.58, 0.80),
    )
    other = (
        *angle("bend", -20, 0.47, 0.55, 0.62, 0.88),
        *angle("nod", -22, 0.47, 0.54, 0.60, 0.82),
        *angle("look", -18, 0.47, 0.54, 0.60, 0.82),
        *step("right", -0.26, 0.49, 0.66),
        *hands("guard", 0.50, 0.66, 0.78, 1.0),
    )
    return one, other


def kick() -> tuple[Moves, Moves]:
    one = (
        *foot("right", (0, 0.20, -0.34), 0.10, 0.32, 0.38, 0.48),
        *foot("right", (0, 0.74, 0.80), 0.38, 0.50, 0.55, 0.80),
        *pelvis((-0.07, 0, 0.05), 0.08, 0.30, 0.66, 0.90),
        *angle("tip", -16, 0.40, 0.50, 0.58, 0.82),
        *hands("guard", 0.10, 0.34, 0.66, 0.92),
    )
    other = (
        *angle("bend", 30, 0.47, 0.56, 0.66, 0.92),
        *pelvis((0, -0.06, -0.12), 0.47, 0.56, 0.70, 0.95),
        *step("left", -0.30, 0.49, 0.64),
        *hands("belly", 0.46, 0.58, 0.74, 1.0),
    )
    return one, other


def push() -> tuple[Moves, Moves]:
    one = (
        *step("right", 0.36, 0.30, 0.50),
        *hands("ready", 0.06, 0.24, 0.34, 0.44),
        *hands("their chest", 0.30, 0.44, 0.58, 0.82),
        *angle("bend", 16, 0.32, 0.48, 0.58, 0.82),
    )
    other = (
        *angle("bend", -14, 0.44, 0.54, 0.60, 0.84),
        *angle("nod", 12, 0.44, 0.52, 0.60, 0.80),
        *step("left", -0.34, 0.45, 0.60),
        *step("right", -0.34, 0.56, 0.72),
        *hands("wide", 0.46, 0.58, 0.66, 0.92),
    )
    return one, other


def hug() -> tuple[Moves, Moves]:
    either = (
        *step("right", 0.38, 0.05, 0.24),
        *step("left", 0.38, 0.14, 0.33),
        *hands("wide", 0.06, 0.22, 0.26, 0.38),
        *hands("their back", 0.24, 0.40, 0.68, 0.84),
        *angle("bend", 10, 0.28, 0.42, 0.66, 0.82),
        *angle("lean", 7, 0.28, 0.42, 0.66, 0.82),
        *step("left", -0.38, 0.68, 0.86),
        *step("right", -0.38, 0.78, 0.96),
    )
    return either, either


def give() -> tuple[Moves, Moves]:
    one = (
        *hand("right", "holding", -0.10, 0.10, 0.18, 0.36),
        *hand("right", "their hand", 0.16, 0.38, 0.54, 0.80),
        *angle("bend", 8, 0.18, 0.38, 0.54, 0.78),
    )
    other = (
        *hand("right", "their hand", 0.24, 0.44, 0.54, 0.72),
        *hand("right", "holding", 0.54, 0.72, 0.92, 1.1),
        *angle("bend", 7, 0.26, 0.44, 0.54, 0.74),
        *angle("nod", 14, 0.50, 0.66, 0.84, 1.0),
    )
    return one, other


def shake_hands() -> tuple[Moves, Moves]:
    when = (0.08, 0.30, 0.74, 0.96)
    either = (
        *hand("right", "their hand", *when),
        *shake("right", (0, 0.075, 0), 3.5, 0.30, 0.36, 0.68, 0.74),
        *angle("bend", 7, *when),
    )
    return either, either


def towards() -> tuple[Moves, Moves]:
    return walk(0.95, 4, 0.04, 0.92), walk(0.95, 4, 0.06, 0.94)


def apart() -> tuple[Moves, Moves]:
    def either(start: float) -> Moves:
        return (
            *angle("turn", 180, start, start + 0.28),
            *foot("right", (0, 0.06, 0), start, start + 0.07, start + 0.07, start + 0.15),
            *foot("left", (0, 0.06, 0), start + 0.13, start + 0.2, start + 0.2, start + 0.28),
            *walk(-0.95, 4, start + 0.22, 0.98),
        )

    return either(0.0), either(0.03)
