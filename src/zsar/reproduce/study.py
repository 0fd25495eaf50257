"""A study: the cells of a published table, in a file of studies/."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zsar.cells import Cell
from zsar.config.config import Config, document
from zsar.config.settings import without_layers
from zsar.errors import UserError
from zsar.validation import typed, unknown_key

FOLDER = Path("studies")
QUIRKS = "as_published"  # the reading with every published quirk, and the layer that holds them
OPTIONAL: dict[str, Any] = {
    "text": "minilm",
    "methods": [],
    "one_shot": [],
    "tasks": [],
    "generalised": False,
    "printed": None,
}


@dataclass(frozen=True)
class Group:
    """Cells that are all run with the same methods and texts."""

    cells: list[str]  # dataset/preprocess/split/encoder; for tasks, a protocol stands for the split
    text: str  # text encoder
    methods: list[str]  # zero-shot
    one_shot: list[str]  # of those, evaluated with one clip of each unseen class, too
    tasks: list[str]  # how an encoder that learns without labels is judged on all classes
    generalised: bool  # whether the harmonic mean of seen and unseen is shown, too
    printed: list[str] | None  # systems whose printed numbers stand beside; null: our method's


@dataclass(frozen=True)
class Study:
    """What a published table has, and where it was published."""

    title: str
    cites: str
    caveats: list[str]  # what makes ours differ from theirs, or theirs optimistic
    runs: list[Group]


@dataclass(frozen=True)
class StudyRun:
    """A selection of params.yaml, and what is made of it."""

    cell: Cell  # with the method; without one, tasks are done
    text: str
    one_shot: bool
    tasks: tuple[str, ...]
    generalised: bool
    printed: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """Under which its numbers are kept."""
        return (
            f"{self.cell.place}/{self.cell.method} ({self.text})"
            if self.cell.method
            else self.cell.place
        )


def names() -> list[str]:
    """The studies that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Study:
    """A study by name."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise UserError(unknown_key("study", name, names(), str(FOLDER)))
    values = document(path)
    if isinstance(values, dict) and isinstance(values.get("runs"), list):
        groups = [OPTIONAL | each if isinstance(each, dict) else each for each in values["runs"]]
        values = values | {"runs": groups}
    return typed(Study, values, "", str(path))


def runs(study: Study, config: Config, quirks: bool) -> list[StudyRun]:
    """Every selection of the study, in the order in which cells share most work."""
    found = [run for group in study.runs for run in _of_group(group)]
    return [_as_published(run, config) for run in found] if quirks else found


def _of_group(group: Group) -> Iterator[StudyRun]:
    printed = None if group.printed is None else tuple(group.printed)
    for place in group.cells:
        if place.count("/") != 3:
            raise UserError(
                f"{FOLDER}: {place!r} is no cell, expected dataset/preprocess/split/encoder"
            )
        cell = Cell.at(place)
        if group.tasks:
            yield StudyRun(cell, group.text, False, tuple(group.tasks), False, printed)
        for method in group.methods:
            shown = method in group.one_shot
            named = replace(cell, method=method)
            yield StudyRun(named, group.text, shown, (), group.generalised, printed)


def _as_published(run: StudyRun, config: Config) -> StudyRun:
    """The same run with the layer of quirks on every plug-in that has one."""

    def layered(section: str, name: str) -> str:
        mine = config.lineage(section, without_layers(name))
        having = any(
            key.partition("+")[2] == QUIRKS or key == QUIRKS
            for each in mine
            for key in config.files[section][each]
        )
        return f"{name}+{QUIRKS}" if name and having else name

    cell = run.cell
    split = cell.split if run.tasks else f"{cell.split}+{QUIRKS}"
    return replace(
        run,
        cell=replace(
            cell,
            split=split,
            encoder=layered("encoders", cell.encoder),
            method=layered("methods", cell.method) if cell.method else "",
        ),
    )
