"""The study as tables: methods by splits, with the published numbers beside ours.

findings(folder, order) reads what there is, text(found, form) lays it out as one of FORMS.
"""

from zsar.table.forms import FORMS, aligned, grids, text, wrapped
from zsar.table.results import Findings, Recognition, Result, findings, results

__all__ = [
    "FORMS",
    "Findings",
    "Recognition",
    "Result",
    "aligned",
    "findings",
    "grids",
    "results",
    "text",
    "wrapped",
]
