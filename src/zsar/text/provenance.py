"""Where the recorded texts of a folder come from, in a file beside them."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from zsar.errors import Complaint
from zsar.text import prompts
from zsar.whole import whole

FILE = "provenance.json"


@dataclass(frozen=True)
class Origin:
    """How the texts of a source came about; never holds a key."""

    prompt: str  # sha256 of the prompt file that they answer
    writer: str  # the language model, or `by hand`
    endpoint: str  # its host; empty: none
    date: str  # of the last answer; empty: not known
    parameters: dict  # that the model was called with


def read(folder: Path) -> dict[str, Origin]:
    """The origin of each source that is known; none where the folder has no such file."""
    path = folder / FILE
    if not path.is_file():
        return {}
    wanted = {field.name for field in fields(Origin)}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if any(set(entry) != wanted for entry in entries.values()):
            raise ValueError("an entry has other fields")
    except (ValueError, AttributeError, TypeError) as error:
        raise Complaint(
            f"{path}: expected, for every source, {', '.join(sorted(wanted))}"
        ) from error
    return {source: Origin(**entry) for source, entry in entries.items()}


def write(path: Path, origins: dict[str, Origin]) -> None:
    entries = {source: asdict(origin) for source, origin in sorted(origins.items())}
    with whole(path) as draft:
        draft.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def insist(recorded: Path, asked: Path, sources: list[str]) -> None:
    """Complain about the first source whose prompt has changed since its texts were recorded."""
    for source, origin in read(recorded).items():
        path = prompts.file(asked, source)
        if (
            source in sources
            and path.is_file()
            and prompts.prompt(asked, source).digest != origin.prompt
        ):
            raise Complaint(
                f"{path} has changed since {recorded / source}.txt was recorded; put it back,"
                f" write the texts anew with `zsar describe {recorded.name} {source} --overwrite`,"
                f" or say that they still answer it with `... --accept`"
            )
