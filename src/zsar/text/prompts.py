"""What a language model is asked for a source: one file per source, with places to fill in."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zsar.errors import Complaint

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


def file(folder: Path, source: str) -> Path:
    return folder / f"{source}.txt"


def prompt(folder: Path, source: str) -> Prompt:
    """The prompt of a source, or a complaint that says what is the matter with its file."""
    path = file(folder, source)
    if not path.is_file():
        raise Complaint(
            f"{path}: no such file; it should hold what a language model is asked for {source!r}"
        )
    text = path.read_text(encoding="utf-8")
    places = re.findall(r"\{(\w+)\}", text)
    for place in places:
        if place not in PLACES:
            raise Complaint(
                f"{path}: unknown place {{{place}}}, expected one of: {', '.join(PLACES)}"
            )
    if "name" not in places:
        raise Complaint(f"{path}: has no {{name}}, so every class would be asked the same")
    return Prompt(source, text)
