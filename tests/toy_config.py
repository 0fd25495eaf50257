"""params.yaml and settings/ of the repository with other values, in a folder of their own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
GONE = object()  # in the place of a value: the key is missing
FILES = (Path("params.yaml"), *(Path("settings", each.name) for each in ROOT.glob("settings/*")))


def write(folder: Path, changes: Mapping[str, Any]) -> None:
    """By the dotted name of its key each value: in params.yaml, or `methods: smie.default.epochs`
    in that file of settings/."""
    wanted: dict[Path, dict[str, Any]] = {file: {} for file in FILES}
    for name, value in changes.items():
        file, _, key = name.rpartition(": ")
        wanted[Path(f"settings/{file}.yaml" if file else "params.yaml")][key] = value
    for file, found in wanted.items():
        (folder / file).parent.mkdir(exist_ok=True)
        text = (ROOT / file).read_text(encoding="utf-8")
        (folder / file).write_text(_changed(text, found) if found else text, encoding="utf-8")


def _changed(text: str, changes: Mapping[str, Any]) -> str:
    values = yaml.load(text, yaml.CSafeLoader)
    for name, value in changes.items():
        *path, key = name.split(".")
        section = values
        for each in path:
            section = section.setdefault(each, {})
        if value is GONE:
            del section[key]
        else:
            section[key] = value
    return yaml.dump(values, Dumper=yaml.CSafeDumper, sort_keys=False)
