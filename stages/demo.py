"""Choreograph the embedded demo data set and write it as its owners would distribute it."""

from stages.harness.run import run
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.config.validation import typed
from zsar.demo import DemoConfig as Recordings
from zsar.demo import generate


def main(cell: Cell, settings: Settings) -> None:
    """Write an archive in the format of NTU RGB+D, and its small twin in that of PKU-MMD."""
    values = dict(settings.values["demo"])
    seed = values.pop("seed")
    recordings = typed(Recordings, values, "demo")
    generate(Cell("demo").raw, Cell("demo_pku").raw, seed, recordings)


if __name__ == "__main__":
    run(main)
