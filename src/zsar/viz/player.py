"""A clip as plain JSON for the player of the pages, and a page that plays one clip: one file, no
network, in any browser."""

import base64
import html
import json
from importlib.resources import files
from math import isfinite

import numpy as np

from zsar.data.skeleton import BONES, JOINTS
from zsar.viz.figure import (
    COLOURS,
    HEAD,
    JOINT,
    LIMB,
    SKULL,
    SMALL_JOINT,
    SMALL_LIMB,
    DrawnClip,
    small,
)

USUAL_FPS = 30.0  # of depth sensors; where a recording does not say
DARK_COLOURS = (  # on a dark page: a body's own right side strong, its left side pale
    ("#4a9fdc", "#bfdff5"),
    ("#ea6a52", "#fac7bb"),
    ("#a8a49a", "#dedbd4"),
    ("#c2ab2c", "#ece3ae"),
)
SKELETON = {
    "joints": JOINTS,
    "bones": BONES,
    "left": [joint.startswith("left") for joint in JOINTS],
    "small": [small(joint) for joint in range(len(JOINTS))],
    "head": HEAD,
    "light": COLOURS,
    "dark": DARK_COLOURS,
    "sizes": {
        "bone": LIMB,
        "small_bone": SMALL_LIMB,
        "joint": JOINT,
        "small_joint": SMALL_JOINT,
        "head": SKULL,
    },
}


def clip_data(drawn: DrawnClip, most_frames: int) -> dict[str, object]:
    """What the player takes: at most so many frames and 30 of a second, points as int16 millimetres
    around the middle of the clip, in base64."""
    known = isfinite(drawn.fps) and drawn.fps > 0
    fps = drawn.fps if known else USUAL_FPS
    step = max(1, round(fps / USUAL_FPS), -(-len(drawn.bodies) // most_frames))
    bodies, colours = drawn.bodies[::step], drawn.colours[::step]
    there = colours >= 0
    shown = bodies[there].reshape(-1, 3) if there.any() else np.array([[0, -1, 3], [0, 1, 3]])
    low, high = np.percentile(shown, (0.1, 99.9), axis=0)
    around = np.where(there[:, :, None, None], bodies - (low + high) / 2, 0)
    millimetres = np.clip(np.round(around * 1000), -32768, 32767).astype("<i2")
    return {
        "title": drawn.title,
        "fps": fps / step,
        "fps_known": known,
        "frames": len(bodies),
        "bodies": bodies.shape[1],
        "colours": colours.tolist(),
        "points": base64.b64encode(millimetres.tobytes()).decode("ascii"),
        "derived": drawn.derived.tolist(),
        "span": [round(float(side), 3) for side in high - low],
        "skeleton": SKELETON,
    }


def asset(name: str) -> str:
    """A script or style sheet of the pages."""
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def in_script(data: object) -> str:
    """JSON to stand inside a script, which ends at the first "</", wherever it stands."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True).replace("</", "<\\/")


def page(drawn: DrawnClip) -> str:
    """The page as text; every frame up to 30 of a second is in it."""
    parts = {
        "TITLE": html.escape(drawn.title),
        "STYLE": asset("components.css"),
        "THREE": asset("three.min.js"),
        "PLAYER": asset("player.js"),
        "CLIP": in_script(clip_data(drawn, len(drawn.bodies))),
    }
    return "".join(parts.get(piece, piece) for piece in PAGE.split("@"))


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@</title>
<style>@STYLE@</style>
<main>
  <h1>@TITLE@</h1>
  <div id="player"></div>
</main>
<script>@THREE@</script>
<script>@PLAYER@</script>
<script>
const clip = @CLIP@;
zsar.player(document.getElementById("player"), clip);
</script>
</html>
"""
