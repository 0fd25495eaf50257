"""What is known of the cells that exist, as `stages.evaluate` wrote it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsar.config.settings import base
from zsar.errors import Complaint

APART = ("recognition", "one_shot")  # metrics of other columns
KINDS = ("inductive", "transductive")  # by the truth of the latter


@dataclass(frozen=True)
class Result:
    """The numbers of a cell, and where it stands."""

    dataset: str
    preprocess: str
    split: str
    encoder: str
    method: str
    numbers: dict[str, Any]

    @property
    def place(self) -> str:
        return f"{self.dataset}/{self.split}"

    @property
    def family(self) -> str:
        return self.numbers["family"]

    @property
    def published(self) -> str:
        """The published name of the split, empty where it is nobody else's."""
        return self.numbers["published"]

    @property
    def kind(self) -> str:
        return KINDS[self.numbers["transductive"]]


def results(folder: Path, datasets: list[str], methods: list[str]) -> list[Result]:
    """All cells below the folder, in the order of these names."""
    paths = [
        path
        for path in sorted(folder.glob("*/*/*/*/*.json"))
        if path.parts[len(folder.parts)] not in APART
    ]
    found = [_result(path, folder) for path in paths]

    def rank(result: Result) -> list[tuple[int, str]]:
        place = f"{result.place}/{result.preprocess}/{result.encoder}"
        return [
            _rank(datasets, result.dataset),
            (_unseen(result.split), place),
            _rank(methods, base(result.method)),
        ]

    return sorted(found, key=rank)


def flat(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Nested numbers under dotted names; lists, and the single classes, are left out."""
    return {name: value for name, value in _leaves(numbers) if not name.startswith("classes.")}


def _leaves(numbers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in numbers.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{rest}", leaf) for rest, leaf in _leaves(value))
        elif not isinstance(value, list):
            yield name, value


def _unseen(split: str) -> int:
    """Splits with few unseen classes first."""
    digits = re.search(r"\d+", split)
    return int(digits[0]) if digits else 0


def _rank(names: list[str], name: str) -> tuple[int, str]:
    return (names.index(name), "") if name in names else (len(names), name)


def _result(path: Path, folder: Path) -> Result:
    dataset, preprocess, split, encoder, name = path.relative_to(folder).parts
    try:
        numbers = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Complaint(f"{path} is not valid JSON ({error}); `dvc repro` makes it anew") from error
    for key in ("family", "published", "transductive"):
        if key not in numbers:
            raise Complaint(f"{path} does not say {key!r}; `dvc repro` makes it anew")
    return Result(dataset, preprocess, split, encoder, name.removesuffix(".json"), numbers)
