"""Every value as one sheet for programs, and what its columns mean."""

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
    finetuned,
    per_cent,
)
from zsar.table.grid import grouped
from zsar.table.layout import alike, mean, means
from zsar.table.published import Figure, known
from zsar.table.results import Findings, Recognition, Result, flat

TASKS = {  # the measures that authors printed of each
    "zero-shot": ("zsl", "harmonic"),
    "one-shot": ("one_shot",),
    "recognition": ("linear", "retrieval", "supervised"),
}
PRINTED = "_printed_by_authors"
CAVEAT = "a letter leads to its caveat", "its caveat in brackets"
ALSO = {  # columns that no metrics file has, or that mean more here
    "task": "zero-shot, one-shot, or recognition of all classes",
    "dataset": "the data set",
    "split": "the split, or the protocol of recognition; empty in a mean over several splits",
    "encoder": "the encoder; empty in a row that only holds what was printed",
    "method": "the method; empty where the system is none of ours",
    "system": "the system that a row of printed numbers is of; empty in a row of our own numbers",
    "published": "the published name of the split, or all those that a mean is over; empty if it is"
    " nobody else's",
    "unseen_texts": "of a printed row: known to be trained with the texts of unseen classes",
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
Row = dict[str, object]


def sheet(found: Findings) -> str:
    """A row per cell, then one per system and split (or splits) that no cell stands for."""
    return _csv(_rows(found))


def meanings(found: Findings) -> str:
    """Each column of the sheet of these results, and what it means."""
    heads = _heads(_rows(found))
    return _csv({"column": head, "meaning": meaning(head)} for head in heads)


def meaning(head: str) -> str:
    said = MEANING | ONE_SHOT_MEANING | RECOGNITION_MEANING | ALSO
    if head in said:
        return said[head]
    if head.startswith(FINETUNED) and head.endswith(".mean"):
        return finetuned(head.removeprefix(FINETUNED).removesuffix(".mean"))
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

    row: Row
    splits: tuple[str, ...]
    result: Result | Recognition


def _rows(found: Findings) -> list[Row]:
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
    task: str, entries: Sequence[Entry], names: Sequence[str], found: Findings
) -> Iterator[Row]:
    """Our rows with what was printed beside them, then what is left of that."""
    figures, taken = known(names, *TASKS[task]), []
    for entry in entries:
        mine = [
            each
            for each in figures
            if each.splits == entry.splits and each.belongs_to(entry.result)
        ]
        taken += mine
        yield entry.row | _printed(mine, task)
    rest = [each for each in figures if each not in taken]
    for some in grouped(rest, lambda each: " ".join((each.system, *each.splits))).values():
        yield _theirs(some, task, found) | _printed(some, task)


def _entry(task: str, result: Result | Recognition) -> Entry:
    row = _place(task, result) | flat(result.numbers)
    return Entry(row, (result.published,), result)


def _place(task: str, result: Result | Recognition) -> Row:
    return {
        "task": task,
        "dataset": result.dataset,
        "split": result.split,
        "encoder": result.encoder,
        "method": result.method if isinstance(result, Result) else "",
        "system": "",
    }


def _means(found: Findings) -> Iterator[Entry]:
    """Ours over all random splits of a data set and family."""
    for family, cells in grouped(found.cells, lambda result: result.family).items():
        for splits in means(cells, found.places):
            for group in grouped(cells, alike).values():
                value = mean(group, splits)
                if value is not None:
                    one = next(each for each in group if each.published in splits)
                    more = {"split": "", "family": family, "published": " ".join(splits)}
                    numbers = {"zsl": value, "transductive": one.numbers["transductive"]}
                    yield Entry(_place("zero-shot", one) | more | numbers, splits, one)


def _theirs(figures: Sequence[Figure], task: str, found: Findings) -> Row:
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


def _printed(figures: Sequence[Figure], task: str) -> Row:
    return {
        f"{measure}{PRINTED}": ", ".join(
            f"{each.value:.2f} ({each.caveat})" if each.caveat else f"{each.value:.2f}"
            for each in figures
            if each.measure == measure
        )
        for measure in TASKS[task]
        if task == "zero-shot" or figures
    }
