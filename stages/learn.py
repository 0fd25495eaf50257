"""Align a method in both phases and score the test clips of each, once for each seed."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from stages.harness.finished import Training, run_unfinished
from stages.harness.write import table, weights
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import HistoryFile, ScoreFile, SplitFile, read, write
from zsar.experiment import inputs
from zsar.experiment.alignment import UnseenEvaluation, history, losses, train_and_select
from zsar.experiment.check_numbers import check_features
from zsar.experiment.device import configure_torch, tensor
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.processes import Job, Report


def main(cell: Cell, settings: Settings) -> None:
    """Write weights, answers, losses and scores of every seed in either phase."""
    trainings, steps = [], inputs.num_epochs(cell, settings)
    for seed in settings.run.seeds:
        first, second = (cell.in_phase(each).with_seed(seed) for each in PHASES)
        check_features(first)
        check_features(second)
        name = f"validation, seed {seed}"
        jobs = (
            Job(name, partial(learn, first, settings), steps),
            Job(f"test, seed {seed}", partial(learn, second, settings), steps, name),
        )
        folders = (each.scores.parent for each in (first, second))
        trainings += [Training(*each) for each in zip(jobs, folders, strict=True)]
    title = f"{cell.method} on {cell.key}"
    run_unfinished("learn", cell, trainings, _read_files(cell, settings), title, settings)


def learn(cell: Cell, settings: Settings, report: Report) -> None:
    """Train, keep the weights of one epoch, and score with them.

    The validation phase keeps the epoch that is best on its unseen clips. The test phase keeps the
    epoch that the validation phase has chosen, so no test clip takes part in the choice.
    """
    device = configure_torch(settings)
    split = read(cell.split_file, SplitFile)
    clips = inputs.load_clips(cell, settings, device)
    text = inputs.load_text(cell, settings, device)
    seen, novel = (clips[tensor(rows, device)] for rows in (split.train_seen, split.test_unseen))
    evaluation = UnseenEvaluation(novel, text, tensor(split.unseen, device))
    method = inputs.build_method(cell, settings, Sizes.of(clips, text), device)
    result = train_and_select(method, seen, evaluation, cell.seed, _chosen(cell), report)
    weights(cell.method_weights, method)
    write(cell.history, history(result))
    table(cell.losses, losses(result))
    structured = inputs.reads_structured(cell, settings)
    write(cell.scores, scores(method, clips, text, split, cell.seed, structured))


def scores(
    method: Method, clips: Clips, text: Text, split: SplitFile, seed: int, structured: bool
) -> ScoreFile:
    """How well each test clip fits the unseen classes, and all classes."""
    device = clips.labels.device
    test = np.concatenate((split.test_seen, split.test_unseen))
    every, novel = (clips[tensor(rows, device)] for rows in (test, split.test_unseen))
    unseen = tensor(split.unseen, device)
    both = tensor(np.concatenate((split.seen, split.unseen)), device)

    def scored(shown: Clips, candidates: torch.Tensor) -> np.ndarray:
        found = inputs.scores_among(method, shown, text, candidates, seed)
        return found.to(torch.float32).cpu().numpy()

    return ScoreFile(
        zsl=scored(novel, unseen),
        gate=scored(every, unseen),
        joint=scored(every, both),
        transductive=np.array(method.transductive),
        unseen_texts=np.array(method.unseen_texts),
        structured=np.array(structured),
        reads_labels=np.array(method.reads_labels),
    )


def _read_files(cell: Cell, settings: Settings) -> list[Path]:
    """All that a training may read, in either phase and with any seed."""
    phases = [cell.in_phase(each) for each in PHASES]
    seeds = [each.with_seed(seed) for each in phases for seed in settings.run.seeds]
    return [
        *(cell.clips, cell.texts(settings.text), cell.measurements, cell.structured),
        *(each.split_file for each in phases),
        *(path for each in seeds for path in (each.features, each.weights)),
    ]


def _chosen(cell: Cell) -> int | None:
    if cell.phase == "validation":
        return None
    return int(read(cell.in_phase("validation").history, HistoryFile).chosen)
