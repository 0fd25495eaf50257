"""Two cells side by side: every number, the difference, and whether the intervals overlap."""

import subprocess
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from zsar.errors import UserError
from zsar.table.columns import ABSENT, MEANING
from zsar.table.grid import grouped
from zsar.table.render import aligned, wrapped
from zsar.table.results import ORACLE, CellResult, dataset_label, flattened, parse_numbers

FORM = "DATASET/PREPROCESS/SPLIT/ENCODER/METHOD"
COUNTS = ("clips", "seeds", "encoders")  # numbers that are no per cent
BOUNDS = ("_low", "_high")  # of the interval of a number
NOTES = (
    "A - B: in points, that is per cent minus per cent",
    "intervals: whether the bootstrap 95 % intervals of A and B overlap or lie apart. Of the same"
    " clips two cells vary together, so that overlapping ones do not show that they are alike",
)


def comparison(first: str, second: str, folder: Path) -> list[str]:
    """Lines that compare two cells, each FORM, or REVISION:FORM for one of the Git history."""
    pair = [cell(name, folder) for name in (first, second)]
    return [
        f"A: {first} ({pair[0].kind})",
        f"B: {second} ({pair[1].kind})",
        "",
        *_table(flattened(pair[0].numbers), flattened(pair[1].numbers)),
        "",
        *wrapped((*NOTES, *_warnings(*pair))),
    ]


def cell(name: str, folder: Path) -> CellResult:
    """The cell of that name, or a UserError that names the nearest one there is."""
    revision, _, place = name.rpartition(":")
    if place.count("/") != FORM.count("/"):
        raise UserError(f"{name!r} is not the name of a cell; expected {FORM}")
    path = folder / f"{place}.json"
    text = _committed(revision, path) if revision else _written(place, path, folder)
    dataset, preprocess, split, encoder, method = place.split("/")
    label = dataset_label(dataset, preprocess)
    return CellResult(label, split, encoder, method, parse_numbers(text))


def _written(place: str, path: Path, folder: Path) -> str:
    if not path.is_file():
        names = [each.relative_to(folder).as_posix()[:-5] for each in folder.glob("*/*/*/*/*.json")]
        near = get_close_matches(place, names, n=1, cutoff=0.0)
        hint = f"; the nearest is {near[0]}" if near else "; no cell has"
        raise UserError(f"cell {place!r} has not been evaluated{hint} (`zsar status` lists all)")
    return path.read_text(encoding="utf-8")


def _committed(revision: str, path: Path) -> str:
    name = f"{revision}:./{path.as_posix()}"
    shown = subprocess.run(["git", "show", name], capture_output=True, text=True, check=False)
    if shown.returncode:
        reason = (shown.stderr.strip().splitlines() or ["git gives no reason"])[0]
        raise UserError(f"{path} at revision {revision!r}: {reason}")
    return shown.stdout


def _table(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    keys = [key for key in MEANING if _number(key, first) or _number(key, second)]
    blocks = {
        title: [_row(key, key.removeprefix(title + "."), first, second) for key in some]
        for title, some in grouped(keys, _title).items()
    }
    heads = ["", "A", "95 %", "B", "95 %", "A - B", "intervals"]
    head, *lines = aligned([heads, *(row for rows in blocks.values() for row in rows)], 1)
    found = [head]
    for title, rows in blocks.items():
        found += [f"-- {title}", *lines[: len(rows)]]
        lines = lines[len(rows) :]
    return found


def _title(key: str) -> str:
    return key.rpartition(".")[0] or "zero-shot"


def _number(key: str, numbers: Mapping[str, Any]) -> bool:
    known = isinstance(numbers.get(key), int | float) and not isinstance(numbers[key], bool)
    return known and not key.endswith(BOUNDS)


def _row(key: str, name: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    pair = (first, second)
    ours = [part for each in pair for part in (_value(key, each), _interval(key, each))]
    difference = ABSENT
    if key not in COUNTS and all(_number(key, each) for each in pair):
        difference = f"{first[key] - second[key]:+.2f}"
    return [name, *ours, difference, _overlap(key, first, second)]


def _value(key: str, numbers: Mapping[str, Any]) -> str:
    if not _number(key, numbers):
        return ABSENT
    if key in COUNTS:
        return str(numbers[key])
    deviation = f" ± {numbers[key + '_std']:.2f}" if f"{key}_std" in numbers else ""
    return f"{numbers[key]:.2f}{deviation}"


def _bounds(key: str, numbers: Mapping[str, Any]) -> tuple[float, float] | None:
    low, high = (numbers.get(key + bound) for bound in BOUNDS)
    return None if low is None or high is None else (low, high)


def _interval(key: str, numbers: Mapping[str, Any]) -> str:
    bounds = _bounds(key, numbers)
    return "{:.1f} to {:.1f}".format(*bounds) if bounds else ""


def _overlap(key: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    ours, theirs = _bounds(key, first), _bounds(key, second)
    if ours is None or theirs is None:
        return ""
    return "overlap" if max(ours[0], theirs[0]) <= min(ours[1], theirs[1]) else "apart"


def _warnings(first: CellResult, second: CellResult) -> Iterator[str]:
    """What makes the two numbers not those of the same task."""
    if first.place != second.place:
        yield f"A and B are of different splits, {first.place} and {second.place}: other clips"
    if any(each.kind == ORACLE for each in (first, second)):
        yield f"reads_labels: {MEANING['reads_labels']}"
    if first.numbers["transductive"] != second.numbers["transductive"]:
        yield f"transductive: {MEANING['transductive']}; only one of A and B does"
    texts = (bool(each.numbers.get("unseen_texts")) for each in (first, second))
    if len(set(texts)) > 1:
        yield "only one of A and B learns from the texts of unseen classes, too"
    if first.structured != second.structured:
        yield f"structured: {MEANING['structured']}; only one of A and B does"
