"""What the page of one cell shows: its numbers, and pictures of the artifacts behind them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zsar.cells import METRICS
from zsar.config.config import Config
from zsar.dataset_info import dataset_info
from zsar.evaluation import ScoredClips, accuracy
from zsar.evaluation.stacking import seen_unseen_curve
from zsar.report.artifacts import CellArtifacts, Missing, artifacts
from zsar.report.results_page import page_name
from zsar.table import CellResult
from zsar.table.columns import MEANING
from zsar.table.csv_sheet import meaning
from zsar.table.results import flattened

GRID = np.linspace(0, 100, 101)  # unseen accuracies at which curves of seeds are averaged
POINTS = 1000  # clips on a feature map, at most
EPOCHS = 300  # of a curve, at most


@dataclass(frozen=True)
class Number:
    key: str
    value: float | int | str | bool
    meaning: str


@dataclass(frozen=True)
class Confusion:
    """Answers of all seeds to the unseen test clips: a row for each class, a column for each
    answer."""

    classes: list[str]
    counts: list[list[int]]


@dataclass(frozen=True)
class Band:
    """Mean over seeds, and the least and the greatest of them."""

    name: str
    x: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True)
class Learning:
    """Accuracy on the unseen test clips after each epoch, which chooses nothing, and losses."""

    accuracy: Band
    seeds: list[list[float]]  # accuracy by seed, at the epochs of the band
    chosen: list[tuple[int, float]]  # epoch of each seed by the validation phase, its accuracy
    losses: list[Band]


@dataclass(frozen=True)
class Curve:
    """Accuracy on seen over that on unseen test clips, of all penalties on the seen classes."""

    band: Band
    seeds: list[list[tuple[float, float]]]  # (unseen, seen) of each


@dataclass(frozen=True)
class FeatureMap:
    """Test clips on a plane by t-SNE; `classes` and `label` name those of unseen classes, and
    `label` is -1 for a clip of a seen one."""

    classes: list[str]
    x: list[float]
    y: list[float]
    label: list[int]
    clip: list[str]


@dataclass(frozen=True)
class CellPage:
    name: str
    file: str
    kind: str
    numbers: list[Number]
    classes: dict[str, float]  # accuracy of each
    chance: float
    confusion: Confusion | None
    learning: Learning | None
    curve: Curve | None
    map: FeatureMap | None
    clips: str  # the page of its clips
    missing: list[Missing]


Maps = dict[str, FeatureMap]


def cell_page(result: CellResult, config: Config, maps: Maps) -> CellPage:
    """`maps` has the feature maps by encoder, which cells share; new ones are put there."""
    found = artifacts(result, config)
    missing = [found] if isinstance(found, Missing) else []
    known = None if isinstance(found, Missing) else found
    numbers = flattened(result.numbers)
    place = result.name.rpartition("/")[0].rpartition("/")[0]
    return CellPage(
        name=result.name,
        file=(METRICS / f"{result.name}.json").as_posix(),
        kind=result.kind,
        numbers=[
            Number(key, value, meaning(key)) for key, value in sorted(numbers.items(), key=_rank)
        ],
        classes=result.numbers.get("classes", {}),
        chance=numbers["chance"],
        confusion=confusion(known, class_names(known, config)) if known else None,
        learning=learning(known) if known else None,
        curve=curve(known) if known else None,
        map=_map(known, config, maps) if known else None,
        clips=f"../clips/{page_name(place)}" if known else "",
        missing=missing,
    )


def _rank(item: tuple[str, object]) -> int:
    """Deviations after what they are of."""
    keys = list(MEANING)
    bare = item[0].removesuffix("_std")
    return keys.index(bare) if bare in keys else len(keys)


def class_names(found: CellArtifacts, config: Config) -> tuple[str, ...]:
    return dataset_info(found.cell.dataset, config.dataset(found.cell.dataset)).classes


def confusion(found: CellArtifacts, names: Sequence[str]) -> Confusion:
    unseen, truth = found.split.unseen, found.labels[found.split.test_unseen]
    counts = np.zeros((len(unseen), len(unseen)), dtype=int)
    for answers in found.unseen_answers:  # of each seed
        np.add.at(counts, (np.searchsorted(unseen, truth), np.searchsorted(unseen, answers)), 1)
    return Confusion([names[each] for each in unseen], counts.tolist())


def learning(found: CellArtifacts) -> Learning | None:
    """None for a method that does not learn."""
    truth = found.labels[found.split.test_unseen]
    curves = [[accuracy(epoch, truth) for epoch in each.answers] for each in found.histories]
    epochs = min(map(len, curves))
    if epochs < 2:
        return None
    shown = _spread(epochs)
    values = np.array([each[:epochs] for each in curves])[:, shown]
    chosen = [
        (int(each.chosen), own[int(each.chosen) - 1])
        for each, own in zip(found.histories, curves, strict=True)
    ]
    band = _band("accuracy", shown + 1, values)
    return Learning(band, values.round(4).tolist(), chosen, _losses(found))


def _losses(found: CellArtifacts) -> list[Band]:
    """Every column that the training wrote, but the epoch itself."""
    tables = []
    for path in (each.losses for each in found.seeds):
        if not path.is_file():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            tables.append(list(csv.DictReader(file)))
    epochs = min(map(len, tables), default=0)
    if epochs < 2:
        return []
    shown = _spread(epochs)
    bands = []
    for name in (each for each in tables[0][0] if each not in ("epoch", "step")):
        values = np.array([[float(table[k][name]) for k in shown] for table in tables])
        if np.isfinite(values).all():
            bands.append(_band(name, shown + 1, values))
    return bands


def curve(found: CellArtifacts) -> Curve | None:
    """None by protocols that keep no clip of a seen class for the test."""
    split = found.split
    if not len(split.test_seen):
        return None
    rows = np.concatenate((split.test_seen, split.test_unseen))
    seeds, at_grid = [], []
    for scores, features in zip(found.scores, found.features, strict=True):
        clips = ScoredClips(
            found.labels[rows],
            split.seen,
            split.unseen,
            scores.gate,
            scores.joint,
            features.seen_logits[rows],
        )
        own = seen_unseen_curve(clips, np.ones(len(rows)))
        # Of penalties with the same unseen accuracy the first one has the best on seen classes.
        unseen, first = np.unique(own.unseen, return_index=True)
        at_grid.append(np.interp(GRID, unseen, own.seen[first], right=0))
        shown = _spread(len(own.unseen))
        pairs = zip(own.unseen[shown].tolist(), own.seen[shown].tolist(), strict=True)
        seeds.append([(round(unseen, 4), round(seen, 4)) for unseen, seen in pairs])
    reached = max(unseen for each in seeds for unseen, _ in each) + 1 >= GRID
    return Curve(_band("seen", GRID[reached], np.array(at_grid)[:, reached]), seeds)


def _map(found: CellArtifacts, config: Config, maps: Maps) -> FeatureMap | None:
    if found.cell.key not in maps:
        maps[found.cell.key] = feature_map(found, class_names(found, config), config)
    return maps[found.cell.key]


def feature_map(found: CellArtifacts, names: Sequence[str], config: Config) -> FeatureMap:
    """By the encoder of the first seed."""
    from zsar.experiment.recognition import TSNEConfig, tsne

    split = found.split
    unseen = _some(split.test_unseen, POINTS)
    rows = np.concatenate((unseen, _some(split.test_seen, max(POINTS - len(unseen), 0))))
    features = np.array(found.features[0].features[rows])
    kept = np.isfinite(features).all(1) & features.any(1)
    rows, features = rows[kept], features[kept]
    settings = config.at(found.cell).of("protocols", "tsne", TSNEConfig)
    places = tsne(features, settings.perplexity, config.params.run.seeds[0])
    column = {int(each): k for k, each in enumerate(split.unseen)}
    return FeatureMap(
        classes=[names[each] for each in split.unseen],
        x=[round(float(each), 4) for each in places[:, 0]],
        y=[round(float(each), 4) for each in places[:, 1]],
        label=[column.get(int(label), -1) for label in found.labels[rows]],
        clip=[str(name) for name in np.asarray(found.clips.names)[rows]],
    )


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    if len(rows) <= most:
        return np.asarray(rows)
    return np.asarray(rows)[np.linspace(0, len(rows) - 1, most).astype(int)] if most else rows[:0]


def _spread(count: int) -> np.ndarray:
    """Places of at most EPOCHS of so many, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, EPOCHS)).round().astype(int))


def _band(name: str, x: np.ndarray, seeds: np.ndarray) -> Band:
    columns: Mapping[str, np.ndarray] = {
        "x": x,
        "mean": seeds.mean(0),
        "low": seeds.min(0),
        "high": seeds.max(0),
    }
    return Band(
        name, **{key: value.astype(float).round(4).tolist() for key, value in columns.items()}
    )
