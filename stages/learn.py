"""Align a method in both phases and score the test clips of each, once for each seed."""

from functools import partial

import numpy as np
import torch

from stages.harness.launch import run_trainings
from stages.harness.write import table, weights
from zsar.cells import Cell
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
    jobs = []
    for seed in settings.run.seeds:
        first, second = (cell.in_phase(each).with_seed(seed) for each in ("validation", "test"))
        check_features(first)
        check_features(second)
        name = f"validation, seed {seed}"
        steps = inputs.num_epochs(cell, settings)
        jobs.append(Job(name, partial(learn, first, settings), steps))
        jobs.append(Job(f"test, seed {seed}", partial(learn, second, settings), steps, name))
    run_trainings(jobs, f"{cell.method} on {cell.key}", settings)


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
    unseen = text[tensor(split.unseen, device)]
    both = text[tensor(np.concatenate((split.seen, split.unseen)), device)]

    def scored(shown: Clips, candidates: Text) -> np.ndarray:
        found = inputs.seeded_scores(method, shown, candidates, seed)
        return found.to(torch.float32).cpu().numpy()

    return ScoreFile(
        zsl=scored(novel, unseen),
        gate=scored(every, unseen),
        joint=scored(every, both),
        transductive=np.array(method.transductive),
        unseen_texts=np.array(method.unseen_texts),
        structured=np.array(structured),
    )


def _chosen(cell: Cell) -> int | None:
    if cell.phase == "validation":
        return None
    return int(read(cell.in_phase("validation").history, HistoryFile).chosen)
