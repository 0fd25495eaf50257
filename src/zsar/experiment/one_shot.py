"""PGFA's one-shot protocol: clips of unseen classes are classified, with one clip of each known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zsar.bounds import Whole
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, SplitFile, read
from zsar.evaluation import accuracy, bootstrap_interval, mean_and_std, mean_class_accuracy
from zsar.experiment import inputs
from zsar.experiment.check_numbers import check_one_shot
from zsar.experiment.device import configure_torch, tensor
from zsar.learning.losses import positions
from zsar.learning.world import Sizes


@dataclass(frozen=True)
class OneShotConfig:
    rounds: Whole  # at most, in which query clips change the prototypes
    keep_support: bool  # beside those clips; false as published
    support: tuple[str, ...]  # published clips; of other classes the seed picks one


@dataclass(frozen=True)
class Answers:
    """The true classes of one seed's query clips, and the predicted ones after each round."""

    truth: np.ndarray  # class ids
    predicted: np.ndarray  # round x clip


def one_shot(cell: Cell, settings: Settings, config: OneShotConfig) -> dict[str, Any]:
    """The metrics of the protocol; the validation phase chooses the number of rounds."""
    validation, test = (list(answers(cell.in_phase(phase), settings, config)) for phase in PHASES)
    unseen = len(read(cell.in_phase("test").split_file, SplitFile).unseen)
    chosen = [int(np.argmax(_by_round(each))) for each in validation]
    return _metrics(test, chosen, settings) | {
        "structured": inputs.reads_structured(cell, settings),
        "chance": 100 / unseen,
        "rounds": chosen,
    }


def support_rows(
    names: np.ndarray, labels: np.ndarray, pool: np.ndarray, published: tuple[str, ...], seed: int
) -> np.ndarray:
    """One row of the pool for each of its classes, ascending by class."""
    rng = np.random.default_rng(seed)
    known = pool[np.isin(names[pool], published)]
    found = []
    for label in np.unique(labels[pool]):
        own, given = (rows[labels[rows] == label] for rows in (pool, known))
        picked = rng.choice(own)  # drawn for every class, so that none depends on another's
        found.append(given[0] if len(given) else picked)
    return np.array(found)


def candidate_rows(labels: np.ndarray, split: SplitFile, phase: str) -> np.ndarray:
    """All clips of unseen classes; in the validation phase those of the training side alone."""
    if phase == "validation":
        return np.asarray(split.test_unseen)
    return np.flatnonzero(np.isin(labels, split.unseen))


def answers(cell: Cell, settings: Settings, config: OneShotConfig) -> Iterator[Answers]:
    device = configure_torch(settings)
    file, split = read(cell.clips, ClipFile), read(cell.split_file, SplitFile)
    labels, pool = np.asarray(file.labels), candidate_rows(file.labels, split, cell.phase)
    text = inputs.load_text(cell, settings, device)
    unseen = tensor(split.unseen, device)
    for seed in settings.run.seeds:
        clips = inputs.load_clips(cell.with_seed(seed), settings, device)
        sizes = Sizes.of(clips, text)
        method = inputs.load_method(cell.with_seed(seed), settings, sizes, device)
        shown = support_rows(file.names, labels, pool, config.support, seed)
        rest = np.setdiff1d(pool, shown)
        support, query = (clips[tensor(rows, device)] for rows in (shown, rest))
        classes = positions(support.labels, unseen)
        known = support, classes, config.rounds, config.keep_support
        scores = _by_rounds(method.score_one_shot(query, text[unseen], *known))
        check_one_shot(cell.with_seed(seed), scores)
        yield Answers(labels[rest], split.unseen[scores.argmax(2)])


def _by_rounds(scores: Iterator[Tensor]) -> np.ndarray:
    return torch.stack([*scores]).cpu().numpy()


def _by_round(found: Answers) -> list[float]:
    return [accuracy(predicted, found.truth) for predicted in found.predicted]


def _metrics(test: list[Answers], chosen: list[int], settings: Settings) -> dict[str, Any]:
    """`one_shot` is the number to quote; `one_shot_as_published` has the best round on the test."""
    kept = [each.predicted[rounds] for each, rounds in zip(test, chosen, strict=True)]
    pairs = [(predicted, each.truth) for predicted, each in zip(kept, test, strict=True)]
    mean, deviation = mean_and_std([accuracy(*pair) for pair in pairs])
    # By class, because every seed shows other clips; each leaves as many of a class to ask for.
    orders = [np.argsort(truth, kind="stable") for _, truth in pairs]
    correct = np.stack(
        [
            (predicted == truth)[order]
            for (predicted, truth), order in zip(pairs, orders, strict=True)
        ]
    )
    truth = pairs[0][1][orders[0]]
    low, high = bootstrap_interval(correct, truth, settings.run.bootstrap)
    rounds = np.array([_by_round(each) for each in test])
    return {
        "one_shot": mean,
        "one_shot_std": deviation,
        "one_shot_low": low,
        "one_shot_high": high,
        "one_shot_per_class": mean_and_std([mean_class_accuracy(*pair) for pair in pairs])[0],
        "one_shot_exemplars": float(rounds[:, 0].mean()),
        "one_shot_last": float(rounds[:, -1].mean()),
        "one_shot_as_published": float(rounds[:, 1:].max(1).mean()),
        "clips": correct.shape[1],
        "seeds": len(test),
        "encoders": len(test),
        "transductive": True,
    }
