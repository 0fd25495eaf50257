"""Pictures of clips: a moving GIF, a sheet of frames, or a page that plays in any browser."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from zsar.data.figure import PAPER, VIEWS, Window, figures, window
from zsar.data.player import page
from zsar.data.recording import Recording
from zsar.data.scene import Prepared, Scene, scene
from zsar.errors import Complaint
from zsar.whole import whole

if TYPE_CHECKING:
    from PIL import Image, ImageFont

INK, QUIET, RULE = "#22262b", "#7d7a72", "#d9d5ca"

SMOOTH = 4  # drawn this much larger, then shrunk
EDGE, GAP = 36, 18  # pixels around and between windows
TITLE, SMALL = 26, 15  # heights of letters
SHEET, FILM = 300, 420  # heights of a window
SHEET_WIDTH, FEWEST, MOST = 2400, 3, 8  # pixels, and frames, side by side on a sheet
LONGEST = 120  # frames of a GIF; longer clips are thinned
PACE = 40  # milliseconds a frame


def draw(clip: Recording | Prepared, path: Path, title: str) -> None:
    """Write a picture of the kind that the suffix of `path` asks for, whole or not at all."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise Complaint(f"{path}: a picture of a clip ends in one of {', '.join(KINDS)}")
    room = scene(clip, title)
    if not len(room.bodies):
        raise Complaint(f"{path}: {title} has no frames to draw")
    with whole(path) as draft:
        kind(room, draft)


def sheet(room: Scene) -> "Image.Image":
    """Frames from the first to the last, from the front above and from the side below."""
    windows = [window(room, view, SHEET) for view in VIEWS]
    wide = max(each.width for each in windows) + GAP
    columns = int(np.clip(SHEET_WIDTH // wide, FEWEST, MOST))
    frames = _spread(room, columns)
    top = EDGE + TITLE + 2 * GAP
    row = SHEET + GAP + SMALL
    sheet = _Paper(2 * EDGE + len(frames) * wide - GAP, top + len(VIEWS) * row + EDGE)
    sheet.heading(room, EDGE)
    for k, each in enumerate(windows):
        for column, frame in enumerate(frames):
            corner = (EDGE + column * wide + (wide - GAP - each.width) / 2, top + k * row)
            sheet.ground(each, corner)
            sheet.look(room, int(frame), each, corner)
            caption = f"{frame + 1}" if column else f"{each.view}, frame {frame + 1}"
            sheet.words(caption, (corner[0], corner[1] + SHEET + 4), SMALL, QUIET)
    return sheet.finished()


def film(room: Scene) -> list["Image.Image"]:
    """Front and side view next to each other, frame by frame."""
    windows = [window(room, view, FILM) for view in VIEWS]
    wide = 2 * EDGE + sum(each.width for each in windows) + GAP
    return [_still(room, int(frame), windows, wide) for frame in _spread(room, LONGEST)]


def _still(room: Scene, frame: int, windows: list[Window], wide: int) -> "Image.Image":
    top = EDGE + TITLE + 2 * GAP
    paper = _Paper(wide, top + FILM + 2 * GAP + SMALL + EDGE)
    paper.heading(room, EDGE)
    left = EDGE
    for each in windows:
        paper.ground(each, (left, top))
        paper.look(room, frame, each, (left, top))
        paper.words(each.view, (left, top + FILM + 4), SMALL, QUIET)
        left += each.width + GAP
    last = len(room.bodies)
    paper.progress((frame + 1) / last, top + FILM + 2 * GAP + SMALL)
    paper.words(f"frame {frame + 1} of {last}", (wide - EDGE, top + FILM + 4), SMALL, QUIET, "ra")
    return paper.finished()


def _spread(room: Scene, most: int) -> Int[np.ndarray, " shown"]:
    """Up to so many frames, evenly from the first to the last."""
    count = min(most, len(room.bodies))
    return np.round(np.linspace(0, len(room.bodies) - 1, count)).astype(int)


class _Paper:
    """Drawn large and handed out small, so that edges are smooth; sizes are the small ones."""

    def __init__(self, width: int, height: int):
        from PIL import Image, ImageDraw

        self.size = (width, height)
        self.image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), PAPER)
        self.canvas = ImageDraw.Draw(self.image)

    def heading(self, room: Scene, left: int) -> None:
        self.words(room.title, (left, EDGE - 6), TITLE, INK)
        who = {0: "nobody", 1: "one body"}.get(room.people, f"{room.people} bodies")
        below = (self.size[0] - left, EDGE + 4)
        self.words(f"{len(room.bodies)} frames, {who}", below, SMALL, QUIET, "ra")

    def words(
        self, text: str, at: tuple[float, float], size: int, ink: str, anchor: str = "la"
    ) -> None:
        x, y = at
        self.canvas.text(
            (x * SMOOTH, y * SMOOTH), text, fill=ink, font=_letters(size * SMOOTH), anchor=anchor
        )

    def ground(self, each: Window, corner: tuple[float, float]) -> None:
        x, y = (corner[0] * SMOOTH, (corner[1] + each.height) * SMOOTH)
        self.canvas.line((x, y, x + each.width * SMOOTH, y), fill=RULE, width=2 * SMOOTH)

    def look(self, room: Scene, frame: int, each: Window, corner: tuple[float, float]) -> None:
        large = Window(
            each.view,
            each.left,
            each.low,
            each.width * SMOOTH,
            each.height * SMOOTH,
            each.scale * SMOOTH,
        )
        figures(self.canvas, room, frame, large, (corner[0] * SMOOTH, corner[1] * SMOOTH))

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


def _png(room: Scene, path: Path) -> None:
    sheet(room).save(path, format="PNG", optimize=True)


def _gif(room: Scene, path: Path) -> None:
    from PIL import Image

    stills = film(room)
    # One set of colours for all, none mixed from dots: flat areas pack well and do not flicker.
    sample = Image.new("RGB", (stills[0].width, 3 * stills[0].height))
    for k, still in enumerate((stills[0], stills[len(stills) // 2], stills[-1])):
        sample.paste(still, (0, k * still.height))
    palette = sample.quantize(96)
    first, *rest = (still.quantize(palette=palette, dither=Image.Dither.NONE) for still in stills)
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=PACE, loop=0)


def _html(room: Scene, path: Path) -> None:
    path.write_text(page(room), encoding="utf-8")


KINDS = {".gif": _gif, ".png": _png, ".html": _html}
