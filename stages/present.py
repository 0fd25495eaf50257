"""Print the DVC targets of every cell whose recordings are here; the demo's always are."""

import sys

from zsar.params import Params

from zsar import params
from zsar.errors import Complaint
from zsar.study import Cell

MADE = ("demo", "demo_pku")  # the pipeline makes their recordings itself


def targets(settings: Params) -> list[str]:
    return [
        f"stages/dvc.yaml:evaluate@{cell}-{method}"
        for cell in settings.study.cells
        if (dataset := cell.split("/")[0]) in MADE or any(Cell(dataset).raw.glob("*"))
        for method in settings.study.methods
    ]


if __name__ == "__main__":
    try:
        print("\n".join(targets(params.load())))
    except Complaint as complaint:
        sys.exit(f"stages.present: {complaint}")
