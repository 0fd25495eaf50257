"""What every stage does around its work: read its coordinates and settings, fix seed and device,
guard its sources."""

import argparse
import sys
from collections.abc import Callable

from stages.harness.closure import closure, fingerprint
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
            # DVC records the sources as they are after the run; the result would be filed under
            # code that never ran.
            raise Complaint(f"{module}: its source changed while it ran; run `dvc repro` again")
    except Complaint as complaint:
        sys.exit(f"{module}: {complaint}")


def loaded(cell: Cell, params: Params, plugins: tuple[str, ...]) -> list[str]:
    """The modules that the cell's names stand for; for an axis the cell does not name, all of
    params.yaml."""
    one = {"encoder": cell.encoder, "method": cell.method}
    every = {"encoder": params.encoders, "method": params.methods}
    if cell.dataset:
        one["reader"] = params.datasets[cell.dataset].reader
    every["reader"] = {settings.reader: settings for settings in params.datasets.values()}
    names = {axis: [one[axis]] if one.get(axis) else sorted(every[axis]) for axis in plugins}
    return [f"{PLUGINS[axis]}.{name}" for axis in plugins for name in names[axis]]


def _cell(purpose: str | None) -> Cell:
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("where", nargs="?", default="", metavar="DATASET[/SPLIT/ENCODER]")
    parser.add_argument("phase", nargs="?", default="")
    parser.add_argument("method", nargs="?", default="")
    given = parser.parse_args()
    return Cell.at(given.where, given.phase, given.method)
