"""`zsar status`: a line for each cell that exists; and the tables of `zsar table`."""

from collections.abc import Sequence

from zsar.cells import METRICS
from zsar.config.config import Config
from zsar.config.settings import without_layers
from zsar.data import protocols
from zsar.errors import UserError
from zsar.table import CellResult, aligned, grids, read_cells, read_results, render, wrapped
from zsar.table.columns import GATE, MEANING, STACKING, ZERO_SHOT, Column
from zsar.table.results import flattened

COLUMNS = (
    *(column for column in ZERO_SHOT if column.head != "per class"),
    Column("chance", ("chance",), "{:.2f}"),
    *(column for column in (*GATE, *STACKING) if column.head.endswith(" H")),
)
NONE = "no cell has been evaluated yet; `dvc repro` makes the selected one"


def cell_lines(config: Config) -> list[str]:
    """A line per cell that exists, the selected one marked, and what the columns mean."""
    found = _found(config)
    if not found:
        return [NONE]
    rows = [["", "cell", "kind", *(column.head for column in COLUMNS)]]
    for result in found:
        mark = "*" if _selected(result, config) else ""
        numbers = flattened(result.numbers)
        values = [column.of(numbers) for column in COLUMNS]
        rows.append([mark, result.name, result.kind, *values])
    notes = [f"{_count(found)}; * is selected in params.yaml"]
    notes += [f"transductive: {MEANING['transductive']}", *(each.meaning for each in COLUMNS)]
    return [*aligned(rows, words=3), "", *wrapped(notes)]


def rendered_tables(
    config: Config, datasets: Sequence[str], splits: Sequence[str], form: str
) -> tuple[str, str]:
    """The results of these data sets and splits (none: of all) laid out, and how many there are."""
    named = dict.fromkeys((*config.files["datasets"], *protocols.available()))
    for name in datasets:
        if name not in named and without_layers(name) not in named:
            raise UserError(f"unknown data set {name!r}; there are: {', '.join(named)}")
    every = read_results(METRICS, _order(config))
    if not every.evaluated and not datasets:
        raise UserError(NONE)
    shown = every.only(datasets, splits)
    if not grids(shown):
        names = ", ".join(every.evaluated) or "none"
        raise UserError(
            f"no cell of these has been evaluated, and nothing is published; there are: {names}"
        )
    return render(shown, form), _count(every.cells)


def _found(config: Config) -> list[CellResult]:
    return read_cells(METRICS, _order(config))


def _order(config: Config) -> dict[str, list[str]]:
    return {axis: list(config.files[axis]) for axis in ("datasets", "methods")}


def _count(found: Sequence[CellResult]) -> str:
    return f"{len(found)} cells"


def _selected(result: CellResult, config: Config) -> bool:
    return result.name == f"{config.cell.key}/{config.cell.method}"
