"""Plots with matplotlib: the similarity of classes as a heat map, features as a t-SNE scatter."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32, Int64

from zsar.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
CELL = 0.17  # inches: the side of a cell of the heat map
MIN_SIDE = 3.5  # inches: the side of a heat map of a few classes
COLOUR_MAP = "Blues"  # light to dark, so that it can be read without colours too
FRAME = "tab:red"
SCATTER_SIDE = 6.0  # inches
COLOURS = tuple(f"C{k}" for k in range(10))  # of the classes in a scatter


def draw_heatmap(
    similarity: Float[np.ndarray, "class class"],
    names: Sequence[str],
    title: str,
    above: float,
    path: Path,
) -> None:
    """Write a PNG with a cell per pair of classes; pairs more similar than `above` are framed."""
    from matplotlib.patches import Rectangle

    count = len(names)
    side = max(CELL * count, MIN_SIDE)
    with figure_file(side, side, path) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        image = axes.imshow(similarity, cmap=COLOUR_MAP, vmin=0, vmax=1, interpolation="nearest")
        axes.set_yticks(range(count), [f"{name}  {k}" for k, name in enumerate(names)])
        axes.set_xticks(range(count), [f"{k}  {name}" for k, name in enumerate(names)], rotation=90)
        axes.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=2)
        axes.set_title(title, loc="left", pad=10, fontsize=max(10, side))
        for row, column in np.argwhere(similarity > above).tolist():
            if row != column:
                corner = (column - 0.5, row - 0.5)
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=FRAME, linewidth=1.5))
        width = max(MIN_SIDE, side / 3)
        scale = figure.add_axes((0, -0.35 / side, width / side, 0.15 / side))
        figure.colorbar(image, cax=scale, orientation="horizontal")
        scale.set_xlabel(f"cosine similarity; framed: above {above:g}")


def draw_scatter(
    points: Float32[np.ndarray, "clip 2"],
    labels: Int64[np.ndarray, " clip"],
    legend: Mapping[int, str],
    title: str,
    path: Path,
) -> None:
    """Write a PNG with a dot per clip, coloured by class; `legend` names the classes."""
    with figure_file(SCATTER_SIDE, SCATTER_SIDE, path) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        for (label, name), colour in zip(legend.items(), COLOURS, strict=False):
            x, y = points[labels == label].T
            axes.scatter(x, y, s=20, color=colour, edgecolors="white", linewidths=0.3, label=name)
        axes.set_title(title, loc="left")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, markerscale=1.5)


@contextmanager
def figure_file(width: float, height: float, path: Path) -> Iterator["Figure"]:
    """A figure of so many inches without its labels; it is written when the block ends.

    The same plot has the same bytes: own settings of a user and dates in the file are left out.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"font.size": 8, "text.parse_math": False})
        figure = Figure(figsize=(width, height), dpi=DPI)
        yield figure
        with atomic_write(path) as draft:
            figure.savefig(
                draft, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None}
            )
