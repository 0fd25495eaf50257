"""Clips ready to be drawn, and how a body is drawn: thick bones, discs for joints, in one view."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.data.recording import Recording
from zsar.data.skeleton import BONES, CENTRE, JOINTS

if TYPE_CHECKING:
    from PIL import ImageDraw

PreparedSkeletons = Float[np.ndarray, "xyz frame joint body"]


@dataclass(frozen=True)
class DrawnClip:
    """Bodies ready to be drawn; a colour of -1 marks an absent body."""

    title: str
    bodies: Float[np.ndarray, "frame body joint xyz"]
    colours: Int[np.ndarray, "frame body"]
    derived: Bool[np.ndarray, " joint"]
    fps: float  # NaN where nobody knows

    @property
    def people(self) -> int:
        return len(set(self.colours.flat) - {-1})


def drawn_clip(clip: Recording | PreparedSkeletons, title: str) -> DrawnClip:
    """Bodies are coloured by their id in a recording, by their place in a prepared clip."""
    if isinstance(clip, Recording):
        there = (clip.ids != 0) & np.isfinite(clip.bodies).all((2, 3))
        colours = _by_first_appearance(clip.ids, there)
        return DrawnClip(title, clip.bodies, colours, clip.derived, clip.fps)
    bodies = np.transpose(clip, (1, 3, 2, 0))
    there = np.isfinite(bodies).all((2, 3)) & (bodies != 0).any((2, 3))
    colours = np.where(there, np.arange(bodies.shape[1]), -1)
    unknown = np.zeros(len(JOINTS), dtype=bool)
    return DrawnClip(title, _side_by_side(bodies, there), colours, unknown, float("nan"))


def _by_first_appearance(
    ids: Int[np.ndarray, "frame body"], there: Bool[np.ndarray, "frame body"]
) -> Int[np.ndarray, "frame body"]:
    known, first, which = np.unique(ids[there], return_index=True, return_inverse=True)
    rank = np.empty(len(known), dtype=int)
    rank[np.argsort(first)] = np.arange(len(known))
    colours = np.full(ids.shape, -1)
    colours[there] = rank[which]
    return colours


def _side_by_side(
    bodies: Float[np.ndarray, "frame body joint xyz"], there: Bool[np.ndarray, "frame body"]
) -> Float[np.ndarray, "frame body joint xyz"]:
    """Bodies that were each centred on the origin, moved apart along x."""
    together = there.all(1)
    if bodies.shape[1] < 2 or not together.any():
        return bodies
    if np.abs(bodies[together][:, :, CENTRE]).max() > 1e-3:
        return bodies
    across = bodies[together][..., 0]
    places = np.arange(bodies.shape[1]) * 0.8 * (across.max() - across.min())
    return bodies + places[:, None, None] * np.array([1.0, 0.0, 0.0])


Pixel = tuple[float | int, float | int]

BACKGROUND = "#fbfaf6"
# A body's own right side is dark and its left side light, to distinguish arms and legs.
COLOURS = (
    ("#134f7a", "#74abd1"),
    ("#b5341f", "#ee9c85"),
    ("#8a867c", "#c0bcb1"),
    ("#75670a", "#c9b962"),
)
# Rows: the axes across, up and away from the viewer. Neither view is mirrored: from the front, the
# right hand of a person who faces the camera, where x points, is on the left of the picture; seen
# from the side, people face right.
VIEWS = {
    "front": np.array([[-1, 0, 0], [0, 1, 0], [0, 0, 1]]),
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
    """One view at one scale that holds the bodies of all frames of a clip."""

    view: str
    left: float  # metres
    low: float
    width: int  # pixels
    height: int
    scale: float  # pixels for a metre

    def project(
        self, points: Float[np.ndarray, "joint xyz"], corner: Pixel
    ) -> Float[np.ndarray, "joint pixel"]:
        """Where points in space are in a picture that has this window at a corner."""
        across, up, _ = VIEWS[self.view] @ points.T
        x = corner[0] + (across - self.left) * self.scale
        y = corner[1] + self.height - (up - self.low) * self.scale
        return np.stack((x, y), axis=1)

    def larger(self, times: int) -> "Window":
        """The same view on more pixels."""
        width, height, scale = self.width * times, self.height * times, self.scale * times
        return replace(self, width=width, height=height, scale=scale)


def window(drawn: DrawnClip, view: str, height: int) -> Window:
    points = drawn.bodies[drawn.colours >= 0].reshape(-1, 3)
    if not len(points):
        return Window(view, -0.5, -1.0, height // 2, height, height / 2)
    # An outlier among the joints must not shrink the bodies.
    low, high = np.percentile(points @ VIEWS[view].T, (0.1, 99.9), axis=0)[:, :2]
    low, high = low - (MARGIN, GROUND), high + MARGIN
    scale = float(height / (high[1] - low[1]))
    width = max(round((high[0] - low[0]) * scale), round(0.5 * height))
    left = (low[0] + high[0]) / 2 - width / scale / 2
    return Window(view, float(left), float(low[1]), width, height, scale)


def draw_bodies(
    canvas: "ImageDraw.ImageDraw",
    drawn: DrawnClip,
    frame: int,
    view: Window,
    corner: Pixel,
) -> None:
    """Draw the bodies of a frame, the furthest first."""
    there = np.flatnonzero(drawn.colours[frame] >= 0)
    depth = drawn.bodies[frame] @ VIEWS[view.view][2]
    for body in sorted(there, key=lambda body: -depth[body].mean()):
        colours = COLOURS[drawn.colours[frame, body] % len(COLOURS)]
        pen = _Pen(canvas, view.project(drawn.bodies[frame, body], corner), view.scale, colours)
        for limb in sorted(LIMBS, key=lambda limb: -depth[body][limb].mean()):
            pen.limb(limb, drawn.derived)


@dataclass(frozen=True)
class _Pen:
    """Draws one body whose joints are at `pixels`."""

    canvas: "ImageDraw.ImageDraw"
    pixels: Float[np.ndarray, "joint pixel"]
    scale: float
    colours: tuple[str, str]

    def limb(self, joints: list[int], derived: Bool[np.ndarray, " joint"]) -> None:
        bones = [bone for bone in BONES if bone[0] in joints]
        for bone in bones:
            # A rim of background separates a limb from what is behind it, not from its own body.
            if joints is not LIMBS[0] and bone[1] in joints:
                self.bone(bone, 2 * RIM, BACKGROUND)
        for bone in bones:
            self.bone(bone, 0.0, self.colour(bone[0]))
        for joint in joints:
            self.joint(joint, bool(derived[joint]))

    def bone(self, bone: tuple[int, int], wider: float, ink: str) -> None:
        thick = (SMALL_LIMB if small(bone[0]) else LIMB) + wider
        width = max(round(thick * self.scale), 2)
        ends = [(float(x), float(y)) for x, y in self.pixels[list(bone)]]
        self.canvas.line(ends, fill=ink, width=width)
        for end in ends:
            self.disc(end, width / 2, fill=ink)

    def joint(self, joint: int, hollow: bool) -> None:
        size = SKULL if joint == HEAD else SMALL_JOINT if small(joint) else JOINT
        x, y = map(float, self.pixels[joint])
        colour = self.colour(joint)
        if hollow or joint == HEAD:
            rim = max(round(min(RIM, 0.45 * size) * self.scale), 2)
            self.disc((x, y), size * self.scale, fill=BACKGROUND, outline=colour, width=rim)
        else:
            self.disc((x, y), size * self.scale, fill=colour)

    def disc(self, middle: Pixel, radius: float, **ink: Any) -> None:
        x, y = middle
        self.canvas.ellipse((x - radius, y - radius, x + radius, y + radius), **ink)

    def colour(self, joint: int) -> str:
        return self.colours[JOINTS[joint].startswith("left")]


def small(joint: int) -> bool:
    return joint != HEAD and ("hand" in JOINTS[joint] or "thumb" in JOINTS[joint])
