"""The study as tables: methods by splits, with the published numbers beside ours.

findings(folder, order) reads what there is, text(found, form) lays it out as one of FORMS.
"""

from zsar.table.render import RENDERERS, aligned, grids, render, wrapped
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
    "wrapped",
]
