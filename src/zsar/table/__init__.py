"""Tables of results: methods by splits, with the published numbers beside ours.

read_results(folder, order) reads them, render(results, form) writes them by one of RENDERERS.
"""

from zsar.table.render import RENDERERS, aligned, grids, render, render_grids, wrapped
from zsar.table.results import CellResult, RecognitionResult, Results, read_cells, read_results

__all__ = [
    "RENDERERS",
    "CellResult",
    "RecognitionResult",
    "Results",
    "aligned",
    "grids",
    "read_cells",
    "read_results",
    "render",
    "render_grids",
    "wrapped",
]
