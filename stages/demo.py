"""Choreograph the embedded demo data set and write it as its owners would distribute it."""

from stages.harness.run import run
from zsar.data.demo import Settings, generate
from zsar.params import Params, typed
from zsar.study import Cell


def main(cell: Cell, params: Params) -> None:
    """Write an archive in the format of NTU RGB+D, and its small twin in that of PKU-MMD."""
    values = dict(params.demo)
    seed = values.pop("seed")
    settings = typed(Settings, values, "demo")
    generate(Cell("demo").raw, Cell("demo_pku").raw, seed, settings)


if __name__ == "__main__":
    run(main)
