"""What the page of all results shows: a row for each number of a cell, and for each printed one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zsar.cells import METRICS
from zsar.table import CellResult, RecognitionResult, Results
from zsar.table.columns import meaning_of
from zsar.table.published import PublishedNumber, published_for
from zsar.table.results import KINDS, OneShotResult, flattened


@dataclass(frozen=True)
class Measure:
    """A number of a metrics file, the one that is best on the test clips, and what authors print of
    it; empty where there is none."""

    name: str
    key: str
    best: str
    printed: str


ZERO_SHOT = (
    Measure("zero-shot", "zsl", "zsl_as_published", "zsl"),
    Measure("generalised, by the gate", "gzsl.gate.harmonic", "", "harmonic"),
    Measure("generalised, by stacking", "gzsl.stacking.harmonic", "", ""),
)
ONE_SHOT = (Measure("one-shot", "one_shot", "one_shot_as_published", "one_shot"),)
RECOGNITION = (
    Measure(
        "recognition, linear",
        "linear.linear_last.mean",
        "linear.linear_as_published.mean",
        "linear",
    ),
    Measure("recognition, nearest clip", "retrieval.retrieval_1nn.mean", "", "retrieval"),
)


@dataclass(frozen=True)
class Printed:
    """What authors printed, and by how much ours, as published, is above it; None without ours."""

    system: str
    value: float
    caveat: str
    difference: float | None


@dataclass(frozen=True)
class ResultRow:
    """A number of a cell; `ours` is None in a row that only holds what was printed."""

    dataset: str
    split: str
    encoder: str
    method: str
    kind: str
    measure: str
    ours: float | None
    deviation: float | None
    low: float | None
    high: float | None
    as_published: float | None
    chance: float | None
    clips: int | None
    seeds: int | None
    printed: list[Printed]
    file: str  # the metrics file that the numbers are from
    page: str  # of the cell, relative to this page


@dataclass(frozen=True)
class ResultsPage:
    rows: list[ResultRow]
    meaning: dict[str, str]


def results_page(found: Results) -> ResultsPage:
    names = [place.published for place in found.places if place.published]
    rows = [
        *_rows(found.cells, ZERO_SHOT, names),
        *_rows(found.one_shot, ONE_SHOT, found.protocols),
        *_rows(found.recognition, RECOGNITION, found.protocols),
    ]
    every = (*ZERO_SHOT, *ONE_SHOT, *RECOGNITION)
    shown = {row.measure for row in rows}
    meaning = {each.name: meaning_of(each.key) for each in every if each.name in shown}
    return ResultsPage(rows, meaning)


def page_name(cell: str) -> str:
    """The file of the page of a cell, or of a part of its name."""
    return cell.replace("/", ".") + ".html"


def _rows(
    results: Sequence[CellResult | RecognitionResult],
    measures: Iterable[Measure],
    names: Sequence[str],
) -> list[ResultRow]:
    """Those of ours, then those of systems that none of ours stands for."""
    rows = []
    for measure in measures:
        figures = [each for each in published_for(names, measure.printed) if len(each.splits) == 1]
        taken: list[PublishedNumber] = []
        for result in results:
            numbers = flattened(result.numbers)
            beside = [
                each
                for each in figures
                if each.splits == (result.published,) and each.belongs_to(result)
            ]
            taken += beside
            if measure.key in numbers:
                rows.append(_row(result, measure, numbers, beside))
        places = {each.published: each for each in results}
        rows += [
            _printed_row(places[each.splits[0]], measure, each)
            for each in figures
            if each not in taken and each.splits[0] in places
        ]
    return rows


def _row(
    result: CellResult | RecognitionResult,
    measure: Measure,
    numbers: dict,
    figures: Sequence[PublishedNumber],
) -> ResultRow:
    bare = measure.key.removesuffix(".mean")
    deviation = f"{bare}.std" if bare != measure.key else f"{bare}_std"
    best = numbers.get(measure.best)
    compared = numbers[measure.key] if best is None else best
    method = result.method if isinstance(result, CellResult) else ""
    linked = isinstance(result, CellResult) and not isinstance(result, OneShotResult)
    return ResultRow(
        dataset=result.dataset,
        split=result.split,
        encoder=result.encoder,
        method=method,
        kind=result.kind,
        measure=measure.name,
        ours=numbers[measure.key],
        deviation=numbers.get(deviation),
        low=numbers.get(f"{bare}_low"),
        high=numbers.get(f"{bare}_high"),
        as_published=best,
        chance=numbers.get("chance"),
        clips=numbers.get("clips"),
        seeds=numbers.get("seeds"),
        printed=[
            Printed(each.system, each.value, each.caveat, compared - each.value) for each in figures
        ],
        file=metrics_file(result, measure),
        page=f"cells/{page_name(result.name)}" if linked else "",  # type: ignore[union-attr]
    )


def metrics_file(result: CellResult | RecognitionResult, measure: Measure) -> str:
    """The file below metrics/ that has the number."""
    if isinstance(result, OneShotResult):
        return (METRICS / "one_shot" / f"{result.name}.json").as_posix()
    if isinstance(result, CellResult):
        return (METRICS / f"{result.name}.json").as_posix()
    part = measure.key.partition(".")[0]
    folder = CellResult(result.dataset, result.split, result.encoder, part, {}).name
    return (METRICS / "recognition" / f"{folder}.json").as_posix()


def _printed_row(
    place: CellResult | RecognitionResult, measure: Measure, figure: PublishedNumber
) -> ResultRow:
    return ResultRow(
        dataset=place.dataset,
        split=place.split,
        encoder="",
        method=figure.method,
        kind=KINDS[figure.transductive],
        measure=measure.name,
        ours=None,
        deviation=None,
        low=None,
        high=None,
        as_published=None,
        chance=None,
        clips=None,
        seeds=None,
        printed=[Printed(figure.system, figure.value, figure.caveat, None)],
        file="",
        page="",
    )
