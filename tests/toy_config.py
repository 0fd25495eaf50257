"""params.yaml and settings/ of the repository with other values, read or in a folder."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from zsar.config.config import FOLDER, Config, load
from zsar.config.params import Params
from zsar.validation import PARAMS, typed

ROOT = Path(__file__).parent.parent
GONE = object()  # in the place of a value: the key is missing
Changes = Mapping[str, Any]
"""By dotted name each value: `run.seeds` or `methods.smie.epochs`, what a person says in
params.yaml, or `methods: smie.default.epochs` in that file of settings/."""


def config(changes: Changes | None = None) -> Config:
    """What is set; wrong names are not complained about."""
    trees = {file: _changed(file, some) for file, some in _by_file(changes or {}).items()}
    return Config(typed(Params, trees.pop(""), ""), trees)


def put(changes: Changes, folder: Path = Path()) -> Config:
    """The same in a folder, for commands to find."""
    write(folder, changes)
    return load(folder)


def write(folder: Path, changes: Changes) -> None:
    """Files without changes stay as they are, to the letter."""
    for file, some in _by_file(changes).items():
        path = folder / _path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / _path(file)).read_text(encoding="utf-8")
        if some:
            text = yaml.dump(_changed(file, some), Dumper=yaml.CSafeDumper, sort_keys=False)
        path.write_text(text, encoding="utf-8")


def _by_file(changes: Changes) -> dict[str, dict[str, Any]]:
    """By the name of a file of settings/; params.yaml has none."""
    names = ["", *sorted(each.stem for each in (ROOT / FOLDER).glob("*.yaml"))]
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, value in changes.items():
        file, _, key = name.rpartition(": ")
        found[file][key] = value
    return found


def _changed(file: str, changes: Changes) -> Any:
    values = deepcopy(_repository(file))
    for name, value in changes.items():
        *path, key = name.split(".")
        section = values
        for each in path:
            section = section.setdefault(each, {})
        if value is GONE:
            del section[key]
        else:
            section[key] = deepcopy(value)
    return values


@cache
def _repository(file: str) -> Any:
    return yaml.load((ROOT / _path(file)).read_text(encoding="utf-8"), yaml.CSafeLoader)


def _path(file: str) -> Path:
    return FOLDER / f"{file}.yaml" if file else Path(PARAMS)
