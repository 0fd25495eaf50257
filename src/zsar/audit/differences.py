"""The numbers of the audit of a method: its accuracy as it is, and what each published reading adds
to it, with the interval of the difference on the same clips and seeds."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from zsar.audit.readings import Readings
from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, HistoryFile, ScoreFile, SplitFile, read
from zsar.evaluation import accuracy, bootstrap_interval
from zsar.reproduce.study import QUIRKS

BEST_EPOCH = "best_epoch"  # the reading that takes the epoch which is best on the test clips
ROUNDED = 1e-3  # of accuracies in files of numbers
TAKEN = ("zsl", "zsl_std", "zsl_low", "zsl_high", "zsl_last", "zsl_as_published", "chance", "clips")
FLAGS = ("transductive", "unseen_texts", "structured")
Correct = Bool[np.ndarray, "seed clip"]


@dataclass(frozen=True)
class Predictions:
    """Which unseen test clips a run recognises, and the numbers that `evaluate` made of it."""

    chosen: Correct  # by the epoch that the validation phase chose
    best: Correct  # by the epoch that is best on these clips
    epochs: int
    numbers: dict[str, Any]


def audited(found: Readings, seeds: list[int], resamples: int) -> dict[str, Any]:
    """The numbers of a method, in per cent, and the differences of its readings, in points."""
    truth, plain = _truth(found.plain), predictions(found.plain, seeds)
    adds = {BEST_EPOCH: difference(plain.best, plain.chosen, truth, resamples)}
    for layer in found.layers:
        reading = predictions(found.cell(layer), seeds)
        correct = reading.best if layer == QUIRKS else reading.chosen
        adds[layer] = difference(correct, plain.chosen, truth, resamples)
        adds[layer]["reads_labels"] = reading.numbers.get("reads_labels", False)
    return {
        **{key: plain.numbers[key] for key in TAKEN},
        **{flag: plain.numbers.get(flag, False) for flag in FLAGS},
        "epochs": plain.epochs,
        "seeds": len(seeds),
        "adds": adds,
    }


def difference(
    reading: Correct, plain: Correct, truth: Int[np.ndarray, " clip"], resamples: int
) -> dict[str, Any]:
    """What the reading adds, clip by clip and seed by seed, with its bootstrap interval."""
    points = reading.astype(float) - plain
    low, high = bootstrap_interval(points, truth, resamples)
    found = {"points": 100 * float(points.mean()), "low": low, "high": high}
    return {key: round(value, 4) for key, value in found.items()}


def is_there(cell: Cell, seeds: list[int], text: str) -> bool:
    """Whether a run was evaluated with these seeds and that text encoder, and its scores are still
    those that were."""
    test = cell.in_phase("test")
    files = [test.numbers, test.split_file, *(test.with_seed(each).scores for each in seeds)]
    if not all(path.is_file() for path in files):
        return False
    found = predictions(cell, seeds)
    same = abs(100 * float(found.chosen.mean()) - found.numbers["zsl"]) < ROUNDED
    return same and (found.numbers["text"], found.numbers["seeds"]) == (text, len(seeds))


def predictions(cell: Cell, seeds: list[int]) -> Predictions:
    """Of the test phase."""
    cell = cell.in_phase("test")
    truth, split = _truth(cell), read(cell.split_file, SplitFile)
    chosen, best = [], []
    for each in map(cell.with_seed, seeds):
        chosen.append(split.unseen[read(each.scores, ScoreFile).zsl.argmax(1)] == truth)
        epochs = read(each.history, HistoryFile).answers
        best.append(max(epochs, key=lambda epoch: accuracy(epoch, truth)) == truth)
    numbers = json.loads(cell.numbers.read_text(encoding="utf-8"))
    return Predictions(np.stack(chosen), np.stack(best), len(epochs), numbers)


def _truth(cell: Cell) -> Int[np.ndarray, " clip"]:
    split = read(cell.in_phase("test").split_file, SplitFile)
    return np.asarray(read(cell.clips, ClipFile).labels)[split.test_unseen]
