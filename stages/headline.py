"""Put the selected cell where `dvc metrics` and `dvc plots` look for the headline."""

import csv
import json

from stages.harness.run import run
from stages.harness.write import numbers, table
from zsar.params import Params
from zsar.study import HEADLINE, SHOWN, Cell


def main(cell: Cell, params: Params) -> None:
    """Copy the selected cell's metrics, with its coordinates, and its plots."""
    cell = cell.in_phase("test")
    values = json.loads(cell.metrics.read_text(encoding="utf-8"))
    numbers(HEADLINE, values | {"cell": f"{cell.place}/{cell.method}"})
    for name, source in (("curve.csv", cell.curve), ("confusion.csv", cell.confusion)):
        with source.open(newline="", encoding="utf-8") as file:
            table(SHOWN / name, list(csv.DictReader(file)))


if __name__ == "__main__":
    run(main)
