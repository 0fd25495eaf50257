"""Which number stands where: grids of one family of splits, inductive and transductive apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zsar.table.columns import (
    ABSENT,
    GATE,
    MEANING,
    STACKING,
    ZERO_SHOT,
    ZSL,
    Column,
    elsewhere,
    taught,
)
from zsar.table.published import Figure, Printed, known, printed
from zsar.table.results import KINDS, Result, flat

LABELS = ("method", "encoder")  # columns of words, before those of numbers
Item = TypeVar("Item")
Splits = tuple[str, ...]  # published names


@dataclass(frozen=True)
class Block:
    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Grid:
    title: str
    heads: list[str]
    blocks: list[Block]
    notes: list[str]


def grids(results: Sequence[Result]) -> list[Grid]:
    """For each family of splits all cells at a glance, then zero-shot and generalised in detail."""
    return [
        grid
        for family, mine in grouped(results, lambda result: result.family).items()
        for grid in (
            _overview(f"{family} splits at a glance", mine),
            _detail(f"{family} splits, zero-shot", mine, ZERO_SHOT, "zsl"),
            _detail(f"{family} splits, generalised by the gate", mine, GATE, "harmonic"),
            _detail(f"{family} splits, generalised by stacking", mine, STACKING, "harmonic"),
        )
    ]


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _overview(title: str, results: Sequence[Result]) -> Grid:
    """One number a cell; where authors printed a mean over splits, ours over the same ones."""
    places = list(grouped(results, lambda result: result.place))
    theirs = printed(each for each in known(results, "zsl") if len(each.splits) > 1)
    means = list(dict.fromkeys(each.splits for each in theirs.figures))
    blocks = []
    for kind in KINDS:
        mine = [result for result in results if result.kind == kind]
        groups = grouped(mine, lambda result: f"{result.method} {result.encoder}").values()
        rows = [_glance(group, places, means, theirs) for group in groups]
        others = grouped(theirs.missing(results, kind), lambda each: each.system)
        gap = [""] * (len(places) + 1)
        rest = [[name, *gap, *_means(each, means, theirs)] for name, each in others.items()]
        blocks += [Block(kind, rows), Block(f"{kind}, only published", rest)]
    names = {f"{_dataset(results, each)} mean of {len(each)}": each for each in means}
    heads = [*LABELS, *places, *(head for name in names for head in (name, "published"))]
    notes = [ZSL.meaning, *elsewhere([ZSL])]
    notes += [f"{key}: {MEANING[key]}" for key in ("family", "transductive")]
    notes += [f"{name}: of zsl over {', '.join(splits)}" for name, splits in names.items()]
    notes += [*theirs.notes, *taught(each.encoder for each in results)]
    return Grid(title, heads, _filled(blocks), notes)


def _glance(
    group: Sequence[Result], places: Sequence[str], means: Sequence[Splits], theirs: Printed
) -> list[str]:
    """One method on one encoder."""
    shown = {result.place: ZSL.of(flat(result.numbers)) for result in group}
    cells = [group[0].method, group[0].encoder, *(shown.get(place, ABSENT) for place in places)]
    for splits in means:
        cells += [_mean(group, splits), theirs.beside(group[0], splits)]
    return cells


def _means(figures: Sequence[Figure], means: Sequence[Splits], theirs: Printed) -> list[str]:
    """What one system printed, behind gaps for ours."""
    return [
        cell
        for splits in means
        for cell in ("", theirs.cell(each for each in figures if each.splits == splits))
    ]


def _dataset(results: Sequence[Result], splits: Splits) -> str:
    return next(result.dataset for result in results if result.published in splits)


def _mean(group: Sequence[Result], splits: Splits) -> str:
    found = {result.published: result.numbers["zsl"] for result in group}
    if not found.keys() >= set(splits):
        return ABSENT
    return f"{sum(found[each] for each in splits) / len(splits):.2f}"


def _detail(title: str, results: Sequence[Result], columns: Sequence[Column], measure: str) -> Grid:
    """Every cell, beside what its method's authors printed for the same split."""
    theirs = printed(each for each in known(results, measure) if len(each.splits) == 1)
    blocks = [
        block
        for here in grouped(results, lambda result: result.place).values()
        for kind in KINDS
        for block in _blocks(here, kind, columns, theirs)
    ]
    notes = [*(column.meaning for column in columns), *elsewhere(columns), *theirs.notes]
    notes += [f"transductive: {MEANING['transductive']}", *taught(each.encoder for each in results)]
    heads = [*LABELS, *(column.head for column in columns), "published"]
    return Grid(title, heads, _filled(blocks), notes)


def _blocks(
    here: Sequence[Result], kind: str, columns: Sequence[Column], theirs: Printed
) -> list[Block]:
    """The cells of a split that are of a kind, and the systems that only others have run on it."""
    splits, place = (here[0].published,), here[0].place
    chance, clips = here[0].numbers["chance"], here[0].numbers["clips"]
    rows = [
        [result.method, result.encoder, *(each.of(flat(result.numbers)) for each in columns)]
        + [theirs.beside(result, splits)]
        for result in here
        if result.kind == kind
    ]
    gap = [""] * (len(columns) + 1)
    rest = [
        [each.system, *gap, theirs.cell([each])]
        for each in theirs.missing(here, kind)
        if each.splits == splits
    ]
    return [
        Block(f"{place}, {kind} (chance {chance:.2f}, {clips} unseen clips)", rows),
        Block(f"{place}, {kind}, only published", rest),
    ]


def _filled(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block.rows]
