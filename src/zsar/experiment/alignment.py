"""Training of a method, its evaluation on unseen clips after each epoch, the choice of an epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from zsar.data.artifacts import HistoryFile
from zsar.experiment.inputs import scores_among
from zsar.learning.training import Row
from zsar.learning.world import Clips, Text
from zsar.methods.base import Method
from zsar.processes import Report


@dataclass(frozen=True)
class UnseenEvaluation:
    """Unseen clips, and the candidate classes among all texts."""

    clips: Clips
    text: Text
    unseen: Tensor

    def answers(self, method: Method, seed: int) -> Tensor:
        scores = scores_among(method, self.clips, self.text, self.unseen, seed)
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
    report: Report,
) -> SeedResult:
    """Fit to the end, then give the method the weights of the chosen epoch; without one, of the
    first that is best."""
    result = SeedResult([], [], [], 0)
    state, kept = {}, 0
    for epoch, row in enumerate(method.fit(seen, evaluation.text), 1):
        answers = evaluation.answers(method, seed)
        accuracy = (answers == evaluation.clips.labels).float().mean().item()
        best = max(result.accuracies, default=-1.0)
        if epoch == chosen or (chosen is None and accuracy > best):
            state = {name: value.clone() for name, value in method.state_dict().items()}
            kept = epoch
        result.rows.append(row)
        result.answers.append(answers)
        result.accuracies.append(accuracy)
        report(row)
    method.load_state_dict(state)
    return SeedResult(result.rows, result.answers, result.accuracies, kept)


def history(result: SeedResult) -> HistoryFile:
    answers = np.stack([each.cpu().numpy() for each in result.answers])
    return HistoryFile(answers, np.array(result.kept))


def losses(result: SeedResult) -> list[dict[str, Any]]:
    """Losses and accuracy of every epoch."""
    return [
        {"epoch": epoch, **row, "loss": sum(row.values()), "zsl": 100 * accuracy}
        for epoch, (row, accuracy) in enumerate(zip(result.rows, result.accuracies, strict=True), 1)
    ]
