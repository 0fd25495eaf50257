"""Generate the synthetic demo data set, in the formats in which data sets are distributed."""

from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.demo import DemoConfig, generate
from zsar.validation import typed


def main(cell: Cell, settings: Settings) -> None:
    """Write an archive in the format of NTU RGB+D, and a smaller one in that of PKU-MMD."""
    values = dict(settings.values["demo"])
    seed = values.pop("seed")
    recordings = typed(DemoConfig, values, "demo")
    generate(Cell("demo").raw, Cell("demo_pku").raw, seed, recordings)
