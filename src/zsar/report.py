"""The study as a table in the terminal."""

import json
from collections.abc import Iterator

from zsar.params import Params
from zsar.study import Cell

COLUMNS = ("zsl", "zsl_std", "zsl_low", "zsl_high", "zsl_last", "zsl_as_published", "chance")
MEANING = (
    "zsl: accuracy in per cent over the unseen test clips, mean of the seeds, the epoch chosen on the validation phase",
    "     (std over seeds; low and high: bootstrap 95 % interval)",
    "zsl_last: the same for the last epoch",
    "zsl_as_published: the epoch that is best on the test clips, as papers report it; never a result",
)


def cells(params: Params) -> list[str]:
    """A line per cell that exists, the selected one marked, and what the columns mean."""
    rows = [["", "cell", *COLUMNS]]
    absent = 0
    for cell in _study(params):
        if not cell.metrics.is_file():
            absent += 1
            continue
        found = json.loads(cell.metrics.read_text(encoding="utf-8"))
        chosen = "*" if _selected(cell, params) else ""
        rows.append([chosen, _name(cell), *(f"{found[column]:.2f}" for column in COLUMNS)])
    if len(rows) == 1:
        return [f"none of the {absent} cells exists yet; `dvc repro` makes the selected one"]
    note = f"{len(rows) - 1} cells exist, {absent} do not; * is selected in params.yaml"
    return [*_aligned(rows), "", note, *MEANING]


def _study(params: Params) -> Iterator[Cell]:
    for place in params.study.cells:
        dataset, split = place.split("/")
        for encoder in params.study.encoders:
            for method in params.study.methods:
                yield Cell(dataset, split, "test", encoder, method)


def _selected(cell: Cell, params: Params) -> bool:
    mine = (cell.dataset, cell.split, cell.encoder, cell.method)
    return mine == (params.dataset, params.split, params.encoder, params.method)


def _name(cell: Cell) -> str:
    return f"{cell.dataset}/{cell.split}/{cell.encoder}/{cell.method}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
