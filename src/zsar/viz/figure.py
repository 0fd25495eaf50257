"""How a body is drawn: thick bones, discs for joints, one view at a time."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from zsar.data.skeleton import BONES, JOINTS
from zsar.viz.scene import DrawnClip

if TYPE_CHECKING:
    from PIL import ImageDraw

Spot = tuple[float | int, float | int]  # pixels

PAPER = "#fbfaf6"
# A body's own right side is dark and its left side light, so that arms and legs can be told apart.
COLOURS = (
    ("#134f7a", "#74abd1"),
    ("#b5341f", "#ee9c85"),
    ("#8a867c", "#c0bcb1"),
    ("#75670a", "#c9b962"),
)
# Rows: what runs across, up, and away from whoever looks; from the side, people face right.
VIEWS = {
    "front": np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "side": np.array([[0, 0, -1], [0, 1, 0], [-1, 0, 0]]),
}
HEAD = JOINTS.index("head")
LEGS = ("hip", "knee", "ankle", "foot")


def _limb(joint: str) -> tuple[str, bool]:
    side, _, part = joint.partition("_")
    return (side, part in LEGS) if side in ("left", "right") else ("spine", False)


# Joints that are drawn together: the spine with the head, each arm, each leg.
LIMBS = [
    [k for k, joint in enumerate(JOINTS) if _limb(joint) == limb]
    for limb in dict.fromkeys(map(_limb, JOINTS))
]

# Sizes on a body, metres.
LIMB, SMALL_LIMB, JOINT, SMALL_JOINT, SKULL, RIM = 0.042, 0.022, 0.034, 0.017, 0.095, 0.017
MARGIN, GROUND = 0.16, 0.045  # free space around everything, and below it


@dataclass(frozen=True)
class Window:
    """One view of the room, at one scale, that shows all that ever happens in a clip."""

    view: str
    left: float  # of the room, metres
    low: float
    width: int  # pixels
    height: int
    scale: float  # pixels for a metre

    def spots(
        self, points: Float[np.ndarray, "joint xyz"], corner: Spot
    ) -> Float[np.ndarray, "joint pixel"]:
        """Where points of the room lie in a picture that has this window at a corner."""
        across, up, _ = VIEWS[self.view] @ points.T
        x = corner[0] + (across - self.left) * self.scale
        y = corner[1] + self.height - (up - self.low) * self.scale
        return np.stack((x, y), axis=1)

    def larger(self, times: int) -> "Window":
        """The same view on more pixels."""
        width, height, scale = self.width * times, self.height * times, self.scale * times
        return replace(self, width=width, height=height, scale=scale)


def window(room: DrawnClip, view: str, height: int) -> Window:
    points = room.bodies[room.colours >= 0].reshape(-1, 3)
    if not len(points):
        return Window(view, -0.5, -1.0, height // 2, height, height / 2)
    # A joint that flies off for a moment shall not shrink everybody.
    low, high = np.percentile(points @ VIEWS[view].T, (0.1, 99.9), axis=0)[:, :2]
    low, high = low - (MARGIN, GROUND), high + MARGIN
    scale = float(height / (high[1] - low[1]))
    width = max(round((high[0] - low[0]) * scale), round(0.5 * height))
    left = (low[0] + high[0]) / 2 - width / scale / 2
    return Window(view, float(left), float(low[1]), width, height, scale)


def figures(
    canvas: "ImageDraw.ImageDraw",
    room: DrawnClip,
    frame: int,
    through: Window,
    corner: Spot,
) -> None:
    """Everybody who is there in a frame, whoever is furthest first."""
    there = np.flatnonzero(room.colours[frame] >= 0)
    depth = room.bodies[frame] @ VIEWS[through.view][2]
    for body in sorted(there, key=lambda body: -depth[body].mean()):
        tints = COLOURS[room.colours[frame, body] % len(COLOURS)]
        pen = _Pen(canvas, through.spots(room.bodies[frame, body], corner), through.scale, tints)
        for limb in sorted(LIMBS, key=lambda limb: -depth[body][limb].mean()):
            pen.limb(limb, room.derived)


@dataclass(frozen=True)
class _Pen:
    """Draws one body whose joints lie at `spots`."""

    canvas: "ImageDraw.ImageDraw"
    spots: Float[np.ndarray, "joint pixel"]
    scale: float
    tints: tuple[str, str]

    def limb(self, joints: list[int], derived: Bool[np.ndarray, " joint"]) -> None:
        bones = [bone for bone in BONES if bone[0] in joints]
        for bone in bones:
            # A rim of paper parts a limb from what lies behind it, not from where it grows.
            if joints is not LIMBS[0] and bone[1] in joints:
                self.bone(bone, 2 * RIM, PAPER)
        for bone in bones:
            self.bone(bone, 0.0, self.tint(bone[0]))
        for joint in joints:
            self.joint(joint, bool(derived[joint]))

    def bone(self, bone: tuple[int, int], wider: float, ink: str) -> None:
        thick = (SMALL_LIMB if small(bone[0]) else LIMB) + wider
        width = max(round(thick * self.scale), 2)
        ends = [(float(x), float(y)) for x, y in self.spots[list(bone)]]
        self.canvas.line(ends, fill=ink, width=width)
        for end in ends:
            self.disc(end, width / 2, fill=ink)

    def joint(self, joint: int, hollow: bool) -> None:
        size = SKULL if joint == HEAD else SMALL_JOINT if small(joint) else JOINT
        x, y = map(float, self.spots[joint])
        tint = self.tint(joint)
        if hollow or joint == HEAD:
            rim = max(round(min(RIM, 0.45 * size) * self.scale), 2)
            self.disc((x, y), size * self.scale, fill=PAPER, outline=tint, width=rim)
        else:
            self.disc((x, y), size * self.scale, fill=tint)

    def disc(self, middle: Spot, radius: float, **ink: Any) -> None:
        x, y = middle
        self.canvas.ellipse((x - radius, y - radius, x + radius, y + radius), **ink)

    def tint(self, joint: int) -> str:
        return self.tints[JOINTS[joint].startswith("left")]


def small(joint: int) -> bool:
    return joint != HEAD and ("hand" in JOINTS[joint] or "thumb" in JOINTS[joint])
