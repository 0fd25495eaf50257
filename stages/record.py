"""Record the numbers of a cell in Git."""

from zsar.atomic import atomic_write
from zsar.cells import Cell
from zsar.config.settings import Settings


def main(cell: Cell, settings: Settings) -> None:
    """Copy them to metrics/, where `zsar table` and `zsar compare` read them."""
    with atomic_write(cell.metrics) as draft:
        draft.write_bytes(cell.numbers.read_bytes())
