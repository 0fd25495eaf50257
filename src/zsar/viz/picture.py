"""Pictures of clips: a moving GIF, a sheet of frames, or a page that plays in any browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from zsar.atomic import atomic_write
from zsar.data.recording import Recording
from zsar.errors import UserError
from zsar.viz.canvas import EDGE, QUIET, SMALL, TITLE, Canvas
from zsar.viz.figure import VIEWS, Window, window
from zsar.viz.player import page
from zsar.viz.scene import DrawnClip, Prepared, drawn_clip

if TYPE_CHECKING:
    from PIL import Image

GAP = 18  # pixels between windows
SHEET, FILM = 300, 420  # heights of a window
SHEET_WIDTH, FEWEST, MOST = 2400, 3, 8  # pixels, and frames, side by side on a sheet
LONGEST = 120  # frames of a GIF; longer clips are thinned
PACE = 40  # milliseconds a frame


def draw(clip: Recording | Prepared, path: Path, title: str) -> None:
    """Write a picture of the kind that the suffix of `path` asks for, whole or not at all."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path}: a picture of a clip ends in one of {', '.join(KINDS)}")
    room = drawn_clip(clip, title)
    if not len(room.bodies):
        raise UserError(f"{path}: {title} has no frames to draw")
    with atomic_write(path) as draft:
        kind(room, draft)


def sheet(room: DrawnClip) -> "Image.Image":
    """Frames from the first to the last, from the front above and from the side below."""
    windows = [window(room, view, SHEET) for view in VIEWS]
    wide = max(each.width for each in windows) + GAP
    columns = int(np.clip(SHEET_WIDTH // wide, FEWEST, MOST))
    frames = _spread(room, columns)
    top = EDGE + TITLE + 2 * GAP
    row = SHEET + GAP + SMALL
    sheet = Canvas(2 * EDGE + len(frames) * wide - GAP, top + len(VIEWS) * row + EDGE)
    sheet.heading(room)
    for k, each in enumerate(windows):
        for column, frame in enumerate(frames):
            corner = (EDGE + column * wide + (wide - GAP - each.width) / 2, top + k * row)
            sheet.ground(each, corner)
            sheet.look(room, int(frame), each, corner)
            caption = f"{frame + 1}" if column else f"{each.view}, frame {frame + 1}"
            sheet.words(caption, (corner[0], corner[1] + SHEET + 4), SMALL, QUIET)
    return sheet.finished()


def film(room: DrawnClip) -> list["Image.Image"]:
    """Front and side view next to each other, frame by frame."""
    windows = [window(room, view, FILM) for view in VIEWS]
    wide = 2 * EDGE + sum(each.width for each in windows) + GAP
    return [_still(room, int(frame), windows, wide) for frame in _spread(room, LONGEST)]


def _still(room: DrawnClip, frame: int, windows: list[Window], wide: int) -> "Image.Image":
    top = EDGE + TITLE + 2 * GAP
    paper = Canvas(wide, top + FILM + 2 * GAP + SMALL + EDGE)
    paper.heading(room)
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


def _spread(room: DrawnClip, most: int) -> Int[np.ndarray, " shown"]:
    """Up to so many frames, evenly from the first to the last."""
    count = min(most, len(room.bodies))
    return np.round(np.linspace(0, len(room.bodies) - 1, count)).astype(int)


def _png(room: DrawnClip, path: Path) -> None:
    sheet(room).save(path, format="PNG", optimize=True)


def _gif(room: DrawnClip, path: Path) -> None:
    save_gif(film(room), path)


def save_gif(stills: list["Image.Image"], path: Path) -> None:
    from PIL import Image

    # One set of colours for all, none mixed from dots: flat areas pack well and do not flicker.
    sample = Image.new("RGB", (stills[0].width, 3 * stills[0].height))
    for k, still in enumerate((stills[0], stills[len(stills) // 2], stills[-1])):
        sample.paste(still, (0, k * still.height))
    palette = sample.quantize(96)
    first, *rest = (still.quantize(palette=palette, dither=Image.Dither.NONE) for still in stills)
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=PACE, loop=0)


def _html(room: DrawnClip, path: Path) -> None:
    path.write_text(page(room), encoding="utf-8")


KINDS = {".gif": _gif, ".png": _png, ".html": _html}
