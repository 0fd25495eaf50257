"""From the scores of a cell to its metrics, over whole runs: a seed is that of the encoder, of the
method and of all that the validation phase chose."""

import csv
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.harness.write import numbers, table
from zsar.cells import PHASES, Cell
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
    mean_rows,
)
from zsar.experiment.check_numbers import check_scores
from zsar.experiment.generalised import generalised


def main(cell: Cell, settings: Settings) -> None:
    """Write the metrics of a cell, its confusion matrix and its curve."""
    cell = cell.in_phase("test")
    seeds = [cell.with_seed(seed) for seed in settings.run.seeds]
    split = read(cell.split_file, SplitFile)
    known = dataset_info(cell.dataset, settings.dataset)
    labels = np.asarray(read(cell.clips, ClipFile).labels)
    truth = labels[split.test_unseen]
    scores = [read(each.scores, ScoreFile) for each in seeds]
    for phase in PHASES:  # rules of the generalised numbers are fitted in the validation phase
        for each in (seed.in_phase(phase) for seed in seeds):
            check_scores(each, read(each.scores, ScoreFile))
    answers = split.unseen[np.stack([each.zsl.argmax(1) for each in scores])]
    every = [read(each.history, HistoryFile).answers for each in seeds]
    found = _zero_shot(answers, every, truth, settings)
    found["classes"] = _classes(answers, truth, known.classes)
    found["chance"] = 100 / len(split.unseen)
    found["clips"], found["seeds"] = len(truth), len(answers)
    found["encoders"] = len(answers)
    if len(split.test_seen):  # by the one-shot protocol all clips of seen classes train
        seen = [_encoder(each, split, labels) for each in seeds]
        found["encoder_seen"], found["encoder_seen_std"] = mean_and_std(seen)
        found["gzsl"] = generalised(cell, settings)
    found["transductive"] = any(bool(each.transductive) for each in scores)
    found["unseen_texts"] = any(bool(each.unseen_texts) for each in scores)
    found["structured"] = any(bool(each.structured) for each in scores)
    found["reads_labels"] = any(bool(each.reads_labels) for each in scores)
    whose = json.loads(cell.split_info.read_text(encoding="utf-8"))
    found["family"], found["published"] = whose["family"], whose["published"]
    found["text"] = settings.text
    numbers(cell.numbers, found)
    table(cell.confusion, confusion(answers, truth, list(known.classes)))
    table(cell.curve, mean_rows([_losses(each) for each in seeds]))


def _zero_shot(
    answers: np.ndarray, every: Sequence[np.ndarray], truth: np.ndarray, settings: Settings
) -> dict[str, Any]:
    """`zsl` is the number to quote: its epoch was chosen on the validation phase.

    `zsl_last` takes the last epoch; `zsl_as_published` the one that is best on the test clips, as
    papers do.
    """
    low, high = bootstrap_interval(answers == truth, truth, settings.run.bootstrap)
    zsl, deviation = mean_and_std([accuracy(each, truth) for each in answers])
    epochs = np.array([[accuracy(epoch, truth) for epoch in seed] for seed in every])
    return {
        "zsl": zsl,
        "zsl_std": deviation,
        "zsl_low": low,
        "zsl_high": high,
        "zsl_per_class": mean_and_std([mean_class_accuracy(each, truth) for each in answers])[0],
        "zsl_last": float(epochs[:, -1].mean()),
        "zsl_as_published": float(epochs.max(1).mean()),
    }


def _encoder(cell: Cell, split: SplitFile, labels: np.ndarray) -> float:
    """The accuracy of the encoder's own classifier on test clips of seen classes."""
    logits = read(cell.features, FeatureFile).seen_logits[split.test_seen]
    return accuracy(split.seen[logits.argmax(1)], labels[split.test_seen])


def _classes(answers: np.ndarray, truth: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    seeds = [class_accuracies(each, truth) for each in answers]
    return {names[k]: float(np.mean([seed[k] for seed in seeds])) for k in seeds[0]}


def _losses(cell: Cell) -> list[dict[str, float]]:
    with cell.losses.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items()} for row in rows]
