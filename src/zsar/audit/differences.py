"""The numbers of the audit of a method: its accuracy as it is, and what each published reading adds
to it, with the interval of the difference on the same clips and seeds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from zsar.audit.readings import Readings
from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, HistoryFile, ScoreFile, SplitFile, read
from zsar.evaluation import accuracy, bootstrap_interval, mean_and_std

BEST_EPOCH = "best_epoch"  # the reading that takes the epoch which is best on the test clips
AS_PUBLISHED = "as_published"  # the layer of all quirks; its epoch is the best on the test, too
Correct = Bool[np.ndarray, "seed clip"]


@dataclass(frozen=True)
class Answers:
    """What a reading says of the unseen test clips."""

    chosen: Correct  # by the epoch that the validation phase chose
    last: Correct
    best: Correct  # by the epoch that is best on these clips
    files: list[ScoreFile]
    epochs: int  # among which one is chosen

    @property
    def classes(self) -> int:
        """Among which a clip is recognised."""
        return self.files[0].zsl.shape[1]

    def says(self, field: str) -> bool:
        return any(bool(getattr(each, field)) for each in self.files)


def audited(found: Readings, seeds: list[int], resamples: int) -> dict[str, Any]:
    """The numbers of a method, in per cent, and the differences of its readings, in points."""
    truth = _truth(found.plain)
    plain = answers(found.plain, seeds)
    compared = {BEST_EPOCH: plain.best}
    for layer in found.layers:
        reading = answers(found.cell(layer), seeds)
        compared[layer] = reading.best if layer == AS_PUBLISHED else reading.chosen
    zsl, deviation = mean_and_std([100 * float(seed.mean()) for seed in plain.chosen])
    low, high = bootstrap_interval(plain.chosen, truth, resamples)
    return {
        "zsl": zsl,
        "zsl_std": deviation,
        "zsl_low": low,
        "zsl_high": high,
        "zsl_last": 100 * float(plain.last.mean()),
        "zsl_as_published": 100 * float(plain.best.mean()),
        **{each: plain.says(each) for each in ("transductive", "unseen_texts", "structured")},
        "chance": 100 / plain.classes,
        "epochs": plain.epochs,
        "clips": len(truth),
        "seeds": len(seeds),
        "adds": {
            name: difference(reading, plain.chosen, truth, resamples)
            for name, reading in compared.items()
        },
    }


def difference(
    reading: Correct, plain: Correct, truth: Int[np.ndarray, " clip"], resamples: int
) -> dict[str, float]:
    """What the reading adds, clip by clip and seed by seed, with its bootstrap interval."""
    points = reading.astype(float) - plain
    low, high = bootstrap_interval(points, truth, resamples)
    return {"points": 100 * float(points.mean()), "low": low, "high": high}


def answers(cell: Cell, seeds: list[int]) -> Answers:
    """Of the test phase."""
    truth, split = _truth(cell), read(cell.in_phase("test").split_file, SplitFile)
    files, histories = [], []
    for each in (cell.in_phase("test").with_seed(seed) for seed in seeds):
        files.append(read(each.scores, ScoreFile))
        histories.append(read(each.history, HistoryFile).answers)
    best = [max(seed, key=lambda epoch: accuracy(epoch, truth)) for seed in histories]
    return Answers(
        split.unseen[np.stack([each.zsl.argmax(1) for each in files])] == truth,
        np.stack([each[-1] for each in histories]) == truth,
        np.stack(best) == truth,
        files,
        len(histories[0]),
    )


def _truth(cell: Cell) -> Int[np.ndarray, " clip"]:
    split = read(cell.in_phase("test").split_file, SplitFile)
    return np.asarray(read(cell.clips, ClipFile).labels)[split.test_unseen]
