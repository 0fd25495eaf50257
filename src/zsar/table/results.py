"""The results of all cells, read from metrics/."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsar.config.settings import without_layers
from zsar.data import protocols
from zsar.errors import UserError

KINDS = ("inductive", "transductive")  # by whether it is transductive
ORACLE = "knows the test labels, never a result"
RECOGNITION_FILES = ("linear", "retrieval", "finetune", "transfer")  # files of a recognition result
DEFAULT_PREPROCESS = "smie50"  # which no table mentions
OTHER_FOLDERS = ("recognition", "one_shot", "studies")  # folders of results with other columns
QUIRKS = "as_published"  # the layer of settings that repeats an author's code


def dataset_label(dataset: str, preprocess: str) -> str:
    """A data set with its preprocessing, if that is not the default."""
    return dataset if preprocess == DEFAULT_PREPROCESS else f"{dataset}+{preprocess}"


@dataclass(frozen=True)
class SplitPlace:
    """A split, under whatever settings."""

    dataset: str
    split: str
    family: str
    published: str  # the published name of the split, empty where it is nobody else's

    @property
    def name(self) -> str:
        return f"{self.dataset}/{self.split}"


@dataclass(frozen=True)
class CellResult:
    """The numbers of a cell, with its coordinates."""

    dataset: str
    split: str
    encoder: str
    method: str
    numbers: dict[str, Any]

    @property
    def place(self) -> str:
        return f"{without_layers(self.dataset)}/{self.split}"

    @property
    def name(self) -> str:
        dataset, _, preprocess = self.dataset.partition("+")
        preprocess = preprocess or DEFAULT_PREPROCESS
        return f"{dataset}/{preprocess}/{self.split}/{self.encoder}/{self.method}"

    @property
    def family(self) -> str:
        return self.numbers["family"]

    @property
    def published(self) -> str:
        """The published name of the split, empty where it is nobody else's."""
        return self.numbers["published"]

    @property
    def kind(self) -> str:
        return ORACLE if self.numbers.get("reads_labels") else KINDS[self.numbers["transductive"]]

    @property
    def structured(self) -> bool:
        """Whether its method reads structured descriptions."""
        return self.numbers.get("structured", False)

    @property
    def system(self) -> str:
        """The name under which published numbers know it."""
        return without_layers(self.method)


@dataclass(frozen=True)
class OneShotResult(CellResult):
    """The same by the one-shot protocol."""

    @property
    def published(self) -> str:
        return self.place


@dataclass(frozen=True)
class RecognitionResult:
    """The numbers of an encoder on all classes, by an official protocol."""

    dataset: str
    split: str  # the protocol
    encoder: str
    numbers: dict[str, Any]  # by RECOGNITION_FILES

    @property
    def place(self) -> str:
        return f"{without_layers(self.dataset)}/{self.split}"

    @property
    def published(self) -> str:
        return self.place

    @property
    def kind(self) -> str:
        return KINDS[False]

    @property
    def system(self) -> str:
        return without_layers(self.encoder)


@dataclass(frozen=True)
class Results:
    """All that the tables show."""

    cells: list[CellResult]
    one_shot: list[OneShotResult]
    recognition: list[RecognitionResult]
    places: list[SplitPlace]  # splits whose published numbers are shown, with cells or without
    protocols: list[str]  # the same of one-shot and of official protocols, as `ntu60/xsub`

    @property
    def evaluated(self) -> list[str]:
        """Data sets with splits, or protocols, of which there are results of our own."""
        cells, shots = ([each.place for each in some] for some in (self.cells, self.one_shot))
        return list(dict.fromkeys((*cells, *shots, *(each.place for each in self.recognition))))

    def only(self, datasets: Sequence[str], splits: Sequence[str]) -> "Results":
        """What is of these data sets and splits (none: of all); of a data set that is named all
        that was published of it, too."""

        def wanted(item: CellResult | RecognitionResult) -> bool:
            named = not datasets or {item.dataset, without_layers(item.dataset)} & set(datasets)
            return bool(named) and (not splits or item.split in splits)

        cells = [each for each in self.cells if wanted(each)]
        one_shot = [each for each in self.one_shot if wanted(each)]
        recognition = [each for each in self.recognition if wanted(each)]
        known = [
            protocols.dataset(name)
            for name in dict.fromkeys(map(without_layers, datasets))
            if name in protocols.available()
        ]
        places = [
            SplitPlace(each.name, split, found.family, found.published)
            for each in known
            for split, found in each.splits.items()
            if found.published and (not splits or split in splits)
        ]
        rules = [
            f"{each.name}/{rule}"
            for each in known
            for rule in (*each.protocols, "one_shot")
            if not splits or rule in splits
        ]
        return collect(cells, one_shot, recognition, places, rules)


