"""The recorded descriptions of a data set's classes: one file per source, one line per class."""

from pathlib import Path

from zsar.errors import Complaint

NAMES = "names"  # the source that every data set has: its class list


def names(folder: Path) -> list[str]:
    """The class list of a folder of descriptions."""
    file = folder / f"{NAMES}.txt"
    if not file.is_file():
        raise Complaint(f"{file}: no such file; it lists the classes, one per line")
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
        raise Complaint(f"{files[0]}: lists {listed} classes, expected {classes}")
    for file in files:
        if len(texts[file.stem]) != listed:
            raise Complaint(
                f"{file}: has {len(texts[file.stem])} lines, expected {listed}, one per class"
            )
    return {source: lines[:classes] for source, lines in texts.items()}


def _lines(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise Complaint(f"{file}:{number}: is empty, expected the text of class {number - 1}")
    return lines
