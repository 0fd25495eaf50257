"""The study as tables: methods by splits, with the published numbers beside ours.

results(folder, order) reads what there is, text(results, form) lays it out as one of FORMS.
"""

from zsar.table.forms import FORMS, aligned, text, wrapped
from zsar.table.results import Result, results

__all__ = ["FORMS", "Result", "aligned", "results", "text", "wrapped"]
