"""Around the work of every stage: read what it runs on, say why it runs, guard its sources."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from stages.harness.closure import hashes
from zsar.cells import RESOLVED, Cell
from zsar.config.settings import Settings
from zsar.config.why import changes
from zsar.errors import UserError

Main = Callable[[Cell, Settings], None]


def run(main: Main) -> None:
    """Call `main` for the cell named on the command line.

    A thing that the person at the keyboard can mend ends in one line and exit status 1.
    """
    name = sys.argv[0].replace(".py", "").replace(chr(92), "/").rsplit("/", 1)[-1]
    cell = _cell(main.__doc__)
    try:
        path = _resolved(name, cell)
        settings = Settings.read(path)
        if stage := os.environ.get("DVC_STAGE"):
            for line in changes(stage, path):
                print(f"why: {line}", flush=True)
        _unchanged(settings, name)
        main(cell, settings)
        # DVC records the result under the sources that `resolve` saw.
        _unchanged(settings, name)
    except UserError as complaint:
        sys.exit(f"stages.{name}: {complaint}")
    except KeyboardInterrupt:
        sys.exit(f"stages.{name}: interrupted")


def _resolved(name: str, cell: Cell) -> Path:
    """What the stage runs on: a file, or one for each protocol or method."""
    places = (f"{name}.json", f"{cell.split}/{name}.json", f"{name}/{cell.method}.json")
    for place in places:
        if (RESOLVED / place).is_file():
            return RESOLVED / place
    raise UserError(
        f"{RESOLVED / places[0]}: no such file; `dvc repro` makes it, with what it needs"
    )


def _unchanged(settings: Settings, name: str) -> None:
    found = hashes(settings.files)
    for file, digest in settings.files.items():
        if found[file] != digest:
            raise UserError(
                f"{file} has changed since stages.{name} was called; run `dvc repro` again"
            )


def _cell(purpose: str | None) -> Cell:
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument(
        "where", nargs="?", default="", metavar="DATASET[/PREPROCESS/SPLIT/ENCODER]"
    )
    parser.add_argument("phase", nargs="?", default="")
    parser.add_argument("method", nargs="?", default="")
    given = parser.parse_args()
    return Cell.at(given.where, given.phase, given.method)
