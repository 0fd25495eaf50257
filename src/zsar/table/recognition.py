"""Tables beside the zero-shot ones: one clip shown of each class, and recognition of all classes.

Every split and protocol is a block of its own; nothing is averaged over them.
"""

from collections.abc import Sequence

from zsar.table.columns import (
    ABSENT,
    FROZEN,
    MEANING,
    ONE_SHOT,
    PRETRAINED,
    PUBLISHED_RECOGNITION,
    TRANSFERRED,
    Column,
    shares,
)
from zsar.table.grid import Block, Grid, chances, encoder, filled, grouped, marked, quirks, remarks
from zsar.table.published import Printed, known, printed
from zsar.table.results import KINDS, Findings, Recognition, Result, flat

FROZEN_TITLE = "recognition of all classes by a frozen encoder"
FINETUNED_TITLE = "recognition of all classes, fine-tuned or supervised"
TRANSFER_TITLE = "recognition of all classes, encoder of another data set"


def one_shot(found: Findings) -> list[Grid]:
    theirs = printed(known(found.protocols, "one_shot"))
    shown = [theirs] if theirs.figures else []
    blocks = [
        block
        for place in found.protocols
        for kind in KINDS
        for block in _shot_blocks(place, kind, found, theirs)
    ]
    heads = ["method", "encoder", *(column.head for column in ONE_SHOT), *map(_head, shown)]
    notes = [*(column.meaning for column in ONE_SHOT), *_notes(shown)]
    notes += [f"transductive: {MEANING['transductive']}", *remarks(found.one_shot)]
    return _full([Grid("one-shot", 2, heads, filled(blocks), notes)])


def recognition(found: Findings) -> list[Grid]:
    """Frozen, fine-tuned and transferred, each where there is something to show."""
    every = [flat(each.numbers) for each in found.recognition]
    return _full(
        [
            _grid(FROZEN_TITLE, found, FROZEN, ("linear", "retrieval"), [PRETRAINED]),
            _grid(FINETUNED_TITLE, found, shares(every), ("supervised",), [PRETRAINED]),
            _grid(TRANSFER_TITLE, found, TRANSFERRED, (), []),
        ]
    )


def _full(grids: Sequence[Grid]) -> list[Grid]:
    return [grid for grid in grids if grid.blocks]


def _shot_blocks(place: str, kind: str, found: Findings, theirs: Printed) -> list[Block]:
    here = [each for each in found.one_shot if each.place == place]
    rows = [_shot_row(each, theirs) for each in here if each.kind == kind]
    gap = ["", *[ABSENT] * len(ONE_SHOT)]
    rest = [
        [each.system, *gap, theirs.cell([each])]
        for each in theirs.missing(here, kind)
        if each.splits == (place,)
    ]
    test = f" ({chances(here)})" if here else ""
    return [
        Block(f"{place}, {kind}{test}", rows),
        Block(f"{place}, {kind}, only published", rest),
    ]


def _shot_row(result: Result, theirs: Printed) -> list[str]:
    numbers = [column.of(flat(result.numbers)) for column in ONE_SHOT]
    beside = [theirs.beside(result, (result.place,))] if theirs.figures else []
    return [marked(result.method), encoder(result), *numbers, *beside]


def _grid(
    title: str,
    found: Findings,
    columns: Sequence[Column],
    measures: Sequence[str],
    notes: Sequence[str],
) -> Grid:
    """The encoders that have any of these numbers, and what was printed of these measures."""
    theirs = printed(known(found.protocols, *measures))
    shown = [each for each in map(theirs.of, measures) if each.figures]
    mine = [each for each in found.recognition if _values(each, columns)]
    blocks = []
    for place in found.protocols:
        here = [each for each in mine if each.place == place]
        rows = [_row(each, columns, shown) for each in here]
        missing = [each for each in theirs.missing(here, KINDS[False]) if each.splits == (place,)]
        rest = [
            [system, *[ABSENT] * len(columns)]
            + [each.cell(figure for figure in figures if figure in each.figures) for each in shown]
            for system, figures in grouped(missing, lambda each: each.system).items()
        ]
        blocks += [Block(place, rows), Block(f"{place}, only published", rest)]
    heads = ["encoder", *(column.head for column in columns), *map(_head, shown)]
    meanings = [*(column.meaning for column in columns), *notes, *_notes(shown), *quirks(mine)]
    words = 1 + sum(column.form == "{}" for column in columns)
    return Grid(title, words, heads, filled(blocks), meanings)


def _values(result: Recognition, columns: Sequence[Column]) -> bool:
    return any(column.of(flat(result.numbers)) != ABSENT for column in columns)


def _row(result: Recognition, columns: Sequence[Column], shown: Sequence[Printed]) -> list[str]:
    numbers = [column.of(flat(result.numbers)) for column in columns]
    beside = [each.beside(result, (result.place,)) for each in shown]
    return [encoder(result), *numbers, *beside]


def _head(shown: Printed) -> str:
    return f"published {shown.figures[0].measure}"


def _notes(shown: Sequence[Printed]) -> list[str]:
    notes = [f"{_head(each)}: {PUBLISHED_RECOGNITION[each.figures[0].measure]}" for each in shown]
    return [*notes, *(shown[0].caveats if shown else [])]
