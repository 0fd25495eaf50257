"""The files about the texts of classes: recorded texts, prompts for them, and their provenance."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.errors import UserError
from zsar.text_files import read_json, read_text
from zsar.validation import typed

NAMES = "names"  # the source that every data set has: its class list
KINEMATICS = "kinematics"  # the source with structured descriptions
PROVENANCE = "provenance.json"
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class SourceFormat:
    suffix: str  # of the file with what is recorded
    placeholders: tuple[str, ...]  # of the prompt


# In a prompt: this class, all classes, the bounds on the number of words.
TEXTS = SourceFormat(".txt", ("name", "names", "shortest", "longest"))
FORMATS = {KINEMATICS: SourceFormat(".json", ("name", "vocabulary"))}  # all others are texts


def recorded_file(folder: Path, source: str) -> Path:
    return folder / f"{source}{FORMATS.get(source, TEXTS).suffix}"


def class_names(folder: Path) -> list[str]:
    """The class list of a folder of descriptions."""
    file = folder / f"{NAMES}.txt"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it lists the classes, one per line")
    return _lines(file)


def recorded_texts(folder: Path, classes: int) -> dict[str, list[str]]:
    """The texts of the first `classes` classes by source: names first, the others sorted.

    A folder may describe more classes than a data set has, as ntu120 does for ntu60, but every
    source must describe the same number.
    """
    count = len(class_names(folder))
    files = sorted(folder.glob("*.txt"), key=lambda file: (file.stem != NAMES, file.stem))
    texts = {file.stem: _lines(file) for file in files}
    if count < classes:
        raise UserError(f"{files[0]}: lists {count} classes, expected {classes}")
    for file in files:
        if len(texts[file.stem]) != count:
            raise UserError(
                f"{file}: has {len(texts[file.stem])} lines, expected {count}, one per class"
            )
    return {source: lines[:classes] for source, lines in texts.items()}


def joined_texts(
    texts: Mapping[str, list[str]], joined: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Sources whose text of a class is that of others, one after another; only those whose parts
    are all there."""
    return {
        source: [", ".join(told) for told in zip(*(texts[part] for part in parts), strict=True)]
        for source, parts in joined.items()
        if texts.keys() >= set(parts)
    }


def _lines(file: Path) -> list[str]:
    lines = read_text(file).splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise UserError(f"{file}:{number}: is empty, expected the text of class {number - 1}")
        if found := CONTROL.search(line):
            raise UserError(f"{file}:{number}: has the character {found[0]!r}, expected plain text")
    return lines


@dataclass(frozen=True)
class Prompt:
    """The template of the question that a language model is asked about each class."""

    source: str
    text: str

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    def fill(self, **values: str | int) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), self.text).strip()


def prompt_file(folder: Path, source: str) -> Path:
    return folder / f"{source}.txt"


def read_prompt(folder: Path, source: str) -> Prompt:
    """The prompt of a source; an error says what is wrong with its file."""
    path = prompt_file(folder, source)
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; it should hold what a language model is asked for {source!r}"
        )
    text = read_text(path)
    placeholders = re.findall(r"\{(\w+)\}", text)
    known = FORMATS.get(source, TEXTS).placeholders
    for each in placeholders:
        if each not in known:
            raise UserError(
                f"{path}: unknown placeholder {{{each}}}, expected one of: {', '.join(known)}"
            )
    if "name" not in placeholders:
        raise UserError(f"{path}: has no {{name}}, so every class gets the same question")
    return Prompt(source, text)


@dataclass(frozen=True)
class Provenance:
    """How the texts of a source were made; never holds a key."""

    prompt: str  # sha256 of the prompt file that they answer
    writer: str  # the language model, or `by hand`
    endpoint: str  # its host; empty: none
    date: str  # of the last answer; empty: not known
    parameters: dict  # of the requests to the model


def read_provenance(folder: Path) -> dict[str, Provenance]:
    """The provenance of each source, as far as the folder records it."""
    path = folder / PROVENANCE
    if not path.is_file():
        return {}
    return typed(dict[str, Provenance], read_json(path), "", str(path))


def write_provenance(path: Path, provenance: dict[str, Provenance]) -> None:
    entries = {source: asdict(each) for source, each in sorted(provenance.items())}
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def require_current(recorded: Path, prompts: Path, sources: list[str]) -> None:
    """Raise an error for the first source whose prompt changed after its texts were recorded."""
    for source, provenance in read_provenance(recorded).items():
        path = prompt_file(prompts, source)
        if (
            source in sources
            and path.is_file()
            and read_prompt(prompts, source).digest != provenance.prompt
        ):
            raise UserError(
                f"{path} has changed since {recorded_file(recorded, source)} was recorded; undo the"
                f" change, have new texts written with `zsar describe {recorded.name} {source}"
                f" --overwrite`, or declare that the texts still answer it with `... --accept`"
            )
