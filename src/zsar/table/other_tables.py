"""The tables of one-shot results and of the recognition of all classes.

Every split and protocol has a group of rows of its own; nothing is averaged over them.
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
    finetuned_columns,
)
from zsar.table.grid import (
    Grid,
    RowGroup,
    chance_and_clips,
    encoder_label,
    grouped,
    method_label,
    nonempty,
    quirk_notes,
    row_notes,
)
from zsar.table.published import LetteredNumbers, published_for, with_letters
from zsar.table.results import KINDS, CellResult, RecognitionResult, Results, flattened

FROZEN_TITLE = "recognition of all classes by a frozen encoder"
FINETUNED_TITLE = "recognition of all classes, fine-tuned or supervised"
TRANSFER_TITLE = "recognition of all classes, encoder of another data set"


def one_shot_tables(found: Results) -> list[Grid]:
    published = with_letters(published_for(found.protocols, "one_shot"))
    shown = [published] if published.numbers else []
    groups = [
        group
        for place in found.protocols
        for kind in KINDS
        for group in _one_shot_groups(place, kind, found, published)
    ]
    heads = ["method", "encoder", *(column.head for column in ONE_SHOT), *map(_head, shown)]
    notes = [*(column.meaning for column in ONE_SHOT), *_notes(shown)]
    notes += [f"transductive: {MEANING['transductive']}", *row_notes(found.one_shot)]
    return _nonempty([Grid("one-shot", 2, heads, nonempty(groups), notes)])


def recognition_tables(found: Results) -> list[Grid]:
    """Frozen, fine-tuned and transferred, each where there is something to show."""
    every = [flattened(each.numbers) for each in found.recognition]
    return _nonempty(
        [
            _grid(FROZEN_TITLE, found, FROZEN, ("linear", "retrieval"), [PRETRAINED]),
            _grid(FINETUNED_TITLE, found, finetuned_columns(every), ("supervised",), [PRETRAINED]),
            _grid(TRANSFER_TITLE, found, TRANSFERRED, (), []),
        ]
    )


def _nonempty(grids: Sequence[Grid]) -> list[Grid]:
    return [grid for grid in grids if grid.groups]


def _one_shot_groups(
    place: str, kind: str, found: Results, published: LetteredNumbers
) -> list[RowGroup]:
    here = [each for each in found.one_shot if each.place == place]
    rows = [_one_shot_row(each, published) for each in here if each.kind == kind]
    gap = ["", *[ABSENT] * len(ONE_SHOT)]
    rest = [
        [each.system, *gap, published.cell([each])]
        for each in published.missing(here, kind)
        if each.splits == (place,)
    ]
    test = f" ({chance_and_clips(here)})" if here else ""
    return [
        RowGroup(f"{place}, {kind}{test}", rows),
        RowGroup(f"{place}, {kind}, only published", rest),
    ]


def _one_shot_row(result: CellResult, published: LetteredNumbers) -> list[str]:
    numbers = [column.of(flattened(result.numbers)) for column in ONE_SHOT]
    beside = [published.beside(result, (result.place,))] if published.numbers else []
    return [method_label(result), encoder_label(result), *numbers, *beside]


def _grid(
    title: str,
    found: Results,
    columns: Sequence[Column],
    measures: Sequence[str],
    notes: Sequence[str],
) -> Grid:
    """The encoders that have any of these numbers, and what was printed of these measures."""
    published = with_letters(published_for(found.protocols, *measures))
    shown = [each for each in map(published.of, measures) if each.numbers]
    mine = [each for each in found.recognition if _values(each, columns)]
    groups = []
    for place in found.protocols:
        here = [each for each in mine if each.place == place]
        rows = [_row(each, columns, shown) for each in here]
        missing = [
            each for each in published.missing(here, KINDS[False]) if each.splits == (place,)
        ]
        rest = [
            [system, *[ABSENT] * len(columns)]
            + [each.cell(figure for figure in figures if figure in each.numbers) for each in shown]
            for system, figures in grouped(missing, lambda each: each.system).items()
        ]
        groups += [RowGroup(place, rows), RowGroup(f"{place}, only published", rest)]
    heads = ["encoder", *(column.head for column in columns), *map(_head, shown)]
    meanings = [*(column.meaning for column in columns), *notes, *_notes(shown), *quirk_notes(mine)]
    words = 1 + sum(column.form == "{}" for column in columns)
    return Grid(title, words, heads, nonempty(groups), meanings)


def _values(result: RecognitionResult, columns: Sequence[Column]) -> bool:
    return any(column.of(flattened(result.numbers)) != ABSENT for column in columns)


def _row(
    result: RecognitionResult, columns: Sequence[Column], shown: Sequence[LetteredNumbers]
) -> list[str]:
    numbers = [column.of(flattened(result.numbers)) for column in columns]
    beside = [each.beside(result, (result.place,)) for each in shown]
    return [encoder_label(result), *numbers, *beside]


def _head(shown: LetteredNumbers) -> str:
    return f"published {shown.numbers[0].measure}"


def _notes(shown: Sequence[LetteredNumbers]) -> list[str]:
    notes = [f"{_head(each)}: {PUBLISHED_RECOGNITION[each.numbers[0].measure]}" for each in shown]
    return [*notes, *(shown[0].caveats if shown else [])]
