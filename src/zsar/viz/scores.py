"""A clip beside the scores of its candidate classes: what a method says of it, as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from zsar.atomic import atomic_write
from zsar.data.recording import Recording
from zsar.errors import UserError
from zsar.viz.figure import BACKGROUND, PreparedSkeletons, drawn_clip
from zsar.viz.picture import (
    EDGE,
    INK,
    QUIET,
    SMALL,
    SMOOTH,
    TITLE,
    Canvas,
    animation,
    frame_milliseconds,
    save_gif,
    sheet,
)

if TYPE_CHECKING:
    from PIL import Image

WIDTH, LETTERS, BAR, ROW = 330, 18, 14, 58  # pixels of the panel and of a class in it
MARK = 16  # room for the mark before a name
HIGHEST, OTHERS, OWN = "#134f7a", "#b9cfdf", "#b5341f"  # bars, and the mark of the clip's class


@dataclass(frozen=True)
class ClassScores:
    """The scores of one clip, by candidate class; the highest one is the answer."""

    classes: Sequence[str]
    scores: Float[np.ndarray, " class"]
    label: int  # position of the clip's own class among the candidates
    heading: str
    footnote: str


def draw_with_scores(
    clip: Recording | PreparedSkeletons, path: Path, title: str, scores: ClassScores
) -> None:
    """Write a GIF or a sheet of frames with the scores on its right."""
    kind = path.suffix.lower()
    if kind not in (".gif", ".png"):
        raise UserError(f"{path}: a picture with scores ends in .gif or .png")
    drawn = drawn_clip(clip, title)
    if not len(drawn.bodies):
        raise UserError(f"{path}: {title} has no frames to draw")
    stills = animation(drawn) if kind == ".gif" else [sheet(drawn)]
    beside = panel(scores, stills[0].height)
    wide = [_side_by_side(still, beside) for still in stills]
    with atomic_write(path) as draft:
        if kind == ".gif":
            save_gif(wide, draft, frame_milliseconds(drawn, len(wide)))
        else:
            wide[0].save(draft, format="PNG", optimize=True)


def panel(scores: ClassScores, height: int) -> "Image.Image":
    """A bar for each candidate class; it starts at the lowest score of this clip."""
    top = EDGE + TITLE + LETTERS
    rows = top + len(scores.classes) * ROW
    canvas = Canvas(WIDTH, max(height, rows + 3 * SMALL + EDGE))
    canvas.text(scores.heading, (0, EDGE + 4), SMALL, QUIET)
    low, high = scores.scores.min(), scores.scores.max()
    for k, (name, score) in enumerate(zip(scores.classes, scores.scores, strict=True)):
        y = top + k * ROW
        ink = INK if score == high else QUIET
        canvas.text(name, (MARK if k == scores.label else 0, y), LETTERS, ink)
        canvas.text(f"{score:.3f}", (WIDTH - EDGE, y + 2), SMALL, ink, "ra")
        share = float((score - low) / (high - low)) if high > low else 1.0
        _bar(canvas, y + LETTERS + 6, share, HIGHEST if score == high else OTHERS)
        if k == scores.label:
            _mark(canvas, y + 0.6 * LETTERS)
    _mark(canvas, rows + 0.6 * SMALL)
    canvas.text("the clip's own class", (MARK, rows), SMALL, QUIET)
    canvas.text(scores.footnote, (0, rows + 1.5 * SMALL), SMALL, QUIET)
    return canvas.shrunk()


def _bar(canvas: Canvas, y: float | int, share: float, ink: str) -> None:
    right = max(share * (WIDTH - EDGE), 2)
    box = [each * SMOOTH for each in (0, y, right, y + BAR)]
    canvas.canvas.rectangle(box, fill=ink)


def _mark(canvas: Canvas, y: float | int) -> None:
    radius = 5
    box = [each * SMOOTH for each in (0, y - radius, 2 * radius, y + radius)]
    canvas.canvas.ellipse(box, fill=OWN)


def _side_by_side(left: "Image.Image", right: "Image.Image") -> "Image.Image":
    from PIL import Image

    both = Image.new("RGB", (left.width + right.width, max(left.height, right.height)), BACKGROUND)
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both
