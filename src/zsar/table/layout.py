"""Which number stands where: grids of one family of splits, inductive and transductive apart."""

from collections.abc import Sequence

from zsar.table.columns import ABSENT, GATE, MEANING, STACKING, ZERO_SHOT, ZSL, Column, elsewhere
from zsar.table.grid import Block, Grid, chances, encoder, filled, grouped, marked, remarks
from zsar.table.published import Figure, Printed, known, printed
from zsar.table.results import KINDS, Findings, Place, Result, base, flat, random_splits

LABELS = ("method", "encoder")
Splits = tuple[str, ...]  # published names


def zero_shot(found: Findings) -> list[Grid]:
    """For each family of splits all cells at a glance, then zero-shot and generalised in detail."""
    grids = []
    for family, places in grouped(found.places, lambda place: place.family).items():
        mine = [each for each in found.cells if each.family == family]
        ours = [place for place in places if any(each.place == place.name for each in mine)]
        grids += [
            _overview(f"{family} splits at a glance", mine, places),
            _detail(f"{family} splits, zero-shot", mine, places, ZERO_SHOT, "zsl"),
            _detail(f"{family} splits, generalised by the gate", mine, places, GATE, "harmonic"),
            _detail(f"{family} splits, generalised by stacking", mine, ours, STACKING, "harmonic"),
        ]
    return [grid for grid in grids if grid.blocks]


def means(cells: Sequence[Result], places: Sequence[Place]) -> dict[Splits, str]:
    """Random splits of a data set and family to average over, all of which exist, by our name."""
    here = {each.published for each in cells}
    found = {}
    for place in places:
        splits = random_splits(place.dataset).get(place.family, ())
        if splits and here.issuperset(splits):
            found[splits] = f"{place.dataset} {place.family} mean of {len(splits)}"
    return found


def alike(result: Result) -> str:
    """Cells of which are averaged together: one method, one encoder, the same settings."""
    layered = result.dataset if result.dataset != base(result.dataset) else ""
    return f"{result.method} {result.encoder} {layered}"


def mean(group: Sequence[Result], splits: Splits) -> float | None:
    """Of zsl, where the group has all of the splits."""
    found = {result.published: result.numbers["zsl"] for result in group}
    if not found.keys() >= set(splits):
        return None
    return sum(found[each] for each in splits) / len(splits)


def _overview(title: str, cells: Sequence[Result], places: Sequence[Place]) -> Grid:
    """One number a cell; means over random splits, and what authors printed of such means."""
    columns = list(grouped(cells, lambda result: result.place))
    here = [place.published for place in places if place.published]
    theirs = printed(each for each in known(here, "zsl") if len(each.splits) > 1)
    names = {each.splits: _named(each.splits, places) for each in theirs.figures}
    names = means(cells, places) | names
    blocks = []
    for kind in KINDS:
        mine = [result for result in cells if result.kind == kind]
        rows = [_glance(group, columns, names, theirs) for group in grouped(mine, alike).values()]
        others = grouped(theirs.missing(cells, kind), lambda each: each.system)
        gap = ["", *[ABSENT] * len(columns)]
        rest = [[name, *gap, *_means(each, names, theirs)] for name, each in others.items()]
        blocks += [Block(kind, rows), Block(f"{kind}, only published", rest)]
    heads = [*LABELS, *columns]
    for splits, name in names.items():
        heads += [name, "published"] if _has(theirs, splits) else [name]
    notes = [ZSL.meaning, *elsewhere([ZSL])]
    notes += [f"{key}: {MEANING[key]}" for key in ("family", "transductive")]
    notes += [f"{name}: of zsl over {', '.join(splits)}" for splits, name in names.items()]
    return Grid(title, len(LABELS), heads, filled(blocks), [*notes, *theirs.notes, *remarks(cells)])


def _named(splits: Splits, places: Sequence[Place]) -> str:
    place = next(place for place in places if place.published in splits)
    return f"{place.dataset} {place.family} mean of {len(splits)}"


def _has(theirs: Printed, splits: Splits) -> bool:
    return any(each.splits == splits for each in theirs.figures)


def _glance(
    group: Sequence[Result], columns: Sequence[str], names: dict[Splits, str], theirs: Printed
) -> list[str]:
    """One method on one encoder."""
    shown = {result.place: ZSL.of(flat(result.numbers)) for result in group}
    cells = [marked(group[0].method), encoder(group[0])]
    cells += [shown.get(column, ABSENT) for column in columns]
    for splits in names:
        value = mean(group, splits)
        cells.append(ABSENT if value is None else f"{value:.2f}")
        if _has(theirs, splits):
            cells.append(theirs.beside(group[0], splits))
    return cells


def _means(figures: Sequence[Figure], names: dict[Splits, str], theirs: Printed) -> list[str]:
    """What one system printed, behind gaps for ours."""
    cells = []
    for splits in names:
        cells.append(ABSENT)
        if _has(theirs, splits):
            cells.append(theirs.cell(each for each in figures if each.splits == splits))
    return cells


def _detail(
    title: str,
    cells: Sequence[Result],
    places: Sequence[Place],
    columns: Sequence[Column],
    measure: str,
) -> Grid:
    """Every cell, beside what its method's authors printed for the same split."""
    here = [place.published for place in places if place.published]
    theirs = printed(each for each in known(here, measure) if len(each.splits) == 1)
    blocks = [
        block
        for place in places
        for kind in KINDS
        for block in _blocks(place, cells, kind, columns, theirs)
    ]
    notes = [*(column.meaning for column in columns), *elsewhere(columns), *theirs.notes]
    notes += [f"transductive: {MEANING['transductive']}", *remarks(cells)]
    heads = [*LABELS, *(column.head for column in columns), "published"]
    return Grid(title, len(LABELS), heads, filled(blocks), notes)


def _blocks(
    place: Place, cells: Sequence[Result], kind: str, columns: Sequence[Column], theirs: Printed
) -> list[Block]:
    """The cells of a split that are of a kind, and the systems that only others have run on it."""
    here = [result for result in cells if result.place == place.name]
    splits = (place.published,)
    rows = [
        [marked(result.method), encoder(result)]
        + [each.of(flat(result.numbers)) for each in columns]
        + [theirs.beside(result, splits)]
        for result in here
        if result.kind == kind
    ]
    gap = ["", *[ABSENT] * len(columns)]
    rest = [
        [each.system, *gap, theirs.cell([each])]
        for each in theirs.missing(here, kind)
        if each.splits == splits
    ]
    return [
        Block(f"{place.name}, {kind} ({chances(here)})" if here else "", rows),
        Block(f"{place.name}, {kind}, only published", rest),
    ]
