"""A study: the cells of a published table, in a file of studies/."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from zsar.cells import Cell
from zsar.config.config import Config, document
from zsar.config.settings import without_layers
from zsar.errors import UserError
from zsar.validation import typed, unknown_key

FOLDER = Path("studies")
QUIRKS = "as_published"  # the layer of all published quirks


@dataclass(frozen=True)
class Group:
    """Cells that are all run with the same methods and texts."""

    cells: list[str]  # dataset/preprocess/split/encoder; for tasks, a protocol stands for the split
    text: str = "minilm"  # text encoder
    methods: list[str] = field(default_factory=list)  # zero-shot
    # Of those, the ones that are evaluated by the one-shot protocol, too.
    one_shot: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)  # of recognition, for a self-supervised encoder
    generalised: bool = False  # whether the harmonic mean of seen and unseen is shown, too
    # Systems whose published numbers are shown beside ours; null: that of our method.
    printed: list[str] | None = None


@dataclass(frozen=True)
class Study:
    """A published table: its cells, and where it was published."""

    title: str
    cites: str
    caveats: list[str]  # what makes ours differ from theirs, or theirs optimistic
    runs: list[Group]


@dataclass(frozen=True)
class StudyRun:
    """A selection of params.yaml, and what is evaluated with it."""

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
            f"{self.cell.key}/{self.cell.method} ({self.text})"
            if self.cell.method
            else self.cell.key
        )


def names() -> list[str]:
    """The studies that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Study:
    """A study by name."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise UserError(unknown_key("study", name, names(), str(FOLDER)))
    study = typed(Study, document(path), "", str(path))
    for place in (place for group in study.runs for place in group.cells):
        if place.count("/") != 3:
            raise UserError(
                f"{path}: {place!r} is no cell, expected dataset/preprocess/split/encoder"
            )
    return study


def runs(study: Study, config: Config, quirks: bool) -> list[StudyRun]:
    """Every selection of the study, in the order in which cells share most work."""
    found = [run for group in study.runs for run in _of_group(group)]
    return [_as_published(run, config) for run in found] if quirks else found


def _of_group(group: Group) -> Iterator[StudyRun]:
    printed = None if group.printed is None else tuple(group.printed)
    for place in group.cells:
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
