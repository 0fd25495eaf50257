"""BVH files of a toy rig, in the names, units and axes of any program."""

from collections.abc import Mapping, Sequence

import numpy as np

# joint, parent, offset in metres: y up, the left side at x, the front at z (T-pose).
MIXAMO = [
    ("Hips", "", (0, 0.95, 0)),
    ("Spine", "Hips", (0, 0.1, 0)),
    ("Spine1", "Spine", (0, 0.2, 0)),
    ("Neck", "Spine1", (0, 0.2, 0)),
    ("Head", "Neck", (0, 0.1, 0)),
    *(
        (f"{side}{name}", f"{parent.replace('*', side)}", (sign * x, y, z))
        for side, sign in (("Left", 1), ("Right", -1))
        for name, parent, (x, y, z) in (
            ("Shoulder", "Spine1", (0.05, 0.15, 0)),
            ("Arm", "*Shoulder", (0.12, 0, 0)),
            ("ForeArm", "*Arm", (0.28, 0, 0)),
            ("Hand", "*ForeArm", (0.25, 0, 0)),
            ("UpLeg", "Hips", (0.09, -0.03, 0)),
            ("Leg", "*UpLeg", (0, -0.42, 0)),
            ("Foot", "*Leg", (0, -0.42, 0)),
            ("ToeBase", "*Foot", (0, -0.06, 0.15)),
        )
    ),
]
ENDS = {"Head": (0, 0.2, 0), "LeftHand": (0.15, 0, 0), "RightHand": (-0.15, 0, 0)}
RAISED = {"LeftArm": ("Z", 80.0)}  # a turn about z takes the arm at x up to y
UPRIGHT = np.eye(3)
Angles = Mapping[str, tuple[str, float]]


def bvh(
    frames: Sequence[Angles],
    *,
    turn: np.ndarray = UPRIGHT,
    scale: float = 100.0,
    order: str = "ZXY",
    names: Mapping[str, str] = {},
    frame_time: float = 1 / 60,
    with_places: bool = False,
) -> str:
    """Each frame says the angles about an axis that differ from zero; `turn` gives other axes."""
    lines = ["HIERARCHY"]
    for root in (each for each in MIXAMO if not each[1]):
        lines += _joint(root, turn * scale, order, names, with_places, 0)
    lines += ["MOTION", f"Frames: {len(frames)}", f"Frame Time: {frame_time:.7f}"]
    for angles in frames:
        numbers: list[float] = []
        for name in _depth_first("Hips"):
            offset = turn @ next(each[2] for each in MIXAMO if each[0] == name) * scale
            numbers += [*offset] if with_places or name == "Hips" else []
            numbers += _turned(angles.get(name, ("Z", 0.0)), turn, order)
        lines.append(" ".join(f"{number:.6f}" for number in numbers))
    return "\n".join(lines) + "\n"


def _depth_first(name: str) -> list[str]:
    below = [each[0] for each in MIXAMO if each[1] == name]
    return [name, *(each for child in below for each in _depth_first(child))]


def _turned(angle: tuple[str, float], turn: np.ndarray, order: str) -> list[float]:
    """Channel values of a turn about one axis, once the axes are others."""
    axis, degrees = angle
    vector = turn @ np.eye(3)["XYZ".index(axis)]
    place = int(np.abs(vector).argmax())
    return [degrees * np.sign(vector[place]) if "XYZ"[place] == each else 0.0 for each in order]


def _joint(
    joint: tuple, turn: np.ndarray, order: str, names: Mapping[str, str], placed: bool, deep: int
) -> list[str]:
    name, parent, offset = joint
    channels = [f"{axis}rotation" for axis in order]
    if placed or not parent:
        channels = [f"{axis}position" for axis in "XYZ"] + channels
    indent = "\t" * deep
    x, y, z = turn @ np.array(offset)
    lines = [
        f"{indent}{'JOINT' if parent else 'ROOT'} {names.get(name, name)}",
        f"{indent}{{",
        f"{indent}\tOFFSET {x:.6f} {y:.6f} {z:.6f}",
        f"{indent}\tCHANNELS {len(channels)} {' '.join(channels)}",
    ]
    for child in (each for each in MIXAMO if each[1] == name):
        lines += _joint(child, turn, order, names, placed, deep + 1)
    if name in ENDS:
        x, y, z = turn @ np.array(ENDS[name])
        lines += [f"{indent}\tEnd Site {{ OFFSET {x:.6f} {y:.6f} {z:.6f} }}"]
    return [*lines, f"{indent}}}"]
