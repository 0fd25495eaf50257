"""Align a method in both phases and score the test clips of each.

One stage rather than four, because what DVC itself costs grows with the number of stages.
"""

import numpy as np
import torch
from safetensors.torch import load_file

from stages.harness.run import run
from stages.harness.write import table, weights
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import HistoryFile, ScoreFile, SplitFile, read, write
from zsar.experiment import inputs
from zsar.experiment.alignment import UnseenEvaluation, curve, history, train_and_select
from zsar.experiment.device import configure_torch, tensor
from zsar.learning.world import Sizes


def main(cell: Cell, settings: Settings) -> None:
    """Write weights, answers, losses and scores of the validation phase, then of the test phase."""
    for phase in PHASES:
        align(cell.in_phase(phase), settings)
        score(cell.in_phase(phase), settings)


def align(cell: Cell, settings: Settings) -> None:
    """Train every seed; write the weights of one epoch, and the answers to the unseen clips after
    each epoch.

    The validation phase keeps the epoch that is best on its unseen clips. The test phase keeps the
    epoch that the validation phase has chosen, so no test clip takes part in the choice.
    """
    device = configure_torch(settings)
    split = read(cell.split_file, SplitFile)
    clips = inputs.load_clips(cell, settings, device)
    text = inputs.load_text(cell, settings, device)
    seen, novel = (clips[tensor(rows, device)] for rows in (split.train_seen, split.test_unseen))
    evaluation = UnseenEvaluation(novel, text, tensor(split.unseen, device))
    results = []
    for seed, chosen in zip(settings.run.seeds, _chosen(cell, settings), strict=True):
        method = inputs.build_method(cell, settings, Sizes.of(clips, text), seed, device)
        title = f"{cell.method}, seed {seed} ({cell.phase})"
        results.append(train_and_select(method, seen, evaluation, seed, chosen, title))
        weights(cell.method_weights / f"{seed}.safetensors", method)
    write(cell.history, history(results))
    table(cell.curve, curve(results))


def score(cell: Cell, settings: Settings) -> None:
    """Write how well each test clip fits the unseen classes, and all classes, seed by seed."""
    device = configure_torch(settings)
    split = read(cell.split_file, SplitFile)
    clips = inputs.load_clips(cell, settings, device)
    text = inputs.load_text(cell, settings, device)
    test = np.concatenate((split.test_seen, split.test_unseen))
    every, novel = (clips[tensor(rows, device)] for rows in (test, split.test_unseen))
    unseen = text[tensor(split.unseen, device)]
    both = text[tensor(np.concatenate((split.seen, split.unseen)), device)]
    found: dict[str, list[np.ndarray]] = {"zsl": [], "gate": [], "joint": []}
    for seed in settings.run.seeds:
        method = inputs.build_method(cell, settings, Sizes.of(clips, text), seed, device)
        method.load_state_dict(load_file(cell.method_weights / f"{seed}.safetensors"))
        for name, shown, candidates in (
            ("zsl", novel, unseen),
            ("gate", every, unseen),
            ("joint", every, both),
        ):
            scores = inputs.seeded_scores(method, shown, candidates, seed)
            found[name].append(scores.to(torch.float32).cpu().numpy())
    stacked = {name: np.stack(each) for name, each in found.items()}
    write(cell.scores, ScoreFile(**stacked, transductive=np.array(method.transductive)))


def _chosen(cell: Cell, settings: Settings) -> list[int | None]:
    if cell.phase == "validation":
        return [None] * len(settings.run.seeds)
    return read(cell.in_phase("validation").history, HistoryFile).chosen.tolist()


if __name__ == "__main__":
    run(main)
