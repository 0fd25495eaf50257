"""Which number stands where: grids of one family of splits, inductive and transductive apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TypeVar

from zsar.table.columns import (
    ABSENT,
    ENCODERS,
    GENERALISED,
    MEANING,
    PUBLISHED,
    ZERO_SHOT,
    Column,
)
from zsar.table.published import Figure, figures
from zsar.table.results import Result, flat

LABELS = ("method", "encoder")  # columns of words, before those of numbers
KINDS = ("inductive", "transductive")
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


@dataclass(frozen=True)
class Printed:
    """The published numbers of one measure, and a letter for each caveat."""

    figures: list[Figure]
    letters: dict[str, str]

    def of(self, method: str, splits: Splits) -> str:
        mine = [each for each in self.figures if each.splits == splits and each.method == method]
        return ", ".join(map(self.cell, mine)) or ABSENT

    def cell(self, figure: Figure) -> str:
        letter = f" ({self.letters[figure.caveat]})" if figure.caveat else ""
        return f"{figure.value:.2f}{letter}"

    @property
    def notes(self) -> list[str]:
        caveats = [f"({letter}) {caveat}" for caveat, letter in self.letters.items()]
        return [f"published: {PUBLISHED}", *caveats] if self.figures else []


def grids(results: Sequence[Result]) -> list[Grid]:
    """For each family of splits all cells at a glance, then zero-shot and generalised in detail."""
    return [
        grid
        for family, mine in grouped(results, lambda result: result.family).items()
        for grid in (
            _overview(f"{family} splits at a glance", mine),
            _detail(f"{family} splits, zero-shot", mine, ZERO_SHOT, "zsl"),
            _detail(f"{family} splits, generalised", mine, GENERALISED, "harmonic"),
        )
    ]


def printed(measure: str, results: Sequence[Result]) -> Printed:
    """What was printed for splits that are all among these."""
    here = {result.published for result in results}
    shown = [each for each in figures() if each.measure == measure and here.issuperset(each.splits)]
    caveats = dict.fromkeys(each.caveat for each in shown if each.caveat)
    return Printed(shown, dict(zip(caveats, ascii_lowercase, strict=False)))


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _overview(title: str, results: Sequence[Result]) -> Grid:
    """One number a cell; where authors printed a mean over splits, ours over the same ones."""
    places, known = list(grouped(results, lambda result: result.place)), printed("zsl", results)
    means = list(dict.fromkeys(each.splits for each in known.figures if len(each.splits) > 1))
    blocks = []
    for kind in KINDS:
        mine = [result for result in results if result.kind == kind]
        rows = []
        for group in grouped(mine, lambda result: f"{result.method} {result.encoder}").values():
            shown = {result.place: _first(result) for result in group}
            cells = [shown.get(place, ABSENT) for place in places]
            for splits in means:
                cells += [_mean(group, splits), known.of(group[0].method, splits)]
            rows.append([group[0].method, group[0].encoder, *cells])
        blocks.append(Block(kind, rows))
    heads = [head for splits in means for head in (f"mean of {len(splits)}", "published")]
    notes = [f"{key}: {MEANING[key]}" for key in ("zsl", "family", "transductive")]
    notes += [f"mean of {len(splits)}: of zsl over {', '.join(splits)}" for splits in means]
    notes += _taught(results)
    return Grid(title, [*LABELS, *places, *heads], _filled(blocks), notes)


def _first(result: Result) -> str:
    return ZERO_SHOT[0].of(flat(result.numbers))


def _mean(group: Sequence[Result], splits: Splits) -> str:
    found = {result.published: result.numbers["zsl"] for result in group}
    if not found.keys() >= set(splits):
        return ABSENT
    return f"{sum(found[each] for each in splits) / len(splits):.2f}"


def _detail(title: str, results: Sequence[Result], columns: Sequence[Column], measure: str) -> Grid:
    """Every cell, beside what its method's authors printed for the same split."""
    known = printed(measure, results)
    blocks = [
        block
        for here in grouped(results, lambda result: result.place).values()
        for block in _blocks(here, columns, known)
    ]
    notes = [column.meaning for column in columns] + known.notes
    notes += [f"transductive: {MEANING['transductive']}", *_taught(results)]
    heads = [*LABELS, *(column.head for column in columns), "published"]
    return Grid(title, heads, _filled(blocks), notes)


def _blocks(here: Sequence[Result], columns: Sequence[Column], known: Printed) -> list[Block]:
    """The cells of one split, and the systems that only others have run on it."""
    splits, ours = (here[0].published,), {result.method for result in here}
    chance, clips = here[0].numbers["chance"], here[0].numbers["clips"]
    blocks = []
    for kind in KINDS:
        rows = [
            [result.method, result.encoder, *(each.of(flat(result.numbers)) for each in columns)]
            + [known.of(result.method, splits)]
            for result in here
            if result.kind == kind
        ]
        size = f"chance {chance:.2f}, {clips} unseen clips"
        blocks.append(Block(f"{here[0].place}, {kind} ({size})", rows))
    gap = [""] * (len(columns) + 1)
    rest = [
        [each.system, *gap, known.cell(each)]
        for each in known.figures
        if each.splits == splits and each.method not in ours
    ]
    return [*blocks, Block(f"{here[0].place}, only published", rest)]


def _taught(results: Sequence[Result]) -> list[str]:
    """What the encoders that are shown have learnt from, where that needs saying."""
    shown = {result.encoder for result in results}
    return [f"{name}: {said}" for name, said in ENCODERS.items() if name in shown]


def _filled(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block.rows]
