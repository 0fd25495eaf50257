"""Align a method in both phases and score the test clips of each.

One stage rather than four, because what DVC itself costs grows with the number of stages.
"""

from stages import align, score
from stages.harness.run import run
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings


def main(cell: Cell, settings: Settings) -> None:
    """Write weights, answers, losses and scores of the validation phase, then of the test phase."""
    for phase in PHASES:
        align.main(cell.in_phase(phase), settings)
        score.main(cell.in_phase(phase), settings)


if __name__ == "__main__":
    run(main)
