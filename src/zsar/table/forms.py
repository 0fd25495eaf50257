"""The same tables for the terminal, for Markdown and for LaTeX, beside the plain sheets."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

from zsar.table.layout import LABELS, Grid, grids
from zsar.table.results import Result
from zsar.table.sheet import meanings, sheet

WIDTH = 100  # characters of a note in the terminal


def text(results: Sequence[Result], form: str) -> str:
    """All results in one of FORMS, ending in a line break."""
    return FORMS[form](results)


def terminal(results: Sequence[Result]) -> str:
    return "\n".join(_plain(grid) for grid in grids(results))


def markdown(results: Sequence[Result]) -> str:
    return "\n".join(_marked(grid) for grid in grids(results))


def latex(results: Sequence[Result]) -> str:
    return "\n".join(_set(grid) for grid in grids(results))


FORMS = {
    "terminal": terminal,
    "markdown": markdown,
    "latex": latex,
    "csv": sheet,
    "meanings": meanings,
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


def _plain(grid: Grid) -> str:
    rows = [grid.heads, *(row for block in grid.blocks for row in block.rows)]
    head, *lines = aligned(rows, len(LABELS))
    found = [grid.title, "=" * len(grid.title), head]
    for block in grid.blocks:
        found += [f"-- {block.title}", *lines[: len(block.rows)]]
        lines = lines[len(block.rows) :]
    return "\n".join([*found, "", *wrapped(grid.notes), ""])


def _marked(grid: Grid) -> str:
    sides = [":--"] * len(LABELS) + ["--:"] * (len(grid.heads) - len(LABELS))
    rows = [grid.heads, sides]
    for block in grid.blocks:
        gap = [""] * (len(grid.heads) - 1)
        rows += [[f"**{block.title}**", *gap], *block.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    notes = [f"- {note}" for note in grid.notes]
    return "\n".join([f"### {grid.title}", "", *lines, "", *notes, ""])


def _set(grid: Grid) -> str:
    """A table that needs no package."""
    sides = "l" * len(LABELS) + "r" * (len(grid.heads) - len(LABELS))
    lines = [
        r"\begin{table}",
        rf"\caption{{{_escaped(grid.title)}}}",
        rf"\begin{{tabular}}{{{sides}}}",
    ]
    lines += [r"\hline", _line(grid.heads)]
    for block in grid.blocks:
        title = rf"\multicolumn{{{len(grid.heads)}}}{{l}}{{\textit{{{_escaped(block.title)}}}}} \\"
        lines += [r"\hline", title, *map(_line, block.rows)]
    notes = [rf"\par {_escaped(note)}" for note in grid.notes]
    return "\n".join(
        [*lines, r"\hline", r"\end{tabular}", r"\footnotesize", *notes, r"\end{table}", ""]
    )


def _line(row: Sequence[str]) -> str:
    return " & ".join(map(_escaped, row)) + r" \\"


def _escaped(words: str) -> str:
    return words.translate(SPECIAL)


SPECIAL = str.maketrans({"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "±": r"$\pm$"})
