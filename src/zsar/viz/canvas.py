"""What pictures of clips are drawn on: words, ground lines and bodies, with smooth edges."""

from functools import cache
from typing import TYPE_CHECKING

from zsar.viz.figure import PAPER, Spot, Window, figures
from zsar.viz.scene import DrawnClip

if TYPE_CHECKING:
    from PIL import Image, ImageFont

INK, QUIET, RULE = "#22262b", "#7d7a72", "#d9d5ca"
SMOOTH = 4  # drawn this much larger, then shrunk
EDGE = 36  # pixels around everything
TITLE, SMALL = 26, 15  # heights of letters


class Canvas:
    """Drawn large and handed out small, so that edges are smooth; sizes are the small ones."""

    def __init__(self, width: int, height: int):
        from PIL import Image, ImageDraw

        self.size = (width, height)
        self.image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), PAPER)
        self.canvas = ImageDraw.Draw(self.image)

    def heading(self, room: DrawnClip) -> None:
        self.words(room.title, (EDGE, EDGE - 6), TITLE, INK)
        who = {0: "nobody", 1: "one body"}.get(room.people, f"{room.people} bodies")
        below = (self.size[0] - EDGE, EDGE + 4)
        self.words(f"{len(room.bodies)} frames, {who}", below, SMALL, QUIET, "ra")

    def words(self, text: str, at: Spot, size: int, ink: str, anchor: str = "la") -> None:
        x, y = at
        self.canvas.text(
            (x * SMOOTH, y * SMOOTH), text, fill=ink, font=_letters(size * SMOOTH), anchor=anchor
        )

    def ground(self, each: Window, corner: Spot) -> None:
        x, y = (corner[0] * SMOOTH, (corner[1] + each.height) * SMOOTH)
        self.canvas.line((x, y, x + each.width * SMOOTH, y), fill=RULE, width=2 * SMOOTH)

    def look(self, room: DrawnClip, frame: int, each: Window, corner: Spot) -> None:
        x, y = corner
        figures(self.canvas, room, frame, each.larger(SMOOTH), (x * SMOOTH, y * SMOOTH))

    def progress(self, share: float, y: int) -> None:
        left, right = EDGE * SMOOTH, (self.size[0] - EDGE) * SMOOTH
        self.canvas.line((left, y * SMOOTH, right, y * SMOOTH), fill=RULE, width=3 * SMOOTH)
        reached = left + (right - left) * share
        self.canvas.line((left, y * SMOOTH, reached, y * SMOOTH), fill=QUIET, width=3 * SMOOTH)

    def finished(self) -> "Image.Image":
        return self.image.reduce(SMOOTH)


@cache
def _letters(size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)
