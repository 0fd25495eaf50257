"""Training of a method, its evaluation on unseen clips after each epoch, the choice of an epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor
from tqdm import tqdm

from zsar.data.artifacts import HistoryFile
from zsar.experiment.inputs import seeded_scores
from zsar.learning.training import Row
from zsar.learning.world import Clips, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class UnseenEvaluation:
    """Unseen clips, and the candidate classes among all texts."""

    clips: Clips
    text: Text
    unseen: Tensor

    def answers(self, method: Method, seed: int) -> Tensor:
        scores = seeded_scores(method, self.clips, self.text[self.unseen], seed)
        return self.unseen[scores.argmax(1)]


@dataclass(frozen=True)
class SeedResult:
    """One seed: losses, answers to the unseen clips and their accuracy, per epoch."""

    rows: list[Row]
    answers: list[Tensor]
    accuracies: list[float]
    kept: int  # epoch, counted from 1


def train_and_select(
    method: Method,
    seen: Clips,
    evaluation: UnseenEvaluation,
    seed: int,
    chosen: int | None,
    title: str,
) -> SeedResult:
    """Fit to the end, then give the method the weights of the chosen epoch; without one, of the
    first that is best."""
    result = SeedResult([], [], [], 0)
    state, kept = {}, 0
    with tqdm(method.fit(seen, evaluation.text), desc=title, unit="epoch") as epochs:
        for epoch, row in enumerate(epochs, 1):
            answers = evaluation.answers(method, seed)
            accuracy = (answers == evaluation.clips.labels).float().mean().item()
            best = max(result.accuracies, default=-1.0)
            if epoch == chosen or (chosen is None and accuracy > best):
                state = {name: value.clone() for name, value in method.state_dict().items()}
                kept = epoch
            result.rows.append(row)
            result.answers.append(answers)
            result.accuracies.append(accuracy)
            epochs.set_postfix({name: f"{value:.3f}" for name, value in row.items()})
    method.load_state_dict(state)
    return SeedResult(result.rows, result.answers, result.accuracies, kept)


def history(results: Sequence[SeedResult]) -> HistoryFile:
    epochs = range(1, len(results[0].rows) + 1)
    return HistoryFile(
        epochs=np.array(epochs, dtype=np.int64),
        answers=np.array([[each.cpu().numpy() for each in one.answers] for one in results]),
        chosen=np.array([one.kept for one in results]),
    )


def curve(results: Sequence[SeedResult]) -> list[dict[str, Any]]:
    """Losses and accuracy per epoch, mean over seeds."""
    return [
        {"epoch": k + 1}
        | {name: _mean(one.rows[k][name] for one in results) for name in results[0].rows[0]}
        | {"loss": _mean(sum(one.rows[k].values()) for one in results)}
        | {"zsl": 100 * _mean(one.accuracies[k] for one in results)}
        for k in range(len(results[0].rows))
    ]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
