"""One table before it is laid out: rows in blocks, and the notes under them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zsar.table.columns import taught
from zsar.table.results import QUIRKS, Recognition, Result, base

Item = TypeVar("Item")
MARK = "†"


@dataclass(frozen=True)
class Block:
    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Grid:
    title: str
    words: int  # columns of words, before those of numbers
    heads: list[str]
    blocks: list[Block]
    notes: list[str]


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def filled(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block.rows]


def encoder(result: Result | Recognition) -> str:
    """The encoder as a row names it: with its data set where that has settings of its own."""
    where = f" on {marked(result.dataset)}" if result.dataset != base(result.dataset) else ""
    return f"{marked(result.encoder)}{where}"


def marked(name: str) -> str:
    return f"{name} {MARK}" if QUIRKS in name.split("+")[1:] else name


def remarks(results: Sequence[Result]) -> list[str]:
    """What the names in the rows of these need to have said of them."""
    return [*taught(base(each.encoder) for each in results), *quirks(results)]


def quirks(results: Sequence[Result | Recognition]) -> list[str]:
    names = [encoder(each) for each in results]
    names += [marked(each.method) for each in results if isinstance(each, Result)]
    shown = any(MARK in name for name in names)
    return [f"{MARK}: settings as published, quirks included"] if shown else []


def chances(cells: Sequence[Result]) -> str:
    """What guessing gives, and of how many clips; settings may leave out some."""
    chance = dict.fromkeys(f"{each.numbers['chance']:.2f}" for each in cells)
    clips = dict.fromkeys(str(each.numbers["clips"]) for each in cells)
    return f"chance {' or '.join(chance)}, {' or '.join(clips)} unseen clips"
