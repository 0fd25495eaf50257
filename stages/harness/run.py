"""What every stage does before and after its work: read its settings, fix the instructions that it
computes with, say why it runs, check that its sources have not changed."""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from stages.harness.closure import hashes
from zsar.cells import Cell, RecognitionCell
from zsar.config.settings import Settings
from zsar.config.why import changes
from zsar.errors import UserError
from zsar.experiment.machine import give_memory_back
from zsar.processes import end_with_parent
from zsar.reproducible import pin

Coordinates = Cell | RecognitionCell


def run(words: Sequence[str]) -> None:
    """Call `main` of the module `stages.NAME` for the cell that the words name.

    The module is loaded only once instructions are fixed: NumPy chooses its own when it is loaded.
    """
    stage = os.environ.get("DVC_STAGE")
    if stage:  # first, for what ends while modules are loaded would not be noticed
        end_with_parent()
    name, where, method = (*words, "", "", "")[:3]
    path = _resolved(name, where, method)
    settings = Settings.read(path)
    if settings.run.reproducible:
        pin()
    give_memory_back()
    main = import_module(f"stages.{name}").main
    kind: type[Coordinates] = get_type_hints(main)["cell"]
    cell = Cell.at(where, method=method) if kind is Cell else RecognitionCell.at(where)
    if stage:
        for line in changes(stage, path):
            print(f"why: {line}", flush=True)
    _unchanged(settings, name)
    main(cell, settings)
    # DVC records the result under the sources that `resolve` saw.
    _unchanged(settings, name)


def _resolved(name: str, where: str, method: str) -> Path:
    """The file with what the stage runs on; one-shot stages have one per method, those of
    recognition one per protocol."""
    cells = Cell.at(where, method=method), RecognitionCell.at(where)
    places = [place for cell in cells for place in cell.settings_files(name)]
    for place in places:
        if place.is_file():
            return place
    raise UserError(
        f"{places[0]}: no such file; expected the name of a stage, and `dvc repro` before, which"
        " makes what it needs"
    )


def _unchanged(settings: Settings, name: str) -> None:
    found = hashes(settings.files)
    for file, digest in settings.files.items():
        if found[file] != digest:
            raise UserError(f"{file} has changed since {name} was called; run `dvc repro` again")
