"""What every stage does before and after its work: read its settings, say why it runs, check that
its sources have not changed."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages.harness.closure import hashes
from zsar.cells import Cell, RecognitionCell
from zsar.config.settings import Settings
from zsar.config.why import changes
from zsar.errors import UserError

Coordinates = Cell | RecognitionCell
Main = Callable[[Any, Settings], None]


def run(main: Main, kind: type[Coordinates] = Cell) -> None:
    """Call `main` for the cell named on the command line.

    An error that a user can fix ends in one line and exit status 1.
    """
    name = sys.argv[0].replace(".py", "").replace(chr(92), "/").rsplit("/", 1)[-1]
    cell = _cell(main.__doc__, kind)
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
    except UserError as error:
        sys.exit(f"stages.{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"stages.{name}: interrupted")


def _resolved(name: str, cell: Coordinates) -> Path:
    places = cell.settings_files(name)
    for place in places:
        if place.is_file():
            return place
    raise UserError(f"{places[0]}: no such file; `dvc repro` makes it, with what it needs")


def _unchanged(settings: Settings, name: str) -> None:
    found = hashes(settings.files)
    for file, digest in settings.files.items():
        if found[file] != digest:
            raise UserError(
                f"{file} has changed since stages.{name} was called; run `dvc repro` again"
            )


def _cell(purpose: str | None, kind: type[Coordinates]) -> Coordinates:
    parser = argparse.ArgumentParser(description=purpose)
    if kind is RecognitionCell:
        parser.add_argument("where", metavar="DATASET/PREPROCESS/PROTOCOL/ENCODER")
        return RecognitionCell.at(parser.parse_args().where)
    parser.add_argument(
        "where", nargs="?", default="", metavar="DATASET[/PREPROCESS/SPLIT/ENCODER]"
    )
    parser.add_argument("phase", nargs="?", default="")
    parser.add_argument("method", nargs="?", default="")
    given = parser.parse_args()
    return Cell.at(given.where, given.phase, given.method)
