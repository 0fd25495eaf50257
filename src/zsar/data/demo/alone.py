"""What one person does: 22 actions, each a few body-part motions that other actions share."""

from zsar.data.demo.moves import (
    AFTER,
    BEFORE,
    Moves,
    angle,
    foot,
    hand,
    hands,
    hop,
    pelvis,
    shake,
    step,
)

SEAT = (0.0, -0.40, -0.30)  # from standing to sitting


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
