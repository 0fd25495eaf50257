"""Actions of one person with hands and head, as motions of body parts."""

from zsar.demo.moves import Moves, angle, hand, hands, hop, shake


def drink() -> Moves:
    when = (0.10, 0.38, 0.66, 0.92)
    return (
        *hand("right", "mouth", *when),
        *shake("right", (0, 0.03, 0), 0.5, 0.38, 0.45, 0.6, 0.66),
        *angle("nod", -20, 0.34, 0.48, 0.58, 0.70),
        *angle("bend", -4, 0.34, 0.48, 0.58, 0.70),
    )


def brush_teeth() -> Moves:
    when = (0.06, 0.24, 0.84, 1.02)
    return (
        *hand("right", "teeth", *when),
        *shake("right", (0.055, 0.015, 0.0), 7, 0.22, 0.28, 0.80, 0.86),
        *angle("nod", 10, *when),
    )


def drop() -> Moves:
    return (
        *hand("right", "low", 0.05, 0.30, 0.50, 0.72),
        *shake("right", (0, -0.05, 0.02), 0.5, 0.46, 0.50, 0.56, 0.62),
        *angle("nod", 24, 0.36, 0.52, 0.74, 0.92),
        *angle("bend", 8, 0.40, 0.54, 0.70, 0.90),
    )


def clap() -> Moves:
    when = (0.06, 0.22, 0.82, 1.0)
    swing = (0.18, 0.24, 0.80, 0.86)
    return (
        *hands("chest", *when),
        *shake("right", (0.13, 0.02, 0), 5, *swing, phase=0.25),
        *shake("left", (0.13, 0.02, 0), 5, *swing, phase=0.25),
        *angle("nod", 6, *when),
    )


def cheer_up() -> Moves:
    when = (0.08, 0.30, 0.78, 1.0)
    swing = (0.26, 0.34, 0.72, 0.80)
    return (
        *hands("high", *when),
        *shake("right", (0.07, 0.10, 0), 3, *swing),
        *shake("left", (0.07, 0.10, 0), 3, *swing),
        *angle("bend", -9, *when),
        *angle("nod", -12, *when),
        *hop(0.05, 0.40, 0.48, "right", "left"),
        *hop(0.05, 0.60, 0.68, "right", "left"),
    )


def wave() -> Moves:
    when = (0.06, 0.24, 0.82, 1.0)
    return (
        *hand("right", "wave", *when),
        *shake("right", (0.19, -0.03, 0), 3.5, 0.18, 0.26, 0.78, 0.86),
        *angle("lean", -4, *when),
    )


def phone() -> Moves:
    when = (0.08, 0.32, 0.92, 1.15)
    return (
        *hand("right", "ear", *when),
        *angle("cock", 10, *when),
        *angle("turn", 8, 0.35, 0.55, 0.65, 0.9),
        *angle("look", 10, 0.45, 0.6, 0.7, 0.85),
    )


def point() -> Moves:
    when = (0.12, 0.36, 0.70, 0.94)
    return (
        *hand("right", "there", *when),
        *angle("look", 20, 0.08, 0.30, 0.72, 0.96),
        *angle("twist", -6, *when),
    )


def check_time() -> Moves:
    when = (0.10, 0.34, 0.74, 0.98)
    return (
        *hand("left", "watch", *when),
        *angle("nod", 24, 0.18, 0.38, 0.72, 0.94),
        *angle("look", -8, *when),
        *angle("twist", 5, *when),
    )


def rub_hands() -> Moves:
    when = (0.06, 0.22, 0.84, 1.02)
    swing = (0.18, 0.24, 0.80, 0.86)
    return (
        *hands("belly", *when),
        *shake("right", (0, 0.02, 0.075), 5, *swing),
        *shake("left", (0, 0.02, 0.075), 5, *swing, phase=0.5),
        *angle("nod", 10, *when),
    )


def nod_head() -> Moves:
    return tuple(
        move
        for start in (0.12, 0.40, 0.66)
        for move in angle("nod", 30, start, start + 0.10, start + 0.14, start + 0.26)
    )


def bow() -> Moves:
    when = (0.12, 0.42, 0.56, 0.90)
    return (*angle("bend", 34, *when), *angle("tip", 14, *when), *angle("nod", 16, *when))


def wipe_face() -> Moves:
    when = (0.08, 0.30, 0.76, 0.98)
    return (
        *hand("right", "face", *when),
        *shake("right", (0.08, 0.05, 0), 2.5, 0.26, 0.34, 0.70, 0.80),
        *angle("nod", 14, *when),
    )


def wipe_face_with_both_hands() -> Moves:
    when = (0.08, 0.30, 0.76, 0.98)
    swing = (0.26, 0.34, 0.70, 0.80)
    return (
        *hands("face", *when),
        *shake("right", (0.02, 0.07, 0), 2, *swing),
        *shake("left", (0.02, 0.07, 0), 2, *swing),
        *angle("nod", 18, *when),
    )


def salute() -> Moves:
    return (
        *hand("right", "temple", 0.14, 0.30, 0.72, 0.88),
        *angle("bend", -4, 0.10, 0.28, 0.74, 0.90),
        *angle("nod", -4, 0.10, 0.28, 0.74, 0.90),
    )


def cross_hands() -> Moves:
    return hands("crossed", 0.10, 0.34, 0.70, 0.94)
