"""What is recorded of a data set's classes, a file per source and a line per class; what a language
model is asked for a source; and where the recorded lines come from."""

import json
import re
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.errors import UserError
from zsar.text import descriptions

NAMES = "names"  # the source that every data set has: its class list


def names(folder: Path) -> list[str]:
    """The class list of a folder of descriptions."""
    file = folder / f"{NAMES}.txt"
    if not file.is_file():
        raise UserError(f"{file}: no such file; it lists the classes, one per line")
    return _lines(file)


def recorded(folder: Path, classes: int) -> dict[str, list[str]]:
    """The texts of the first `classes` classes, source by source; names first, then by name.

    A folder may describe more classes than a data set has, as ntu120 does for ntu60, but every
    source the same number.
    """
    listed = len(names(folder))
    files = sorted(folder.glob("*.txt"), key=lambda file: (file.stem != NAMES, file.stem))
    texts = {file.stem: _lines(file) for file in files}
    if listed < classes:
        raise UserError(f"{files[0]}: lists {listed} classes, expected {classes}")
    for file in files:
        if len(texts[file.stem]) != listed:
            raise UserError(
                f"{file}: has {len(texts[file.stem])} lines, expected {listed}, one per class"
            )
    return {source: lines[:classes] for source, lines in texts.items()}


def _lines(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise UserError(f"{file}:{number}: is empty, expected the text of class {number - 1}")
    return lines


PLACES = ("name", "names", "shortest", "longest")  # this class, all classes, words of the answer


@dataclass(frozen=True)
class Prompt:
    source: str
    text: str

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    def filled(self, **values: str | int) -> str:
        return re.sub(r"\{(\w+)\}", lambda place: str(values[place[1]]), self.text).strip()


def prompt_file(folder: Path, source: str) -> Path:
    return folder / f"{source}.txt"


def prompt(folder: Path, source: str) -> Prompt:
    """The prompt of a source, or a complaint that says what is the matter with its file."""
    path = prompt_file(folder, source)
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; it should hold what a language model is asked for {source!r}"
        )
    text = path.read_text(encoding="utf-8")
    places = re.findall(r"\{(\w+)\}", text)
    for place in places:
        if place not in PLACES:
            raise UserError(
                f"{path}: unknown place {{{place}}}, expected one of: {', '.join(PLACES)}"
            )
    if "name" not in places:
        raise UserError(f"{path}: has no {{name}}, so every class would be asked the same")
    return Prompt(source, text)


PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Provenance:
    """How the texts of a source came about; never holds a key."""

    prompt: str  # sha256 of the prompt file that they answer
    writer: str  # the language model, or `by hand`
    endpoint: str  # its host; empty: none
    date: str  # of the last answer; empty: not known
    parameters: dict  # that the model was called with


def read_provenance(folder: Path) -> dict[str, Provenance]:
    """The origin of each source that is known; none where the folder has no such file."""
    path = folder / PROVENANCE
    if not path.is_file():
        return {}
    wanted = {field.name for field in fields(Provenance)}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if any(set(entry) != wanted for entry in entries.values()):
            raise ValueError("an entry has other fields")
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{path}: expected, for every source, {', '.join(sorted(wanted))}"
        ) from error
    return {source: Provenance(**entry) for source, entry in entries.items()}


def write_provenance(path: Path, origins: dict[str, Provenance]) -> None:
    entries = {source: asdict(origin) for source, origin in sorted(origins.items())}
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def require_current(recorded: Path, asked: Path, sources: list[str]) -> None:
    """Complain about the first source whose prompt has changed since its texts were recorded."""
    for source, origin in read_provenance(recorded).items():
        path = descriptions.prompt_file(asked, source)
        if (
            source in sources
            and path.is_file()
            and descriptions.prompt(asked, source).digest != origin.prompt
        ):
            raise UserError(
                f"{path} has changed since {recorded / source}.txt was recorded; put it back,"
                f" write the texts anew with `zsar describe {recorded.name} {source} --overwrite`,"
                f" or say that they still answer it with `... --accept`"
            )
