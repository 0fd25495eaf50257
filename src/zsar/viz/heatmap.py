"""A picture of how alike the classes are: one square for each two of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from zsar.atomic import atomic_write

CELL = 16  # pixels
FONT = 12
GAP = 8
SCALE = 24  # height of the colour scale
# From unlike to alike: light to dark, so that it reads without colours too.
COLOURS = np.array(
    [(255, 255, 255), (222, 235, 247), (158, 202, 225), (66, 146, 198), (8, 81, 156), (8, 29, 88)],
    dtype=float,
)
WARNING = (214, 39, 40)


def draw_heatmap(
    similarity: Float[np.ndarray, "class class"],
    names: Sequence[str],
    title: str,
    above: float,
    path: Path,
) -> None:
    """Write a PNG; pairs whose similarity exceeds `above` are framed."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(FONT)
    labels = [f"{name}  {k}" for k, name in enumerate(names)]
    margin = GAP + max(round(font.getlength(each)) for each in labels) + GAP
    top = margin + FONT + 2 * GAP
    side = CELL * len(names)
    image = Image.new("RGB", (margin + side + GAP, top + side + SCALE + FONT + 4 * GAP), "white")
    field = Image.fromarray(coloured(similarity)).resize((side, side), Image.Resampling.NEAREST)
    image.paste(field, (margin, top))
    pen = ImageDraw.Draw(image)
    pen.text((GAP, GAP), f"{title}; framed: above {above:g}", "black", font)
    _label(image, labels, margin, top, font)
    _frame(pen, similarity, above, margin, top)
    _scale(image, margin, top + side + 2 * GAP, font)
    with atomic_write(path) as draft:
        image.save(draft, "PNG")


def coloured(values: Float[np.ndarray, "row column"]) -> UInt8[np.ndarray, "row column 3"]:
    """0 and below is white, 1 is darkest."""
    places = np.clip(values, 0, 1) * (len(COLOURS) - 1)
    stops = np.arange(len(COLOURS))
    channels = [np.interp(places, stops, COLOURS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _label(image: Any, labels: Sequence[str], margin: int, top: int, font: Any) -> None:
    """Names at the left of the rows, and upright above the columns."""
    from PIL import Image, ImageDraw

    pen = ImageDraw.Draw(image)
    for k, label in enumerate(labels):
        middle = k * CELL + CELL // 2
        pen.text((margin - GAP // 2, top + middle), label, "black", font, anchor="rm")
        strip = Image.new("RGB", (margin - GAP, CELL), "white")
        number, name = str(k), label.rpartition("  ")[0]
        ImageDraw.Draw(strip).text((0, CELL // 2), f"{number}  {name}", "black", font, anchor="lm")
        image.paste(strip.rotate(90, expand=True), (margin + k * CELL, top - margin + GAP // 2))


def _frame(pen: Any, similarity: np.ndarray, above: float, margin: int, top: int) -> None:
    for row, column in np.argwhere(similarity > above).tolist():
        if row != column:
            left, upper = margin + column * CELL, top + row * CELL
            pen.rectangle(
                (left, upper, left + CELL - 1, upper + CELL - 1), outline=WARNING, width=2
            )


def _scale(image: Any, left: int, upper: int, font: Any) -> None:
    """What the colours mean, from 0 to 1."""
    from PIL import Image, ImageDraw

    width = min(400, image.width - left - GAP)
    ramp = coloured(np.linspace(0, 1, width)[None].repeat(SCALE, axis=0))
    image.paste(Image.fromarray(ramp), (left, upper))
    pen = ImageDraw.Draw(image)
    pen.rectangle((left - 1, upper - 1, left + width, upper + SCALE), outline="black")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        pen.text(
            (left + share * width, upper + SCALE + GAP), f"{share:g}", "black", font, anchor="mm"
        )
