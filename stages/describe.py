"""Bring together what is said of each class of a data set."""

import json

from stages.run import run
from zsar.facts import facts
from zsar.params import Params
from zsar.study import RECORDED, Cell
from zsar.text.descriptions import recorded
from zsar.whole import whole


def main(cell: Cell, params: Params) -> None:
    """Write the texts of every source, in the order of the data set's classes."""
    classes = facts(cell.dataset, params).count
    texts = recorded(RECORDED / params.datasets[cell.dataset].descriptions, classes)
    with whole(cell.sentences) as draft:
        draft.write_text(json.dumps(texts, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
