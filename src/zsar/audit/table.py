"""The audit as tables: the methods of a cell, and beside each what its published readings add."""

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from zsar.audit.differences import BEST_EPOCH
from zsar.reproduce.study import QUIRKS
from zsar.table.columns import MEANING
from zsar.table.grid import Grid, RowGroup

AuditNumbers = Mapping[str, Mapping[str, Mapping[str, Any]]]  # by cell and method
HEADS = ["method", "inductive", "unseen texts", "structured", "zsl", "95 %", "zsl_last"]
HEADS += ["zsl_as_published", "reading", "adds", "95 % of what it adds"]
WORDS = 4  # columns of them
LABELS = "¶"  # beside readings that know the labels of the clips that they score
YES = {True: "yes", False: "no"}
SIDE = ("unseen_texts", "structured")
SUMMARY_HEADS = ["reading", "methods", "adds, mean", "from, to", "interval above 0"]
SUMMARY_NOTES = (
    "adds, mean: points of accuracy more than zsl, mean over methods; a mean of few methods that"
    " share clips and encoders, so without an interval",
    "interval above 0: methods for which the 95 % interval of what it adds lies above 0",
)
NOTES = (
    f"zsl: {MEANING['zsl']}",
    f"95 %: {MEANING['zsl_low']}",
    f"zsl_last: {MEANING['zsl_last']}",
    f"zsl_as_published: {MEANING['zsl_as_published']}",
    "inductive: no unlabelled test clip is learned from",
    "unseen texts: the method learns from the texts of unseen classes",
    "structured: the method reads structured descriptions of the classes",
    "adds: points of accuracy more than zsl, of the same clips and seeds; the interval resamples"
    " seeds, classes and clips of these differences",
    f"{BEST_EPOCH}: the epoch that is best on the test clips, zsl_as_published - zsl; its interval"
    " takes the choice as made",
    f"{LABELS}: knows the labels of the clips that it scores",
    f"{QUIRKS}: all quirks of the published code that are settings, and the epoch that is"
    " best on the test clips",
)


def audit_grids(cells: AuditNumbers) -> list[Grid]:
    """Readings over all methods, then a table for each cell; below the last one, what the columns
    mean."""
    groups = [RowGroup(key, list(_summary(numbers))) for key, numbers in cells.items()]
    summary = Grid("What readings add, over methods", 1, SUMMARY_HEADS, groups, list(SUMMARY_NOTES))
    last = list(cells)[-1]
    return [
        summary,
        *(
            Grid(key, WORDS, HEADS, [_group(numbers)], list(NOTES) if key == last else [])
            for key, numbers in cells.items()
        ),
    ]


def _summary(numbers: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """A row for each reading; methods that choose no epoch are left out of the best one."""
    found: dict[str, list[Mapping[str, float]]] = {}
    for each in numbers.values():
        for reading, adds in each["adds"].items():
            if reading != BEST_EPOCH or each["epochs"] > 1:
                found.setdefault(reading, []).append(adds)
    for reading, several in found.items():
        points = [adds["points"] for adds in several]
        yield [
            reading,
            str(len(several)),
            f"{fmean(points):+.2f}",
            f"{min(points):+.2f} to {max(points):+.2f}",
            str(sum(adds["low"] > 0 for adds in several)),
        ]


def _group(numbers: Mapping[str, Mapping[str, Any]]) -> RowGroup:
    forms = {"chance": "chance {:.2f}", "clips": "{} unseen clips", "seeds": "{} whole runs"}
    counts = [
        dict.fromkeys(form.format(each[key]) for each in numbers.values())
        for key, form in forms.items()
    ]
    title = ", ".join(" or ".join(some) for some in counts)
    return RowGroup(title, [row for name, each in numbers.items() for row in _rows(name, each)])


def _rows(method: str, found: Mapping[str, Any]) -> Iterator[list[str]]:
    kind = [YES[not found["transductive"]], *(YES[found[key]] for key in SIDE)]
    own = [
        f"{found['zsl']:.2f} ± {found['zsl_std']:.2f}",
        f"{found['zsl_low']:.1f} to {found['zsl_high']:.1f}",
        f"{found['zsl_last']:.2f}",
        f"{found['zsl_as_published']:.2f}",
    ]
    for place, (reading, adds) in enumerate(found["adds"].items()):
        first = [method, *kind, *own] if place == 0 else [""] * (1 + len(kind) + len(own))
        interval = f"{adds['low']:+.1f} to {adds['high']:+.1f}"
        mark = f" {LABELS}" if adds.get("reads_labels") else ""
        yield [*first, f"{reading}{mark}", f"{adds['points']:+.2f}", interval]
