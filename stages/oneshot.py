"""Name clips of unseen classes where one clip of each is shown: PGFA's one-shot protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from stages.harness.run import run
from stages.harness.write import numbers
from zsar.cells import METRICS, PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, SplitFile, read
from zsar.errors import UserError
from zsar.evaluation import interval, overall, per_class, spread
from zsar.experiment import inputs
from zsar.learning.losses import positions
from zsar.learning.world import Sizes


@dataclass(frozen=True)
class OneShotConfig:
    rounds: int  # in which the clips that are named draw the classes to them
    exemplars_stay: bool  # beside those clips; false, as published: they count before them only
    exemplars: tuple[str, ...]  # published clips; of other classes the seed picks one


@dataclass(frozen=True)
class Answers:
    """The classes of one seed's clips, and what they were taken for after each round."""

    truth: np.ndarray  # class ids
    named: np.ndarray  # round x clip


def main(cell: Cell, settings: Settings) -> None:
    """Write the metrics of the protocol; the validation phase chooses the number of rounds."""
    rules = settings.of("protocols", "one_shot", OneShotConfig)
    trial, exam = (list(_answers(cell.in_phase(phase), settings, rules)) for phase in PHASES)
    unseen = len(read(cell.in_phase("test").classes, SplitFile).unseen)
    chosen = [int(np.argmax(_by_round(each))) for each in trial]
    found = _metrics(exam, chosen, settings) | {"chance": 100 / unseen, "rounds": chosen}
    numbers(metrics(cell), found)


def metrics(cell: Cell) -> Path:
    """Apart from the metrics of zero-shot cells: here a clip of each class is known."""
    return METRICS / "one_shot" / cell.metrics.relative_to(METRICS)


def exemplars(
    names: np.ndarray, labels: np.ndarray, pool: np.ndarray, published: tuple[str, ...], seed: int
) -> np.ndarray:
    """One row of the pool for each of its classes, ascending by class."""
    draw = np.random.default_rng(seed)
    known = pool[np.isin(names[pool], published)]
    found = []
    for label in np.unique(labels[pool]):
        own, given = (rows[labels[rows] == label] for rows in (pool, known))
        picked = draw.choice(own)  # drawn for every class, so that none depends on another's
        found.append(given[0] if len(given) else picked)
    return np.array(found)


def candidates(labels: np.ndarray, split: SplitFile, phase: str) -> np.ndarray:
    """All clips of unseen classes; in the validation phase those of the training side alone."""
    if phase == "validation":
        return np.asarray(split.test_unseen)
    return np.flatnonzero(np.isin(labels, split.unseen))


def _answers(cell: Cell, settings: Settings, rules: OneShotConfig) -> Iterator[Answers]:
    where = inputs.device(settings)
    file, split = read(cell.clips, ClipFile), read(cell.classes, SplitFile)
    labels, pool = np.asarray(file.labels), candidates(file.labels, split, cell.phase)
    clips = inputs.clips(cell, settings, where)
    text = inputs.text(cell, settings, where)
    unseen = inputs.tensor(split.unseen, where)
    for seed in settings.run.seeds:
        method: Any = inputs.method(cell, settings, Sizes.of(clips, text), seed)
        if not hasattr(method, "one_shot"):
            raise UserError(f"{cell.method} has no one-shot protocol; expected pgfa_aligned")
        method.load_state_dict(load_file(cell.fitted / f"{seed}.safetensors"))
        method.to(where).eval()
        shown = exemplars(file.names, labels, pool, rules.exemplars, seed)
        rest = np.setdiff1d(pool, shown)
        seen, asked = (clips[inputs.tensor(rows, where)] for rows in (shown, rest))
        places = positions(seen.labels, unseen)
        given = seen, places, rules.rounds, rules.exemplars_stay
        scores = method.one_shot(asked, text[unseen], *given)
        yield Answers(labels[rest], _named(scores, split.unseen))


def _named(scores: Iterator[Tensor], unseen: np.ndarray) -> np.ndarray:
    return unseen[torch.stack([each.argmax(1) for each in scores]).cpu().numpy()]


def _by_round(answers: Answers) -> list[float]:
    return [overall(named, answers.truth) for named in answers.named]


def _metrics(exam: list[Answers], chosen: list[int], settings: Settings) -> dict[str, Any]:
    """`one_shot` is the number to quote; `one_shot_as_published` has the best round on the test."""
    kept = [each.named[rounds] for each, rounds in zip(exam, chosen, strict=True)]
    pairs = [(named, each.truth) for named, each in zip(kept, exam, strict=True)]
    mean, deviation = spread([overall(*pair) for pair in pairs])
    right = np.stack([named == truth for named, truth in pairs])
    low, high = interval(right, settings.run.bootstrap, settings.run.seeds[0])
    rounds = np.array([_by_round(each) for each in exam])
    return {
        "one_shot": mean,
        "one_shot_std": deviation,
        "one_shot_low": low,
        "one_shot_high": high,
        "one_shot_per_class": spread([per_class(*pair) for pair in pairs])[0],
        "one_shot_exemplars": float(rounds[:, 0].mean()),
        "one_shot_last": float(rounds[:, -1].mean()),
        "one_shot_as_published": float(rounds[:, 1:].max(1).mean()),
        "clips": right.shape[1],
        "seeds": len(exam),
        "transductive": True,
    }


if __name__ == "__main__":
    run(main)
