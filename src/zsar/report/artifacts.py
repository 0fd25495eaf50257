"""The artifacts of an evaluated cell, as far as they are there and belong to its metrics."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data.artifacts import ClipFile, FeatureFile, HistoryFile, ScoreFile, SplitFile, read
from zsar.evaluation import accuracy
from zsar.table import CellResult

ABSENT = "confusion matrix, curves, feature map and clips"
ROUNDED = 0.001  # metrics files have four decimals


@dataclass(frozen=True)
class Missing:
    """What a page cannot show, and the command that makes it."""

    what: str
    why: str
    command: str


@dataclass(frozen=True)
class CellArtifacts:
    """Of the test phase; rows of scores and histories are those of `split`."""

    cell: Cell
    seeds: list[Cell]
    clips: ClipFile
    split: SplitFile
    scores: list[ScoreFile]  # by seed
    histories: list[HistoryFile]
    features: list[FeatureFile]

    @property
    def labels(self) -> np.ndarray:
        return np.asarray(self.clips.labels)

    @cached_property
    def places(self) -> dict[int, int]:
        """Of each test clip by its row: seen ones first, as in the scores."""
        rows = (*self.split.test_seen.tolist(), *self.split.test_unseen.tolist())
        return {row: place for place, row in enumerate(rows)}

    @property
    def unseen_answers(self) -> np.ndarray:
        """By seed, of the unseen test clips."""
        return np.stack([self.split.unseen[each.zsl.argmax(1)] for each in self.scores])

    @property
    def seen_answers(self) -> np.ndarray:
        """By seed, of the seen test clips, among all classes and without a penalty."""
        every = np.concatenate((self.split.seen, self.split.unseen))
        count = len(self.split.test_seen)
        return np.stack([every[each.joint[:count].argmax(1)] for each in self.scores])


def coordinates(result: CellResult) -> Cell:
    dataset, preprocess, split, encoder, method = result.name.split("/")
    return Cell(dataset, preprocess, split, encoder, "test", method)


def command(cell: Cell, config: Config) -> str:
    """What makes the artifacts of a cell."""
    if (cell.key, cell.method) == (config.cell.key, config.params.method):
        return "dvc repro"
    axes = ("dataset", "preprocess", "split", "encoder", "method")
    chosen = [f"-S {axis}={getattr(cell, axis)}" for axis in axes]
    return " ".join(["dvc exp run", *chosen])


def artifacts(result: CellResult, config: Config) -> CellArtifacts | Missing:
    """All of a cell, of the seeds that its metrics are a mean over."""
    cell, numbers = coordinates(result), result.numbers
    seeds = [cell.with_seed(seed) for seed in config.params.run.seeds][: numbers["seeds"]]
    paths = [cell.clips, cell.split_file]
    paths += [path for each in seeds for path in (each.scores, each.history, each.features)]
    for path in paths:
        if not path.is_file():
            return Missing(ABSENT, f"{path} is not there", command(cell, config))
    found = CellArtifacts(
        cell,
        seeds,
        read(cell.clips, ClipFile),
        read(cell.split_file, SplitFile),
        [read(each.scores, ScoreFile) for each in seeds],
        [read(each.history, HistoryFile) for each in seeds],
        [read(each.features, FeatureFile) for each in seeds],
    )
    truth = found.labels[found.split.test_unseen]
    right = np.mean([accuracy(each, truth) for each in found.unseen_answers])
    if len(seeds) != numbers["seeds"] or abs(right - numbers["zsl"]) > ROUNDED:
        why = f"the files below data/ give {right:.2f} with {len(seeds)} seeds, the metrics file"
        why += f" {numbers['zsl']:.2f} with {numbers['seeds']}: they are of different runs"
        return Missing(ABSENT, why, command(cell, config))
    return found
