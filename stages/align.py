"""Teach a method to bring clips and texts of the seen classes together."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor
from tqdm import tqdm

from stages.harness.write import table, weights
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import HistoryFile, SplitFile, read, write
from zsar.experiment import inputs
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


def main(cell: Cell, settings: Settings) -> None:
    """Train every seed; write the weights of one epoch, and the answers to the unseen clips after
    each.

    In the validation phase the epoch kept is the one that does best there; in the test phase it is
    the one that the
    validation phase has chosen, so that no test clip has a say in it.
    """
    where = inputs.device(settings)
    split = read(cell.classes, SplitFile)
    clips = inputs.clips(cell, settings, where)
    text = inputs.text(cell, settings, where)
    seen, novel = (
        clips[inputs.tensor(rows, where)] for rows in (split.train_seen, split.test_unseen)
    )
    exam = Exam(novel, text, inputs.tensor(split.unseen, where))
    lives = []
    for seed, chosen in zip(settings.run.seeds, _chosen(cell, settings), strict=True):
        method = inputs.method(cell, settings, Sizes.of(clips, text), seed).to(where)
        lives.append(
            live(method, seen, exam, seed, chosen, f"{cell.method}, seed {seed} ({cell.phase})")
        )
        weights(cell.fitted / f"{seed}.safetensors", method)
    _record(cell, lives)


@dataclass(frozen=True)
class Exam:
    """Unseen clips, and the candidate classes among all texts."""

    clips: Clips
    text: Text
    unseen: Tensor

    def answers(self, method: Method, seed: int) -> Tensor:
        return self.unseen[
            inputs.scores(method, self.clips, self.text[self.unseen], seed).argmax(1)
        ]


@dataclass(frozen=True)
class Life:
    """What became of one seed."""

    rows: list[Row]
    answers: list[Tensor]
    right: list[float]
    kept: int  # epoch, counted from 1


def live(
    method: Method, seen: Clips, exam: Exam, seed: int, chosen: int | None, title: str
) -> Life:
    """Fit to the end, then give the method the weights of the chosen epoch; without one, of the
    first that is best."""
    life = Life([], [], [], 0)
    state, kept = {}, 0
    with tqdm(method.fit(seen, exam.text), desc=title, unit="epoch") as lessons:
        for epoch, row in enumerate(lessons, 1):
            answers = exam.answers(method, seed)
            right = (answers == exam.clips.labels).float().mean().item()
            if epoch == chosen or (chosen is None and right > max(life.right, default=-1.0)):
                state, kept = (
                    {name: value.clone() for name, value in method.state_dict().items()},
                    epoch,
                )
            life.rows.append(row)
            life.answers.append(answers)
            life.right.append(right)
            lessons.set_postfix({name: f"{value:.3f}" for name, value in row.items()})
    method.load_state_dict(state)
    return Life(life.rows, life.answers, life.right, kept)


def _chosen(cell: Cell, settings: Settings) -> list[int | None]:
    if cell.phase == "validation":
        return [None] * len(settings.run.seeds)
    return read(cell.in_phase("validation").history, HistoryFile).chosen.tolist()


def _record(cell: Cell, lives: list[Life]) -> None:
    epochs = range(1, len(lives[0].rows) + 1)
    write(
        cell.history,
        HistoryFile(
            epochs=np.array(epochs, dtype=np.int64),
            answers=np.array([[each.cpu().numpy() for each in life.answers] for life in lives]),
            chosen=np.array([life.kept for life in lives]),
        ),
    )
    table(
        cell.curve,
        [
            {"epoch": epoch}
            | {
                name: _mean(life.rows[epoch - 1][name] for life in lives)
                for name in lives[0].rows[0]
            }
            | {"loss": _mean(sum(life.rows[epoch - 1].values()) for life in lives)}
            | {"zsl": 100 * _mean(life.right[epoch - 1] for life in lives)}
            for epoch in epochs
        ],
    )


def _mean(values) -> float:
    return float(np.mean(list(values)))
