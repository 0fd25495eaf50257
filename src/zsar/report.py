"""What of the study exists, for people: a line per cell, or whole tables."""

from collections.abc import Sequence
from dataclasses import asdict

from zsar.errors import Complaint
from zsar.params import Params
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


def cells(params: Params) -> list[str]:
    """A line per cell that exists, the selected one marked, and what the columns mean."""
    found = _found(params)
    if not found:
        return [NONE]
    rows = [["", "cell", "kind", *(column.head for column in COLUMNS)]]
    for result in found:
        mark = "*" if _selected(result, params) else ""
        numbers = flat(result.numbers)
        values = [column.of(numbers) for column in COLUMNS]
        rows.append([mark, _name(result), result.kind, *values])
    notes = [f"{_count(found, params)}; * is selected in params.yaml"]
    notes += [f"transductive: {MEANING['transductive']}", *(each.meaning for each in COLUMNS)]
    return [*aligned(rows, words=3), "", *wrapped(notes)]


def tables(
    params: Params, datasets: Sequence[str], splits: Sequence[str], form: str
) -> tuple[str, str]:
    """The results of these data sets and splits (none: of all) laid out, and how many there are."""
    for name in datasets:
        if name not in params.datasets:
            raise Complaint(
                f"unknown data set {name!r}; params.yaml lists: {', '.join(params.datasets)}"
            )
    every = _found(params)
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
    return text(found, form), _count(every, params)


def _found(params: Params) -> list[Result]:
    return results(METRICS, asdict(params.study))


def _count(found: Sequence[Result], params: Params) -> str:
    study = params.study
    names = {f"{cell}/{method}" for cell in study.cells for method in study.methods}
    present = len(names & {_name(result) for result in found})
    return f"{present} of the {len(names)} cells of the study exist"


def _selected(result: Result, params: Params) -> bool:
    mine = (result.dataset, result.split, result.encoder, result.method)
    return mine == (params.dataset, params.split, params.encoder, params.method)


def _name(result: Result) -> str:
    return f"{result.place}/{result.encoder}/{result.method}"
