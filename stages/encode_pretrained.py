"""Take over a pre-trained encoder in both phases, and teach its classifier the seen classes.

A stage of its own, because only such encoders depend on a pre-training.
"""

from stages import encode
from stages.harness.run import run
from zsar.params import Params
from zsar.study import Cell

PHASES = ("validation", "test")


def main(cell: Cell, params: Params) -> None:
    """Write the weights of both phases."""
    for phase in PHASES:
        encode.main(cell.in_phase(phase), params)


if __name__ == "__main__":
    run(main, "encoder")
