"""Your own splits in files, `splits/<data set>/<name>.yaml`, for any data set.

    unseen: [clapping, A043, 7]         # the classes that are never seen
    seen: [reading, writing, A013, 13]  # optional; else all others. One in neither is not used
    validation: [reading, 13]           # optional: seen ones that validation treats as unseen
    note: from the supplement of ...    # optional

A class is given by its name (capitals, `_` and `-` do not matter), by its number from 0, as
everywhere here, or by a number from 1 as in the file names of NTU RGB+D: A043 is class 42. A
number that is the name of a class means that class. JSON (`.json`) holds the same; a `.txt` file
lists the unseen classes, one a line, or several numbers a line. The split has the name of its file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from zsar.data.files.located_yaml import LocatedValue, located_yaml, plain_name
from zsar.data.protocols.datasets import FEWEST_SEEN, FEWEST_UNSEEN, DataSet, Split
from zsar.data.recording import Damaged, Part

SUFFIXES = (".yaml", ".yml", ".json", ".txt")
LISTS = ("unseen", "seen", "validation")
FROM_ONE = re.compile(r"A(\d{3})")
NUMBERS = re.compile(r"A?\d+(?:[,\s]+A?\d+)*,?")  # a line of a text file
# Its published numbers, a01 to a12, leave two out, so that they do not count its class list.
WITH_GAPS = ("nw_ucla",)


@dataclass(frozen=True)
class ClassReference:
    """A class as a file names it, and the line."""

    place: Part
    line: int
    text: str

    def damaged(self, what: str) -> Damaged:
        return Damaged(self.place, what, self.line)


def with_file(known: DataSet, split: str, folder: Path) -> DataSet:
    """The data set with the split of that name, if a file of the folder gives it."""
    found = [path for path in _files(known, folder) if path.stem == split]
    if not found:
        return known
    if len(found) > 1:
        raise Damaged(found[1], f"gives the split {split}, as {found[0].name} does; expected one")
    if split in known.splits:
        raise Damaged(
            found[0], f"{known.name} has a split {split} already; expected another file name"
        )
    return replace(known, splits={**known.splits, split: _split(found[0], known)})


def names(known: DataSet, folder: Path) -> list[str]:
    """The splits of a data set that the folder holds."""
    return list(dict.fromkeys(path.stem for path in _files(known, folder)))


def _files(known: DataSet, folder: Path) -> list[Path]:
    return sorted(path for path in (folder / known.name).glob("*") if path.suffix in SUFFIXES)


def _split(path: Path, known: DataSet) -> Split:
    listed, note = _text(path) if path.suffix == ".txt" else _fields(path)
    unseen, seen, validation = (_ids(listed.get(key, []), known) for key in LISTS)
    for each, reference in seen.items():
        if each in unseen:
            raise reference.damaged(
                f"{reference.text!r} is seen, and unseen in line {unseen[each].line};"
                " expected it on one side"
            )
    left = set(seen or range(known.count)) - set(unseen)
    for each, reference in validation.items():
        if each not in left:
            raise reference.damaged(
                f"{reference.text!r} is not seen, expected a seen class for validation"
            )
    for side, number, least in (
        ("unseen", len(unseen), FEWEST_UNSEEN),
        ("seen", len(left), FEWEST_SEEN),
    ):
        if number < least:
            raise Damaged(path, f"{number} {side} classes are too few, expected at least {least}")
    if validation and not 2 <= len(validation) <= len(left) - 2:
        raise validation[min(validation)].damaged(
            f"validation has {len(validation)} of {len(left)} seen classes,"
            f" expected 2 to {len(left) - 2}"
        )
    return Split(
        unseen=tuple(sorted(unseen)),
        validation=tuple(sorted(validation)),
        family="own",
        published="",
        note=note,
        fixed_protocol="",
        seen=tuple(sorted(seen)),
    )


def _fields(path: Path) -> tuple[dict[str, list[ClassReference]], str]:
    """The classes that each key of a YAML or JSON file lists, and its note."""
    place, content = Part(path), path.read_bytes()
    if path.suffix == ".json":
        content = content.replace(b"\t", b" ")  # JSON indents by tabs, too; YAML does not
    fields = located_yaml(place, content).fields((*LISTS, "note"), needed=("unseen",))
    note = fields.pop("note").text() if "note" in fields else ""
    return {side: list(_references(item)) for side, item in fields.items()}, note


def _references(item: LocatedValue) -> Iterator[ClassReference]:
    if not item.items():
        raise item.damaged("the list is empty")
    for each in item.items():
        yield ClassReference(item.place, each.line, each.text())


def _text(path: Path) -> tuple[dict[str, list[ClassReference]], str]:
    """The unseen classes of a text file; `#` starts a comment."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Damaged(path, "is no text in UTF-8") from error
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].strip()
        several = re.findall(r"\w+", line) if NUMBERS.fullmatch(line) else [line]
        found += [ClassReference(Part(path), number, each) for each in several if each]
    return {"unseen": found}, ""


def _ids(references: Iterable[ClassReference], known: DataSet) -> dict[int, ClassReference]:
    """Each class once, with the word that names it."""
    found: dict[int, ClassReference] = {}
    for reference in references:
        each = _id(reference, known)
        if each in found:
            raise reference.damaged(
                f"{reference.text!r} is class {each}, which line {found[each].line} lists already"
            )
        found[each] = reference
    return found


def _id(reference: ClassReference, known: DataSet) -> int:
    called = {plain_name(name): each for each, name in enumerate(known.classes)}
    if (plain := plain_name(reference.text)) in called:
        return called[plain]
    numbers = f"a number from 0 to {known.count - 1}"
    from_one = FROM_ONE.fullmatch(reference.text)
    if from_one and known.name in WITH_GAPS:
        raise reference.damaged(
            f"{reference.text!r}: {known.name} leaves numbers out, expected {numbers}"
        )
    if from_one or reference.text.isdecimal():
        each = int(from_one[1]) - 1 if from_one else int(reference.text)
        if not 0 <= each < known.count:
            raise reference.damaged(
                f"{reference.text!r} is no class of {known.name}, expected {numbers}"
                f" or from A001 to A{known.count:03d}"
            )
        return each
    holding = [name for name in called if plain in name]  # `hopping (one foot jumping)`
    near = holding or get_close_matches(plain, called, n=1, cutoff=0.0)
    hint = f" (did you mean {known.classes[called[near[0]]]!r}?)" if near else ""
    raise reference.damaged(f"unknown class {reference.text!r}{hint}; expected a name or {numbers}")
