"""The tables of zero-shot results: one family of splits each, inductive and transductive apart."""

from collections.abc import Sequence

from zsar.config.settings import without_layers
from zsar.table.columns import (
    ABSENT,
    GATE,
    MEANING,
    STACKING,
    ZERO_SHOT,
    ZSL,
    Column,
    other_table_notes,
)
from zsar.table.grid import (
    Grid,
    RowGroup,
    chance_and_clips,
    encoder_label,
    grouped,
    method_label,
    nonempty,
    row_notes,
)
from zsar.table.published import LetteredNumbers, PublishedNumber, published_for, with_letters
from zsar.table.results import (
    KINDS,
    ORACLE,
    CellResult,
    Results,
    SplitPlace,
    flattened,
    random_splits,
)

LABELS = ("method", "encoder")
Splits = tuple[str, ...]  # published names


def zero_shot_tables(found: Results) -> list[Grid]:
    """For each family of splits an overview, then zero-shot and generalised results in detail."""
    grids = []
    for family, places in grouped(found.places, lambda place: place.family).items():
        mine = [each for each in found.cells if each.family == family]
        ours = [place for place in places if any(each.place == place.name for each in mine)]
        grids += [
            _overview(f"{family} splits, overview", mine, places),
            _detail(f"{family} splits, zero-shot", mine, places, ZERO_SHOT, "zsl"),
            _detail(f"{family} splits, generalised by the gate", mine, places, GATE, "harmonic"),
            _detail(f"{family} splits, generalised by stacking", mine, ours, STACKING, "harmonic"),
        ]
    return [grid for grid in grids if grid.groups]


def split_means(cells: Sequence[CellResult], places: Sequence[SplitPlace]) -> dict[Splits, str]:
    """Random splits of a data set and family to average over, all of which exist, by our name."""
    here = {each.published for each in cells}
    found = {}
    for place in places:
        splits = random_splits(place.dataset).get(place.family, ())
        if splits and here.issuperset(splits):
            found[splits] = f"{place.dataset} {place.family} mean of {len(splits)}"
    return found


def group_key(result: CellResult) -> str:
    """Cells of which are averaged together: one method, one encoder, the same settings and side
    information."""
    layered = result.dataset if result.dataset != without_layers(result.dataset) else ""
    return f"{method_label(result)} {result.encoder} {layered}"


def mean_over(group: Sequence[CellResult], splits: Splits) -> float | None:
    """Of zsl, where the group has all of the splits."""
    found = {result.published: result.numbers["zsl"] for result in group}
    if not found.keys() >= set(splits):
        return None
    return sum(found[each] for each in splits) / len(splits)


def _overview(title: str, cells: Sequence[CellResult], places: Sequence[SplitPlace]) -> Grid:
    """One number a cell; means over random splits, and what authors printed of such means."""
    columns = list(grouped(cells, lambda result: result.place))
    here = [place.published for place in places if place.published]
    published = with_letters(each for each in published_for(here, "zsl") if len(each.splits) > 1)
    names = {each.splits: _mean_label(each.splits, places) for each in published.numbers}
    names = split_means(cells, places) | names
    groups = []
    for kind in (*KINDS, ORACLE):
        mine = [result for result in cells if result.kind == kind]
        rows = [
            _overview_row(group, columns, names, published)
            for group in grouped(mine, group_key).values()
        ]
        others = grouped(published.missing(cells, kind), lambda each: each.system)
        gap = ["", *[ABSENT] * len(columns)]
        rest = [[name, *gap, *_means(each, names, published)] for name, each in others.items()]
        groups += [RowGroup(kind, rows), RowGroup(f"{kind}, only published", rest)]
    heads = [*LABELS, *columns]
    for splits, name in names.items():
        heads += [name, "published"] if _is_published(published, splits) else [name]
    notes = [ZSL.meaning, *other_table_notes([ZSL])]
    notes += [f"{key}: {MEANING[key]}" for key in ("family", "transductive")]
    notes += [f"{name}: of zsl over {', '.join(splits)}" for splits, name in names.items()]
    return Grid(
        title, len(LABELS), heads, nonempty(groups), [*notes, *published.notes, *row_notes(cells)]
    )


def _mean_label(splits: Splits, places: Sequence[SplitPlace]) -> str:
    place = next(place for place in places if place.published in splits)
    return f"{place.dataset} {place.family} mean of {len(splits)}"


def _is_published(published: LetteredNumbers, splits: Splits) -> bool:
    return any(each.splits == splits for each in published.numbers)


def _overview_row(
    group: Sequence[CellResult],
    columns: Sequence[str],
    names: dict[Splits, str],
    published: LetteredNumbers,
) -> list[str]:
    """One method on one encoder."""
    shown = {result.place: ZSL.of(flattened(result.numbers)) for result in group}
    cells = [method_label(group[0]), encoder_label(group[0])]
    cells += [shown.get(column, ABSENT) for column in columns]
    for splits in names:
        value = mean_over(group, splits)
        cells.append(ABSENT if value is None else f"{value:.2f}")
        if _is_published(published, splits):
            cells.append(published.beside(group[0], splits))
    return cells


def _means(
    figures: Sequence[PublishedNumber], names: dict[Splits, str], published: LetteredNumbers
) -> list[str]:
    """What one system printed, behind gaps for ours."""
    cells = []
    for splits in names:
        cells.append(ABSENT)
        if _is_published(published, splits):
            cells.append(published.cell(each for each in figures if each.splits == splits))
    return cells


def _detail(
    title: str,
    cells: Sequence[CellResult],
    places: Sequence[SplitPlace],
    columns: Sequence[Column],
    measure: str,
) -> Grid:
    """Every cell, beside what its method's authors printed for the same split."""
    here = [place.published for place in places if place.published]
    published = with_letters(each for each in published_for(here, measure) if len(each.splits) == 1)
    groups = [
        group
        for place in places
        for kind in (*KINDS, ORACLE)
        for group in _split_groups(place, cells, kind, columns, published)
    ]
    notes = [*(column.meaning for column in columns), *other_table_notes(columns), *published.notes]
    notes += [f"transductive: {MEANING['transductive']}", *row_notes(cells)]
    heads = [*LABELS, *(column.head for column in columns), "published"]
    return Grid(title, len(LABELS), heads, nonempty(groups), notes)


def _split_groups(
    place: SplitPlace,
    cells: Sequence[CellResult],
    kind: str,
    columns: Sequence[Column],
    published: LetteredNumbers,
) -> list[RowGroup]:
    """The cells of a split that are of a kind, and the systems that only others have run on it."""
    here = [result for result in cells if result.place == place.name]
    splits = (place.published,)
    rows = [
        [method_label(result), encoder_label(result)]
        + [each.of(flattened(result.numbers)) for each in columns]
        + [published.beside(result, splits)]
        for result in here
        if result.kind == kind
    ]
    gap = ["", *[ABSENT] * len(columns)]
    rest = [
        [each.system, *gap, published.cell([each])]
        for each in published.missing(here, kind)
        if each.splits == splits
    ]
    return [
        RowGroup(f"{place.name}, {kind} ({chance_and_clips(here)})" if here else "", rows),
        RowGroup(f"{place.name}, {kind}, only published", rest),
    ]
