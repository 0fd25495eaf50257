"""Write the headline of the selected cell, which `dvc metrics` and `dvc plots` show."""

import csv
import json

from stages.harness.write import numbers, table
from zsar.cells import HEADLINE, SHOWN, Cell
from zsar.config.settings import Settings

# The other numbers: zsar table, zsar compare.
KEPT = {"zsl": "zsl", "low": "zsl_low", "high": "zsl_high", "as_published": "zsl_as_published"}


def main(cell: Cell, settings: Settings) -> None:
    """Copy zero-shot accuracy with its interval and the harmonic mean, and the plots."""
    cell = cell.in_phase("test")
    found = json.loads(cell.numbers.read_text(encoding="utf-8"))
    shown = {name: found[key] for name, key in KEPT.items()}
    if "gzsl" in found:  # by the one-shot protocol all clips of seen classes train
        shown["H"] = found["gzsl"]["gate"]["harmonic"]
    if found.get("reads_labels"):  # a published test, and no result
        shown["reads_labels"] = True
    numbers(HEADLINE, shown)
    for name, source in (("curve.csv", cell.curve), ("confusion.csv", cell.confusion)):
        with source.open(newline="", encoding="utf-8") as file:
            table(SHOWN / name, list(csv.DictReader(file)))
