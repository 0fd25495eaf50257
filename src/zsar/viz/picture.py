"""Pictures of clips: an animated GIF, a sheet of frames, or a page that plays in any browser."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from zsar.atomic import atomic_write
from zsar.data.recording import Recording
from zsar.errors import UserError
from zsar.viz.figure import (
    BACKGROUND,
    COLOURS,
    VIEWS,
    DrawnClip,
    Pixel,
    PreparedSkeletons,
    Window,
    draw_bodies,
    drawn_clip,
    window,
)
from zsar.viz.player import page

if TYPE_CHECKING:
    from PIL import Image, ImageFont


INK, QUIET, RULE = "#22262b", "#7d7a72", "#d9d5ca"
SMOOTH = 4  # drawn this much larger, then shrunk
EDGE = 36  # pixels around everything
TITLE, SMALL = 26, 15  # heights of letters
LINE = 32  # from one line of a title to the next
GAP = 18  # pixels between windows
DOT = 12  # pixels: a mark of the legend
NARROWEST = 480  # pixels: a picture that holds the legend


class Canvas:
    """An image, drawn large and then shrunk so that edges are smooth; sizes are those after it."""

    def __init__(self, width: int, height: int):
        from PIL import Image, ImageDraw

        self.size = (width, height)
        self.image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), BACKGROUND)
        self.canvas = ImageDraw.Draw(self.image)

    def heading(self, drawn: DrawnClip) -> None:
        """The title in as many lines as it needs, and below it what the clip holds."""
        lines = _title_lines(drawn.title, self.size[0])
        for k, line in enumerate(lines):
            self.text(line, (EDGE, EDGE - 6 + k * LINE), TITLE, INK)
        who = {0: "nobody", 1: "one body"}.get(drawn.people, f"{drawn.people} bodies")
        below = (EDGE, EDGE - 2 + len(lines) * LINE)
        self.text(f"{len(drawn.bodies)} frames, {who}", below, SMALL, QUIET)

    def legend(self, drawn: DrawnClip, y: int) -> None:
        """What dark, light and hollow mean."""
        (right, left), at = COLOURS[0], EDGE
        marks = [("right side", right, right), ("left side", left, left)]
        if drawn.derived.any():
            marks.append(("computed from other joints", BACKGROUND, QUIET))
        for words, fill, rim in marks:
            box = [each * SMOOTH for each in (at, y + 3, at + DOT, y + 3 + DOT)]
            self.canvas.ellipse(box, fill=fill, outline=rim, width=2 * SMOOTH)
            self.text(words, (at + DOT + 6, y), SMALL, QUIET)
            at += DOT + 6 + round(_length(words, SMALL)) + GAP

    def text(self, text: str, at: Pixel, size: int, ink: str, anchor: str = "la") -> None:
        x, y = at
        self.canvas.text(
            (x * SMOOTH, y * SMOOTH), text, fill=ink, font=_letters(size * SMOOTH), anchor=anchor
        )

    def ground_line(self, each: Window, corner: Pixel) -> None:
        x, y = (corner[0] * SMOOTH, (corner[1] + each.height) * SMOOTH)
        self.canvas.line((x, y, x + each.width * SMOOTH, y), fill=RULE, width=2 * SMOOTH)

    def bodies(self, drawn: DrawnClip, frame: int, each: Window, corner: Pixel) -> None:
        x, y = corner
        draw_bodies(self.canvas, drawn, frame, each.larger(SMOOTH), (x * SMOOTH, y * SMOOTH))

    def progress(self, share: float, y: int) -> None:
        left, right = EDGE * SMOOTH, (self.size[0] - EDGE) * SMOOTH
        self.canvas.line((left, y * SMOOTH, right, y * SMOOTH), fill=RULE, width=3 * SMOOTH)
        reached = left + (right - left) * share
        self.canvas.line((left, y * SMOOTH, reached, y * SMOOTH), fill=QUIET, width=3 * SMOOTH)

    def shrunk(self) -> "Image.Image":
        return self.image.reduce(SMOOTH)


def _title_lines(title: str, width: int) -> list[str]:
    """Broken at blanks where possible, so that no line leaves a picture of that width."""
    lines, most = [""], width - 2 * EDGE
    for word in title.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _length(longer, TITLE) <= most or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
        while _length(lines[-1], TITLE) > most:
            fits = next(k for k in range(len(lines[-1]), 0, -1) if _fits(lines[-1][:k], most))
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return lines


def _fits(text: str, most: int) -> bool:
    return len(text) == 1 or _length(text, TITLE) <= most


def _length(text: str, size: int) -> float:
    """In pixels."""
    return _letters(size * SMOOTH).getlength(text) / SMOOTH


def window_top(drawn: DrawnClip, width: int) -> int:
    """Where the windows begin: below the heading."""
    return EDGE + len(_title_lines(drawn.title, width)) * LINE + SMALL + GAP


@cache
def _letters(size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)


SHEET_HEIGHT, ANIMATION_HEIGHT = 300, 420  # of a window, pixels
SHEET_WIDTH = 2400  # pixels
FEWEST_COLUMNS, MOST_COLUMNS = 3, 8  # frames side by side on a sheet
MOST_FRAMES = 120  # frames of a GIF; longer clips are thinned
FRAME_MILLISECONDS = 40  # at least, and where nobody knows how fast a clip plays


def draw(clip: Recording | PreparedSkeletons, path: Path, title: str) -> None:
    """Write a picture of the kind that the suffix of `path` asks for, complete or not at all."""
    write = KINDS.get(path.suffix.lower())
    if write is None:
        raise UserError(f"{path}: a picture of a clip ends in one of {', '.join(KINDS)}")
    drawn = drawn_clip(clip, title)
    if not len(drawn.bodies):
        raise UserError(f"{path}: {title} has no frames to draw")
    with atomic_write(path) as draft:
        write(drawn, draft)


def sheet(drawn: DrawnClip) -> "Image.Image":
    """Frames from the first to the last, from the front above and from the side below."""
    windows = [window(drawn, view, SHEET_HEIGHT) for view in VIEWS]
    wide = max(each.width for each in windows) + GAP
    columns = int(np.clip(SHEET_WIDTH // wide, FEWEST_COLUMNS, MOST_COLUMNS))
    frames = _spread(drawn, columns)
    width = max(2 * EDGE + len(frames) * wide - GAP, NARROWEST)
    top = window_top(drawn, width)
    row = SHEET_HEIGHT + GAP + SMALL
    canvas = Canvas(width, top + len(VIEWS) * row + SMALL + EDGE)
    canvas.heading(drawn)
    canvas.legend(drawn, top + len(VIEWS) * row)
    for k, each in enumerate(windows):
        for column, frame in enumerate(frames):
            corner = (EDGE + column * wide + (wide - GAP - each.width) / 2, top + k * row)
            canvas.ground_line(each, corner)
            canvas.bodies(drawn, int(frame), each, corner)
            caption = f"{frame + 1}" if column else f"{each.view}, frame {frame + 1}"
            canvas.text(caption, (corner[0], corner[1] + SHEET_HEIGHT + 4), SMALL, QUIET)
    return canvas.shrunk()


def animation(drawn: DrawnClip) -> list["Image.Image"]:
    """Front and side view next to each other, frame by frame."""
    windows = [window(drawn, view, ANIMATION_HEIGHT) for view in VIEWS]
    wide = max(2 * EDGE + sum(each.width for each in windows) + GAP, NARROWEST)
    return [
        _animation_frame(drawn, int(frame), windows, wide)
        for frame in _spread(drawn, _animated_frames(drawn))
    ]


def _animated_frames(drawn: DrawnClip) -> int:
    """At most as many as a GIF can show in the time that the clip takes."""
    if not drawn.fps > 0:
        return MOST_FRAMES
    seconds = len(drawn.bodies) / drawn.fps
    return max(1, min(MOST_FRAMES, round(1000 * seconds / FRAME_MILLISECONDS)))


def frame_milliseconds(drawn: DrawnClip, shown: int) -> int:
    """How long each of so many frames is shown, so that the whole plays as fast as the clip."""
    if not drawn.fps > 0:
        return FRAME_MILLISECONDS
    return max(10, round(100 * len(drawn.bodies) / drawn.fps / shown) * 10)


def _animation_frame(
    drawn: DrawnClip, frame: int, windows: list[Window], wide: int
) -> "Image.Image":
    top = window_top(drawn, wide)
    canvas = Canvas(wide, top + ANIMATION_HEIGHT + 3 * GAP + 2 * SMALL + EDGE)
    canvas.heading(drawn)
    canvas.legend(drawn, top + ANIMATION_HEIGHT + 3 * GAP + SMALL)
    left = EDGE
    for each in windows:
        canvas.ground_line(each, (left, top))
        canvas.bodies(drawn, frame, each, (left, top))
        canvas.text(each.view, (left, top + ANIMATION_HEIGHT + 4), SMALL, QUIET)
        left += each.width + GAP
    last = len(drawn.bodies)
    canvas.progress((frame + 1) / last, top + ANIMATION_HEIGHT + 2 * GAP + SMALL)
    canvas.text(
        f"frame {frame + 1} of {last}",
        (wide - EDGE, top + ANIMATION_HEIGHT + 4),
        SMALL,
        QUIET,
        "ra",
    )
    return canvas.shrunk()


def _spread(drawn: DrawnClip, most: int) -> Int[np.ndarray, " shown"]:
    """Up to so many frames, evenly from the first to the last."""
    count = min(most, len(drawn.bodies))
    return np.round(np.linspace(0, len(drawn.bodies) - 1, count)).astype(int)


def _png(drawn: DrawnClip, path: Path) -> None:
    sheet(drawn).save(path, format="PNG", optimize=True)


def _gif(drawn: DrawnClip, path: Path) -> None:
    images = animation(drawn)
    save_gif(images, path, frame_milliseconds(drawn, len(images)))


def save_gif(images: list["Image.Image"], path: Path, milliseconds: int) -> None:
    from PIL import Image

    # One palette for all, without dithering: flat areas compress well and do not flicker.
    sample = Image.new("RGB", (images[0].width, 3 * images[0].height))
    for k, image in enumerate((images[0], images[len(images) // 2], images[-1])):
        sample.paste(image, (0, k * image.height))
    palette = sample.quantize(96)
    first, *rest = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0)


def _html(drawn: DrawnClip, path: Path) -> None:
    path.write_text(page(drawn), encoding="utf-8")


KINDS = {".gif": _gif, ".png": _png, ".html": _html}
