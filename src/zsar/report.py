"""What of the study exists, for people: a line per cell, or whole tables."""

from collections.abc import Sequence

from zsar.config.config import Config
from zsar.errors import Complaint
from zsar.study import METRICS
from zsar.table import Result, aligned, results, text, wrapped
from zsar.table.columns import GATE, MEANING, STACKING, ZERO_SHOT, Column
from zsar.table.results import flat

COLUMNS = (
    *(column for column in ZERO_SHOT if column.head != "per class"),
    Column("chance", ("chance",), "{:.2f}"),
    *(column for column in (*GATE, *STACKING) if column.head.endswith(" H")),
)
NONE = "no cell has been evaluated yet; `dvc repro` makes the selected one"


def cells(config: Config) -> list[str]:
    """A line per cell that exists, the selected one marked, and what the columns mean."""
    found = _found(config)
    if not found:
        return [NONE]
    rows = [["", "cell", "kind", *(column.head for column in COLUMNS)]]
    for result in found:
        mark = "*" if _selected(result, config) else ""
        numbers = flat(result.numbers)
        values = [column.of(numbers) for column in COLUMNS]
        rows.append([mark, _name(result), result.kind, *values])
    notes = [f"{_count(found)}; * is selected in params.yaml"]
    notes += [f"transductive: {MEANING['transductive']}", *(each.meaning for each in COLUMNS)]
    return [*aligned(rows, words=3), "", *wrapped(notes)]


def tables(
    config: Config, datasets: Sequence[str], splits: Sequence[str], form: str
) -> tuple[str, str]:
    """The results of these data sets and splits (none: of all) laid out, and how many there are."""
    for name in datasets:
        config.dataset(name)
    every = _found(config)
    if not every:
        raise Complaint(NONE)
    found = [
        result
        for result in every
        if (not datasets or result.dataset in datasets) and (not splits or result.split in splits)
    ]
    if not found:
        places = dict.fromkeys(result.place for result in every)
        raise Complaint(f"no cell of these has been evaluated; there are: {', '.join(places)}")
    return text(found, form), _count(every)


def _found(config: Config) -> list[Result]:
    return results(METRICS, list(config.files["datasets"]), list(config.files["methods"]))


def _count(found: Sequence[Result]) -> str:
    return f"{len(found)} cells"


def _selected(result: Result, config: Config) -> bool:
    return _name(result) == f"{config.cell.place}/{config.cell.method}"


def _name(result: Result) -> str:
    return f"{result.dataset}/{result.preprocess}/{result.split}/{result.encoder}/{result.method}"
