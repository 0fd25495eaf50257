"""Every value as one sheet for programs, and what its columns mean."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from zsar.table.columns import MEANING, PUBLISHED
from zsar.table.published import Figure, known
from zsar.table.results import Result, flat

PRINTED = {"zsl": "zsl_printed_by_authors", "harmonic": "harmonic_printed_by_authors"}
ALSO = {  # columns that no metrics file has, or that mean more here
    "dataset": "the data set",
    "split": "the split; empty where authors printed a mean over several",
    "encoder": "the encoder; empty in a row that only holds what was printed",
    "method": "the method; empty where the system is none of ours",
    "system": "the system that a row of printed numbers is of; empty in a row of our own numbers",
    "published": "the published name of the split, or all those that a printed mean is over; empty"
    " if it is nobody else's",
    PRINTED["zsl"]: PUBLISHED.replace("a letter leads to its caveat", "its caveat in brackets"),
    PRINTED["harmonic"]: "the same for the harmonic mean of seen and unseen accuracy",
}
SUFFIXES = {
    "_std": "standard deviation over seeds of",
    "_per_class": "from the means of the classes' own accuracies instead of all clips:",
}


def sheet(results: Sequence[Result]) -> str:
    """A row per cell, then a row per system and split (or splits) that no cell stands for."""
    return _csv(_rows(results))


def meanings(results: Sequence[Result]) -> str:
    """Each column of the sheet of these results, and what it means."""
    heads = _heads(_rows(results))
    return _csv({"column": head, "meaning": meaning(head)} for head in heads)


def meaning(head: str) -> str:
    said = MEANING | ALSO
    if head in said:
        return said[head]
    suffix = next(suffix for suffix in SUFFIXES if head.endswith(suffix))
    return f"{SUFFIXES[suffix]} {head.removesuffix(suffix)}"


def _csv(rows: Iterable[Mapping[str, object]]) -> str:
    every, file = list(rows), io.StringIO()
    writer = csv.DictWriter(file, _heads(every), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(every)
    return file.getvalue()


def _heads(rows: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(head for row in rows for head in row))


def _rows(results: Sequence[Result]) -> list[dict[str, object]]:
    figures = [each for measure in PRINTED for each in known(results, measure)]
    beside = [[each for each in figures if _stands_beside(each, result)] for result in results]
    taken = [each for mine in beside for each in mine]
    rest: dict[tuple[str, ...], list[Figure]] = {}
    for each in figures:
        if each not in taken:
            rest.setdefault((each.system, *each.splits), []).append(each)
    ours = [_ours(result, mine) for result, mine in zip(results, beside, strict=True)]
    return [*ours, *(_theirs(each, results) for each in rest.values())]


def _stands_beside(figure: Figure, result: Result) -> bool:
    return figure.splits == (result.published,) and figure.belongs_to(result)


def _ours(result: Result, figures: Sequence[Figure]) -> dict[str, object]:
    place = {
        "dataset": result.dataset,
        "split": result.split,
        "encoder": result.encoder,
        "method": result.method,
        "system": "",
    }
    return place | flat(result.numbers) | _printed(figures)


def _theirs(figures: Sequence[Figure], results: Sequence[Result]) -> dict[str, object]:
    """All that was printed of one system for a split, or as a mean over several."""
    one = figures[0]
    here = next(result for result in results if result.published in one.splits)
    return {
        "dataset": here.dataset,
        "split": here.split if len(one.splits) == 1 else "",
        "method": one.method,
        "system": one.system,
        "transductive": one.transductive,
        "family": here.family,
        "published": " ".join(one.splits),
    } | _printed(figures)


def _printed(figures: Sequence[Figure]) -> dict[str, object]:
    return {
        head: ", ".join(
            f"{each.value:.2f} ({each.caveat})" if each.caveat else f"{each.value:.2f}"
            for each in figures
            if each.measure == measure
        )
        for measure, head in PRINTED.items()
    }
