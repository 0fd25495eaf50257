"""What every stage does around its work: read its coordinates and settings, fix seed and device, guard its sources."""

import argparse
import sys
from collections.abc import Callable

from stages.closure import closure, fingerprint
from zsar import params as settings
from zsar.errors import Complaint
from zsar.params import Params
from zsar.study import Cell

Main = Callable[[Cell, Params], None]
PLUGINS = {
    "reader": "zsar.data.readers",
    "encoder": "zsar.encoders",
    "method": "zsar.methods",
}


def run(main: Main, *plugins: str) -> None:
    """Call `main` for the cell named on the command line; `plugins` are the axes it loads code by.

    A thing that the person at the keyboard can mend ends in one line and exit status 1.
    """
    module = f"stages.{sys.argv[0].replace('.py', '').replace(chr(92), '/').rsplit('/', 1)[-1]}"
    cell = _cell(main.__doc__)
    try:
        params = settings.load()
        sources = closure([module, *loaded(cell, params, plugins)])
        before = fingerprint(sources)
        main(cell, params)
        if fingerprint(sources) != before:
            # DVC records the sources as they are after the run; the result would be filed under code that never ran.
            raise Complaint(f"{module}: its source changed while it ran; run `dvc repro` again")
    except Complaint as complaint:
        sys.exit(f"{module}: {complaint}")


def loaded(cell: Cell, params: Params, plugins: tuple[str, ...]) -> list[str]:
    """The modules that the cell's names stand for."""
    names = {"encoder": cell.encoder, "method": cell.method}
    if "reader" in plugins:
        names["reader"] = params.datasets[cell.dataset].reader
    return [f"{PLUGINS[axis]}.{names[axis]}" for axis in plugins]


def _cell(purpose: str | None) -> Cell:
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("where", nargs="?", default="", metavar="DATASET[/SPLIT]")
    for axis in ("phase", "encoder", "method"):
        parser.add_argument(axis, nargs="?", default="")
    given = parser.parse_args()
    dataset, _, split = given.where.partition("/")
    return Cell(dataset, split, given.phase, given.encoder, given.method)