def collect(
    cells: Sequence[CellResult],
    one_shot: Sequence[OneShotResult],
    recognition: Sequence[RecognitionResult],
    places: Sequence[SplitPlace],
    rules: Sequence[str],
) -> Results:
    """The results with their own places and protocols, and with further ones."""
    own = [
        SplitPlace(without_layers(each.dataset), each.split, each.family, each.published)
        for each in cells
    ]
    names = [*(each.place for each in one_shot), *(each.place for each in recognition)]
    return Results(
        list(cells),
        list(one_shot),
        list(recognition),
        list(dict.fromkeys((*own, *places))),
        list(dict.fromkeys((*names, *rules))),
    )


def read_results(folder: Path, order: Mapping[str, list[str]]) -> Results:
    """All results below the folder; `order` says in which order data sets and so on stand."""
    shots = [
        OneShotResult(*_place(path, folder / "one_shot"), _numbers(path, ("transductive",)))
        for path in sorted((folder / "one_shot").glob("*/*/*/*/*.json"))
    ]
    places = dict.fromkeys(each.parent for each in folder.glob("recognition/*/*/*/*/*.json"))
    known = [_recognition(each, folder / "recognition") for each in sorted(places)]

    def rank(result: RecognitionResult) -> list[tuple[int, str]]:
        return [_rank(order["datasets"], result.dataset), (0, f"{result.place}/{result.encoder}")]

    return collect(
        read_cells(folder, order),
        sorted(shots, key=lambda each: _ranks(each, order)),
        sorted(known, key=rank),
        [],
        [],
    )


def read_cells(folder: Path, order: Mapping[str, list[str]]) -> list[CellResult]:
    """All zero-shot cells below the folder, in this order."""
    found = [
        CellResult(*_place(path, folder), _numbers(path, ("family", "published", "transductive")))
        for path in sorted(folder.glob("*/*/*/*/*.json"))
        if path.relative_to(folder).parts[0] not in OTHER_FOLDERS
    ]
    return sorted(found, key=lambda each: _ranks(each, order))


def random_splits(dataset: str) -> dict[str, tuple[str, ...]]:
    """Published names of the random splits of a data set, by family."""
    found: dict[str, tuple[str, ...]] = {}
    if dataset in protocols.available():
        for name, split in protocols.dataset(dataset).splits.items():
            if split.published and re.fullmatch(rf"{split.family}_\d+", name):
                found[split.family] = (*found.get(split.family, ()), split.published)
    return found


def flattened(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Nested numbers under dotted names; lists, and the single classes, are left out."""
    return {name: value for name, value in _leaves(numbers) if not name.startswith("classes.")}


def _leaves(numbers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in numbers.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{rest}", leaf) for rest, leaf in _leaves(value))
        elif not isinstance(value, list):
            yield name, value


def _ranks(result: CellResult, order: Mapping[str, list[str]]) -> list[tuple[int, str]]:
    return [
        _rank(order["datasets"], result.dataset),
        (_unseen(result.split), f"{result.dataset}/{result.split}/{result.encoder}"),
        _rank(order["methods"], result.method),
    ]


def _unseen(split: str) -> int:
    """Splits with few unseen classes first."""
    digits = re.search(r"\d+", split)
    return int(digits[0]) if digits else 0


def _rank(names: Sequence[str], name: str) -> tuple[int, str]:
    """Names with layers follow the one without."""
    bare = "/".join(map(without_layers, name.split("/")))
    known = name if name in names else bare
    rest = "" if name in names else name
    return (names.index(known), rest) if known in names else (len(names), name)


def _place(path: Path, folder: Path) -> tuple[str, str, str, str]:
    dataset, preprocess, split, encoder, name = path.relative_to(folder).parts
    return dataset_label(dataset, preprocess), split, encoder, name.removesuffix(".json")


def _recognition(place: Path, folder: Path) -> RecognitionResult:
    parts = {part: place / f"{part}.json" for part in RECOGNITION_FILES}
    numbers = {part: _numbers(path, ()) for part, path in parts.items() if path.is_file()}
    dataset, preprocess, split, encoder = place.relative_to(folder).parts
    return RecognitionResult(dataset_label(dataset, preprocess), split, encoder, numbers)


def parse_numbers(text: str) -> dict[str, Any]:
    """A metrics file. One from before AUSUC had its name calls it `area`."""
    numbers = json.loads(text)
    stacking = numbers.get("gzsl", {}).get("stacking", {})
    for key in [key for key in stacking if key.startswith("area")]:
        stacking[key.replace("area", "ausuc", 1)] = stacking.pop(key)
    return numbers


def _numbers(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    try:
        numbers = parse_numbers(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON ({error}); `dvc repro` makes it anew") from error
    for key in keys:
        if key not in numbers:
            raise UserError(f"{path} does not say {key!r}; `dvc repro` makes it anew")
    return numbers
