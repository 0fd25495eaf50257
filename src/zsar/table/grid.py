"""A table before it is rendered: groups of rows, and the notes below."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from zsar.config.settings import without_layers
from zsar.table.columns import MEANING, encoder_notes
from zsar.table.results import QUIRKS, CellResult, RecognitionResult

Item = TypeVar("Item")
MARK = "†"
STRUCTURED = "‡"  # beside methods that read structured descriptions
UNSEEN_TEXTS = "§"  # beside those that learn from texts of unseen classes, too


@dataclass(frozen=True)
class RowGroup:
    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Grid:
    title: str
    words: int  # columns of words, before those of numbers
    heads: list[str]
    groups: list[RowGroup]
    notes: list[str]


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def nonempty(groups: Iterable[RowGroup]) -> list[RowGroup]:
    return [group for group in groups if group.rows]


def encoder_label(result: CellResult | RecognitionResult) -> str:
    """The encoder as a row names it: with its data set where that has settings of its own."""
    where = (
        f" on {with_mark(result.dataset)}"
        if result.dataset != without_layers(result.dataset)
        else ""
    )
    return f"{with_mark(result.encoder)}{where}"


def method_label(result: CellResult) -> str:
    """The method as a row names it, with its marks."""
    structured = f" {STRUCTURED}" if result.structured else ""
    texts = f" {UNSEEN_TEXTS}" if result.numbers.get("unseen_texts") else ""
    return f"{with_mark(result.method)}{structured}{texts}"


def with_mark(name: str) -> str:
    return f"{name} {MARK}" if QUIRKS in name.split("+")[1:] else name


def row_notes(results: Sequence[CellResult]) -> list[str]:
    """Notes about encoders, side information and settings in the rows of these results."""
    notes = encoder_notes(without_layers(each.encoder) for each in results)
    if any(each.structured for each in results):
        notes.append(f"{STRUCTURED}: {MEANING['structured']}")
    if any(each.numbers.get("unseen_texts") for each in results):
        notes.append(f"{UNSEEN_TEXTS}: learns from the texts of unseen classes, too")
    return [*notes, *quirk_notes(results)]


def quirk_notes(results: Sequence[CellResult | RecognitionResult]) -> list[str]:
    names = [encoder_label(each) for each in results]
    names += [with_mark(each.method) for each in results if isinstance(each, CellResult)]
    shown = any(MARK in name for name in names)
    return [f"{MARK}: settings as published, quirks included"] if shown else []


def chance_and_clips(cells: Sequence[CellResult]) -> str:
    """The accuracy of guessing and the number of clips, which settings may leave out, and of whole
    runs; seeds of older numbers share an encoder."""
    chance = dict.fromkeys(f"{each.numbers['chance']:.2f}" for each in cells)
    clips = dict.fromkeys(str(each.numbers["clips"]) for each in cells)
    runs = dict.fromkeys(_runs(each.numbers) for each in cells)
    return f"chance {' or '.join(chance)}, {' or '.join(clips)} unseen clips, {' or '.join(runs)}"


def _runs(numbers: Mapping[str, Any]) -> str:
    seeds = numbers["seeds"]
    counted = f"{seeds} whole run{'s' if seeds > 1 else ''}"
    return counted if "encoders" in numbers else f"{seeds} seeds with one encoder"
