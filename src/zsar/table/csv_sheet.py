"""All results as one csv file for programs, and the meaning of its columns."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zsar.table.columns import (
    FINETUNED,
    MEANING,
    ONE_SHOT_MEANING,
    PUBLISHED,
    PUBLISHED_RECOGNITION,
    RECOGNITION_MEANING,
    finetuned_meaning,
    per_cent,
)
from zsar.table.grid import grouped
from zsar.table.published import PublishedNumber, published_for
from zsar.table.results import CellResult, RecognitionResult, Results, flattened
from zsar.table.zero_shot_tables import group_key, mean_over, split_means

TASKS = {  # the measures that authors printed of each
    "zero-shot": ("zsl", "harmonic"),
    "one-shot": ("one_shot",),
    "recognition": ("linear", "retrieval", "supervised"),
}
PRINTED = "_printed_by_authors"
CAVEAT = "a letter leads to its caveat", "its caveat in brackets"
CSV_MEANING = {  # columns that no metrics file has, or that mean more here
    "task": "zero-shot, one-shot, or recognition of all classes",
    "dataset": "the data set",
    "split": "the split, or the protocol of recognition; empty in a mean over several splits",
    "encoder": "the encoder; empty in a row that only holds what was printed",
    "method": "the method; empty where the system is none of ours",
    "system": "the system that a row of printed numbers is of; empty in a row of our own numbers",
    "published": "the published name of the split, or all those that a mean is over; empty if it is"
    " nobody else's",
    "unseen_texts": "learns from the texts of unseen classes, too; of a printed row: as far as it"
    " is known",
    f"zsl{PRINTED}": PUBLISHED.replace(*CAVEAT),
    f"harmonic{PRINTED}": "the same for the harmonic mean of seen and unseen accuracy",
} | {
    f"{measure}{PRINTED}": words.replace(*CAVEAT)
    for measure, words in PUBLISHED_RECOGNITION.items()
}
SUFFIXES = {
    "_std": "standard deviation over seeds of",
    "_per_class": "from the means of the classes' own accuracies instead of all clips:",
    ".std": "standard deviation over seeds of",
    ".clips": "training clips behind",
}
CsvRow = dict[str, object]


def csv_sheet(found: Results) -> str:
    """A row per cell, then one per system and split (or splits) that no cell stands for."""
    return _csv(_rows(found))


def csv_meanings(found: Results) -> str:
    """Each column of the sheet of these results, and what it means."""
    heads = _heads(_rows(found))
    return _csv({"column": head, "meaning": meaning(head)} for head in heads)


def meaning(head: str) -> str:
    known = MEANING | ONE_SHOT_MEANING | RECOGNITION_MEANING | CSV_MEANING
    if head in known:
        return known[head]
    if head.startswith(FINETUNED) and head.endswith(".mean"):
        return finetuned_meaning(head.removeprefix(FINETUNED).removesuffix(".mean"))
    suffix = next(suffix for suffix in SUFFIXES if head.endswith(suffix))
    bare = head.removesuffix(suffix)
    if bare.startswith(FINETUNED):
        bare = f"{per_cent(bare.removeprefix(FINETUNED))} of the labels, fine-tuned"
    return f"{SUFFIXES[suffix]} {bare}"


def _csv(rows: Iterable[Mapping[str, object]]) -> str:
    every, file = list(rows), io.StringIO()
    writer = csv.DictWriter(file, _heads(every), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(every)
    return file.getvalue()


def _heads(rows: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(head for row in rows for head in row))


@dataclass(frozen=True)
class Entry:
    """A row of ours: a result, or a mean over several splits."""

    row: CsvRow
    splits: tuple[str, ...]
    result: CellResult | RecognitionResult


def _rows(found: Results) -> list[CsvRow]:
    names = [place.published for place in found.places if place.published]
    cells = [_entry("zero-shot", each) for each in found.cells]
    shots = [_entry("one-shot", each) for each in found.one_shot]
    encoders = [_entry("recognition", each) for each in found.recognition]
    return [
        *_task("zero-shot", [*cells, *_means(found)], names, found),
        *_task("one-shot", shots, found.protocols, found),
        *_task("recognition", encoders, found.protocols, found),
    ]


def _task(
    task: str, entries: Sequence[Entry], names: Sequence[str], found: Results
) -> Iterator[CsvRow]:
    """Our rows with what was printed beside them, then what is left of that."""
    figures, taken = published_for(names, *TASKS[task]), []
    for entry in entries:
        mine = [
            each
            for each in figures
            if each.splits == entry.splits and each.belongs_to(entry.result)
        ]
        taken += mine
        yield entry.row | _published_columns(mine, task)
    rest = [each for each in figures if each not in taken]
    for some in grouped(rest, lambda each: " ".join((each.system, *each.splits))).values():
        yield _published_row(some, task, found) | _published_columns(some, task)


def _entry(task: str, result: CellResult | RecognitionResult) -> Entry:
    row = _place(task, result) | flattened(result.numbers)
    return Entry(row, (result.published,), result)


def _place(task: str, result: CellResult | RecognitionResult) -> CsvRow:
    return {
        "task": task,
        "dataset": result.dataset,
        "split": result.split,
        "encoder": result.encoder,
        "method": result.method if isinstance(result, CellResult) else "",
        "system": "",
    }


def _means(found: Results) -> Iterator[Entry]:
    """Ours over all random splits of a data set and family."""
    for family, cells in grouped(found.cells, lambda result: result.family).items():
        for splits in split_means(cells, found.places):
            for group in grouped(cells, group_key).values():
                value = mean_over(group, splits)
                if value is not None:
                    one = next(each for each in group if each.published in splits)
                    more = {"split": "", "family": family, "published": " ".join(splits)}
                    same = ("transductive", "unseen_texts", "structured", "reads_labels")
                    numbers = {key: one.numbers[key] for key in same if key in one.numbers}
                    numbers |= {"zsl": value}
                    yield Entry(_place("zero-shot", one) | more | numbers, splits, one)


def _published_row(figures: Sequence[PublishedNumber], task: str, found: Results) -> CsvRow:
    """All that was printed of one system for a split or a protocol, or as a mean over several."""
    one = figures[0]
    place = next((each for each in found.places if each.published in one.splits), None)
    dataset, split = (place.dataset, place.split) if place else one.splits[0].split("/")
    return {
        "task": task,
        "dataset": dataset,
        "split": split if len(one.splits) == 1 else "",
        "method": one.method,
        "system": one.system,
        "transductive": one.transductive,
        "unseen_texts": one.unseen_texts,
        "family": place.family if place else "",
        "published": " ".join(one.splits) if place else "",
    }


def _published_columns(figures: Sequence[PublishedNumber], task: str) -> CsvRow:
    return {
        f"{measure}{PRINTED}": ", ".join(
            f"{each.value:.2f} ({each.caveat})" if each.caveat else f"{each.value:.2f}"
            for each in figures
            if each.measure == measure
        )
        for measure in TASKS[task]
        if task == "zero-shot" or figures
    }
