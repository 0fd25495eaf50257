"""Checks of the numbers that pass between stages: what no zero-shot method, one-shot ones included,
can learn from or be judged by is refused with its clip."""

from collections.abc import Sequence

import numpy as np

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read
from zsar.errors import UserError

LARGEST = 1e6  # a choice: squares of these fit float32; their exponentials do not, nor beyond 88


def check_features(cell: Cell) -> None:
    """Of the clips that a phase learns from or tests on, with one seed."""
    split = read(cell.split_file, SplitFile)
    rows = np.concatenate((split.train_seen, split.held_seen, split.test_seen, split.test_unseen))
    features = np.asarray(read(cell.features, FeatureFile).features)[rows]
    if not np.abs(features).max() <= LARGEST:  # not where one is NaN either
        row, column = np.argwhere(~(np.abs(features) <= LARGEST))[0]
        clip = read(cell.clips, ClipFile).names[rows[row]]
        raise UserError(
            f"{cell.features}: feature {column} of clip {clip} is {features[row, column]:g},"
            f" expected a number of at most {LARGEST:g}"
        )
    if (features == features[0]).all():
        raise UserError(
            f"{cell.features}: all clips have the same features, so that nothing tells them apart;"
            " expected different ones"
        )


def check_scores(cell: Cell, scores: ScoreFile) -> None:
    """Of all clips that a phase tests, by the method of a cell with one seed."""
    for name in ("zsl", "gate", "joint"):
        _check_finite(cell, np.asarray(getattr(scores, name)), name)


def check_one_shot(cell: Cell, rounds: np.ndarray) -> None:
    """Scores of all query clips after each round, by the method of a cell with one seed."""
    for number, scores in enumerate(rounds):
        _check_finite(cell, scores, f"one-shot, round {number}")


def _check_finite(cell: Cell, scores: np.ndarray, what: str) -> None:
    if not np.isfinite(scores).all():
        row, column = np.argwhere(~np.isfinite(scores))[0]
        raise UserError(
            f"{cell.scores}: {cell.method} gave {cell.phase} clip {row} the score"
            f" {scores[row, column]:g} for candidate {column} ({what}), expected a finite"
            " number; its training did not converge, try a smaller learning rate"
        )


def check_unseen_clips(split: SplitFile, labels: np.ndarray, names: Sequence[str], at: str) -> None:
    """Every unseen class has a test clip, or else numbers would be those of fewer classes."""
    without = [names[k] for k in split.unseen if not (labels[split.test_unseen] == k).any()]
    if without:
        raise UserError(
            f"{at}: no test clip of {', '.join(without)}, which the split leaves unseen; expected"
            " one at least, so complete the recordings or leave it out of the split"
        )
