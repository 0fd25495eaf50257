"""Checks of the numbers that pass between stages: what no method can learn from or be judged by is
refused with its clip, in every method alike."""

from collections.abc import Sequence

import numpy as np

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read
from zsar.errors import UserError

LARGEST = 1e6  # beyond, products and exponentials of float32 overflow


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
    """Of all test clips, by the method of a cell with one seed."""
    for name in ("zsl", "gate", "joint"):
        found = np.asarray(getattr(scores, name))
        if not np.isfinite(found).all():
            row, column = np.argwhere(~np.isfinite(found))[0]
            raise UserError(
                f"{cell.scores}: {cell.method} gave test clip {row} the score"
                f" {found[row, column]:g} for candidate {column} ({name}), expected a finite"
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
