"""Renders the tables for the terminal, as Markdown and as LaTeX, or all results as csv."""

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap

from zsar.table.columns import ABSENT
from zsar.table.csv_sheet import csv_meanings, csv_sheet
from zsar.table.grid import Grid
from zsar.table.other_tables import one_shot_tables, recognition_tables
from zsar.table.results import Results
from zsar.table.zero_shot_tables import zero_shot_tables

WIDTH = 100  # characters of a line in the terminal


def render(found: Results, form: str) -> str:
    """All results by one of RENDERERS, ending in a line break."""
    return RENDERERS[form](found)


def grids(found: Results) -> list[Grid]:
    return [*zero_shot_tables(found), *one_shot_tables(found), *recognition_tables(found)]


def render_grids(tables: Iterable[Grid], form: str) -> str:
    """These tables for the terminal, as Markdown or as LaTeX."""
    return "\n".join(map(LAYOUTS[form], tables))


def _laid_out(form: str) -> Callable[[Results], str]:
    return lambda found: render_grids(grids(found), form)


RENDERERS = {form: _laid_out(form) for form in ("terminal", "markdown", "latex")} | {
    "csv": csv_sheet,
    "meanings": csv_meanings,
}


def aligned(rows: Sequence[Sequence[str]], words: int) -> list[str]:
    """Columns of equal width; the first ones are words and start on the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def wrapped(notes: Iterable[str]) -> list[str]:
    return [line for note in notes for line in wrap(note, WIDTH, subsequent_indent="    ")]


def _as_text(grid: Grid) -> str:
    """In strips that fit the width of a line; each begins with the columns of words."""
    found = [grid.title, "=" * len(grid.title)]
    for places in _strips(grid):
        found += _strip(grid, places)
    return "\n".join([*found, *wrapped(grid.notes), ""])


def _strips(grid: Grid) -> list[list[int]]:
    """Which columns of numbers stand together."""
    rows = [grid.heads, *(row for group in grid.groups for row in group.rows)]
    widths = [2 + max(map(len, column)) for column in zip(*rows, strict=True)]
    strips: list[list[int]] = [[]]
    for place in range(grid.words, len(grid.heads)):
        width = sum(widths[: grid.words]) + sum(widths[each] for each in strips[-1]) - 2
        if strips[-1] and width + widths[place] > WIDTH:
            strips.append([])
        strips[-1].append(place)
    return strips


def _strip(grid: Grid, places: Sequence[int]) -> list[str]:
    """The rows that have a number there, under their heads; nothing if none has."""
    shown = [*range(grid.words), *places]
    groups = [
        (group.title, [row for row in group.rows if any(row[k] != ABSENT for k in places)])
        for group in grid.groups
    ]
    rows = [row for _, some in groups for row in some]
    lines = aligned([[row[k] for k in shown] for row in (grid.heads, *rows)], grid.words)
    found = [lines.pop(0)]
    for title, some in groups:
        if some:
            found += [f"-- {title}", *lines[: len(some)]]
            lines = lines[len(some) :]
    return [*found, ""] if rows else []


def _as_markdown(grid: Grid) -> str:
    sides = [":--"] * grid.words + ["--:"] * (len(grid.heads) - grid.words)
    rows = [grid.heads, sides]
    for group in grid.groups:
        gap = [""] * (len(grid.heads) - 1)
        rows += [[f"**{group.title}**", *gap], *group.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    notes = [f"- {note}" for note in grid.notes]
    return "\n".join([f"### {grid.title}", "", *lines, "", *notes, ""])


def _as_latex(grid: Grid) -> str:
    """A table that needs no LaTeX package."""
    sides = "l" * grid.words + "r" * (len(grid.heads) - grid.words)
    lines = [
        r"\begin{table}",
        rf"\caption{{{_escaped(grid.title)}}}",
        rf"\begin{{tabular}}{{{sides}}}",
    ]
    lines += [r"\hline", _latex_row(grid.heads)]
    for group in grid.groups:
        title = rf"\multicolumn{{{len(grid.heads)}}}{{l}}{{\textit{{{_escaped(group.title)}}}}} \\"
        lines += [r"\hline", title, *map(_latex_row, group.rows)]
    notes = [rf"\par {_escaped(note)}" for note in grid.notes]
    return "\n".join(
        [*lines, r"\hline", r"\end{tabular}", r"\footnotesize", *notes, r"\end{table}", ""]
    )


def _latex_row(row: Sequence[str]) -> str:
    return " & ".join(map(_escaped, row)) + r" \\"


def _escaped(words: str) -> str:
    return words.translate(SPECIAL)


LAYOUTS = {"terminal": _as_text, "markdown": _as_markdown, "latex": _as_latex}
SPECIAL = str.maketrans(
    {"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "±": r"$\pm$", "†": r"$\dagger$"}
)
