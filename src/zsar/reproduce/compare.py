"""The table of a study: our numbers beside the published ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from zsar import dataset_info
from zsar.config.config import Config
from zsar.config.settings import without_layers
from zsar.reproduce.run import StudyResults
from zsar.reproduce.study import Study, StudyRun
from zsar.table import aligned, wrapped
from zsar.table.published import PublishedNumber, published_numbers

Values = tuple[float | None, float | None, tuple[float, float] | None, float | None]
HEADS = ["", "texts", "split", "ours", "95 %", "as published", "printed", "difference"]
MEANING = [
    "ours: per cent, the epoch chosen in the validation phase; mean over seeds ± deviation",
    "as published: ours with the epoch that is best on the test clips, as papers report it;"
    " never a result",
    "difference: ours as published minus printed, in points",
]


@dataclass(frozen=True)
class StudyRow:
    """A number of ours, and what it is compared with."""

    name: str
    place: str
    measure: str
    ours: float | None
    deviation: float | None
    interval: tuple[float, float] | None
    optimistic: float | None

    text: str
    systems: tuple[str, ...] | None  # whose printed numbers stand beside; None: of our name for it
    splits: tuple[str, ...]  # published names of those that it is of

    def printed(self) -> list[PublishedNumber]:
        """By the authors of the same system, of the same splits."""
        return [
            each
            for each in published_numbers()
            if each.measure == self.measure
            and sorted(each.splits) == sorted(self.splits)
            and each.method == without_layers(self.name.split()[0])
            and (self.systems is None or each.system in self.systems)
        ]


def table_lines(
    study: Study, runs: Sequence[StudyRun], found: StudyResults, config: Config
) -> list[str]:
    """The table of a study, its means over random splits, and its notes."""
    rows = [row for run in runs for row in _rows(run, found.get(run.name, {}), config)]
    listed = [(row, row.printed()) for row in [*rows, *_means(rows)]]
    caveats = dict.fromkeys(each.caveat for _, shown in listed for each in shown if each.caveat)
    letters = {caveat: f"({chr(ord('a') + k)})" for k, caveat in enumerate(caveats)}
    table = [HEADS, *(_line(row, shown, letters) for row, shown in listed)]
    done = sum(run.name in found for run in runs)
    notes = [
        *MEANING,
        *study.caveats,
        *(f"{letter} {caveat}" for caveat, letter in letters.items()),
        *_changes([found[run.name] for run in runs if run.name in found]),
    ]
    head = [study.title, study.cites, f"{done} of {len(runs)} runs are done", ""]
    return [*head, *aligned(table, words=3), "", *wrapped(notes)]


def _changes(entries: Sequence[dict[str, Any]]) -> list[str]:
    """The values of --set and --seeds that these numbers were made with."""
    changes = dict.fromkeys(
        ", ".join(f"{name} = {value!r}" for name, value in entry.get("changes", {}).items())
        for entry in entries
    )
    return [f"made with {each}" for each in changes if each]


def _rows(run: StudyRun, found: dict[str, Any], config: Config) -> list[StudyRow]:
    cell = run.cell
    if run.tasks:
        return [_recognition(run, task, found.get(task)) for task in run.tasks]
    known = dataset_info.dataset_info(cell.dataset, config.dataset(cell.dataset))
    split = known.splits.get(without_layers(cell.split))
    published = split.published if split else ""
    place = f"{cell.dataset}/{cell.split}"
    rows = [_zero_shot(run, place, published, found.get("zero_shot"))]
    if run.generalised:
        rows.append(_harmonic(run, place, published, found.get("zero_shot")))
    if run.one_shot:
        rows.append(_one_shot(run, place, found.get("one_shot")))
    return rows


def _zero_shot(run: StudyRun, place: str, published: str, found: dict[str, Any] | None) -> StudyRow:
    values = _values(found, "zsl", "zsl_as_published")
    return StudyRow(run.cell.method, place, "zsl", *values, run.text, run.printed, (published,))


def _harmonic(run: StudyRun, place: str, published: str, found: dict[str, Any] | None) -> StudyRow:
    """The gate's mean of seen and unseen, fitted in the validation phase, here as there."""
    gate = found["gzsl"]["gate"] if found else None
    values = _values(gate, "harmonic", "harmonic")
    name = f"{run.cell.method} H"
    return StudyRow(name, place, "harmonic", *values, run.text, run.printed, (published,))


def _one_shot(run: StudyRun, place: str, found: dict[str, Any] | None) -> StudyRow:
    values, split = _values(found, "one_shot", "one_shot_as_published"), without_layers(place)
    name = f"{run.cell.method} one-shot"
    return StudyRow(name, place, "one_shot", *values, run.text, run.printed, (split,))


def _values(found: dict[str, Any] | None, name: str, best: str) -> Values:
    """A number with its deviation and interval, and the one that is best on the test clips."""
    if found is None:
        return None, None, None, None
    interval = (found[f"{name}_low"], found[f"{name}_high"])
    return found[name], found[f"{name}_std"], interval, found[best]


def _recognition(run: StudyRun, task: str, found: dict[str, Any] | None) -> StudyRow:
    place = f"{run.cell.dataset}/{run.cell.split}"
    ours = deviation = best = None
    if found is not None and task == "linear":
        ours, deviation = found["linear_last"]["mean"], found["linear_last"]["std"]
        best = found["linear_as_published"]["mean"]
    elif found is not None and task == "retrieval":
        ours, deviation = found["retrieval_1nn"]["mean"], found["retrieval_1nn"]["std"]
        best = ours
    elif found is not None:  # fine-tuned, with all labels
        ours, deviation = found["finetuned"]["1"]["mean"], found["finetuned"]["1"]["std"]
        best = ours
    name = f"{run.cell.encoder} {task}"
    return StudyRow(name, place, task, ours, deviation, None, best, "", run.printed, (place,))


def _means(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Over the random splits of a data set, for each method that has several."""
    groups: dict[tuple[str, str, str], list[StudyRow]] = {}
    for row in rows:
        family, _, number = without_layers(row.place).rpartition("_")
        if row.measure == "zsl" and family and number.isdigit():
            groups.setdefault((row.name, row.text, family), []).append(row)
    return [_mean(some, family) for (*_, family), some in groups.items() if len(some) > 1]


def _mean(rows: Sequence[StudyRow], family: str) -> StudyRow:
    return replace(
        rows[0],
        place=f"{family}, mean of {len(rows)}",
        ours=_average([row.ours for row in rows]),
        deviation=None,
        interval=None,
        optimistic=_average([row.optimistic for row in rows]),
        splits=tuple(split for row in rows for split in row.splits),
    )


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if values and len(known) == len(values) else None


def _line(row: StudyRow, shown: Sequence[PublishedNumber], letters: dict[str, str]) -> list[str]:
    ours = "-" if row.ours is None else f"{row.ours:.2f}"
    if row.deviation is not None:
        ours += f" ± {row.deviation:.2f}"
    interval = "{:.1f} to {:.1f}".format(*row.interval) if row.interval else "-"
    best = "-" if row.optimistic is None else f"{row.optimistic:.2f}"
    printed = [f"{each.value:.2f} {letters.get(each.caveat, '')}".strip() for each in shown]
    apart = [f"{row.optimistic - each.value:+.2f}" for each in shown if row.optimistic is not None]
    return [
        row.name,
        row.text,
        row.place,
        ours,
        interval,
        best,
        ", ".join(printed) or "-",
        ", ".join(apart) or "-",
    ]
