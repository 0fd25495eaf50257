"""From the scores of a cell to its metrics."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.harness.run import run
from stages.harness.write import numbers, table
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, FeatureFile, HistoryFile, ScoreFile, SplitFile, read
from zsar.dataset_info import dataset_info
from zsar.evaluation import (
    accuracy,
    bootstrap_interval,
    class_accuracies,
    confusion,
    mean_and_std,
    mean_class_accuracy,
)
from zsar.experiment.generalised import generalised


def main(cell: Cell, settings: Settings) -> None:
    """Write the metrics of a cell and its confusion matrix."""
    cell = cell.in_phase("test")
    split, history = read(cell.split_file, SplitFile), read(cell.history, HistoryFile)
    known = dataset_info(cell.dataset, settings.dataset)
    labels = np.asarray(read(cell.clips, ClipFile).labels)
    truth = labels[split.test_unseen]
    scores = read(cell.scores, ScoreFile)
    answers = split.unseen[scores.zsl.argmax(2)]
    found = _zero_shot(answers, history, truth, settings)
    found["classes"] = _classes(answers, truth, known.classes)
    found["chance"] = 100 / len(split.unseen)
    found["clips"], found["seeds"] = len(truth), len(answers)
    if len(split.test_seen):  # by the one-shot protocol all clips of seen classes train
        found["encoder_seen"] = _encoder(cell, split, labels)
        found["gzsl"] = generalised(cell, settings)
    found["transductive"] = bool(scores.transductive)
    whose = json.loads(cell.split_info.read_text(encoding="utf-8"))
    found["family"], found["published"] = whose["family"], whose["published"]
    found["text"] = settings.text
    numbers(cell.numbers, found)
    table(cell.confusion, confusion(answers, truth, list(known.classes)))


def _zero_shot(
    answers: np.ndarray, history: HistoryFile, truth: np.ndarray, settings: Settings
) -> dict[str, Any]:
    """`zsl` is the number to quote: its epoch was chosen on the validation phase.

    `zsl_last` takes the last epoch; `zsl_as_published` the one that is best on the test clips, as
    papers do.
    """
    correct = answers == truth
    low, high = bootstrap_interval(correct, settings.run.bootstrap, settings.run.seeds[0])
    zsl, deviation = mean_and_std([accuracy(each, truth) for each in answers])
    every = np.array([[accuracy(epoch, truth) for epoch in seed] for seed in history.answers])
    return {
        "zsl": zsl,
        "zsl_std": deviation,
        "zsl_low": low,
        "zsl_high": high,
        "zsl_per_class": mean_and_std([mean_class_accuracy(each, truth) for each in answers])[0],
        "zsl_last": float(every[:, -1].mean()),
        "zsl_as_published": float(every.max(1).mean()),
    }


def _encoder(cell: Cell, split: SplitFile, labels: np.ndarray) -> float:
    """The accuracy of the encoder's own classifier on test clips of seen classes."""
    logits = read(cell.features, FeatureFile).seen_logits[split.test_seen]
    return accuracy(split.seen[logits.argmax(1)], labels[split.test_seen])


def _classes(answers: np.ndarray, truth: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    seeds = [class_accuracies(each, truth) for each in answers]
    return {names[k]: float(np.mean([seed[k] for seed in seeds])) for k in seeds[0]}


if __name__ == "__main__":
    run(main)
