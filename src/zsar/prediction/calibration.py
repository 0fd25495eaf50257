"""How sure a trained cell is of its answers, by the classes that were unseen in its validation
phase: no clip of the test phase takes part.

That it is one of some labels is weighed by their mean likelihood against that of the other classes
of the data set, as a likelihood ratio. In each trial some of the unseen classes of the validation
phase are labels, the clip's own among them or left out altogether, half the time each.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from zsar.bounds import Finite, Positive
from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, ScoreFile, SplitFile, read
from zsar.evaluation.gate import softmax
from zsar.prediction.model import PRESENT

TEMPERATURES = np.geomspace(1e-4, 1e3, 141)
LABELS = (1, 2, 3, 4, 5, 8)  # in a trial, at most as many as there are beside the clip's own
FEWEST = 3  # unseen classes of a validation phase that can tell what is none of some labels
MOST_CLIPS = 400  # that are tried, evenly spread
BISECTIONS = 60


@dataclass(frozen=True)
class Presence:
    """Whether a clip is one of some labels."""

    temperature: Positive  # of the scores, where labels are weighed against other classes
    threshold: Finite  # nats of evidence at which they are as likely there as not

    def none(
        self,
        labels: Float[np.ndarray, "clip label"],
        others: Float[np.ndarray, "clip other"],
    ) -> Float64[np.ndarray, " clip"]:
        """That it is none of them, by the scores of the labels and of other classes."""
        sides = (_mean_likelihood(each, self.temperature) for each in (labels, others))
        evidence = np.subtract(*sides)
        return _logistic(self.threshold - np.log(PRESENT / (1 - PRESENT)) - evidence)


@dataclass(frozen=True)
class Calibration:
    """How the scores of a cell become confidence."""

    temperature: Positive  # of the scores, between labels
    presence: Presence | None  # None where the validation phase could not tell

    def shares(self, scores: Float[np.ndarray, "clip label"]) -> Float64[np.ndarray, "clip label"]:
        """Of each label, if it is one of them."""
        return softmax(scores, self.temperature)


@dataclass(frozen=True)
class Trials:
    """Scores of a clip for all classes, which of these are labels and which the others; both leave
    the clip's own class out where it is not among the labels."""

    scores: Float64[np.ndarray, "trial class"]
    labels: Bool[np.ndarray, "trial class"]
    others: Bool[np.ndarray, "trial class"]
    present: Bool[np.ndarray, " trial"]
    targets: Int[np.ndarray, " trial"]  # the clip's own class

    def evidence(self, temperature: float) -> Float64[np.ndarray, " trial"]:
        labels, others = (
            _mean_likelihood(np.where(side, self.scores, -np.inf), temperature, side.sum(1))
            for side in (self.labels, self.others)
        )
        return labels - others


def calibration(cell: Cell) -> Calibration | None:
    """Of a seed of a cell; None where its validation phase is not there."""
    cell = cell.in_phase("validation")
    if not (cell.scores.is_file() and cell.split_file.is_file()):
        return None
    split, scores = read(cell.split_file, SplitFile), read(cell.scores, ScoreFile)
    labels = read(cell.clips, ClipFile).labels[split.test_unseen]
    targets = np.searchsorted(split.unseen, labels)
    joint = np.array(scores.joint[len(split.test_seen) :], dtype=np.float64)
    alone = np.array(scores.zsl, dtype=np.float64)
    sound = np.isfinite(joint).all(1) & np.isfinite(alone).all(1)
    if not sound.any():
        return None
    temperature, found = _temperature(alone[sound], targets[sound]), None
    if len(np.unique(targets[sound])) >= FEWEST:
        found = presence(trials(joint[sound], len(split.seen), targets[sound]))
    return Calibration(temperature, found)


def trials(
    scores: Float64[np.ndarray, "clip class"], seen: int, targets: Int[np.ndarray, " clip"]
) -> Trials:
    """Two of each clip; the first columns are seen classes, and `targets` count behind them."""
    random = np.random.default_rng(0)
    rows = np.arange(min(len(scores), MOST_CLIPS)) * len(scores) // min(len(scores), MOST_CLIPS)
    unseen = scores.shape[1] - seen
    labels = np.zeros((len(rows), 2, scores.shape[1]), dtype=bool)
    others = np.ones_like(labels)
    for place, target in enumerate(targets[rows]):
        rest = random.permutation(np.delete(np.arange(unseen), target))
        drawn = rest[: random.choice(LABELS)]
        labels[place, 0, seen + np.append(target, drawn[1:])] = True
        labels[place, 1, seen + drawn] = True
        others[place, 1, seen + target] = False
    others &= ~labels
    present = np.tile([True, False], len(rows))
    flat = (-1, scores.shape[1])
    return Trials(
        np.repeat(scores[rows], 2, 0),
        labels.reshape(flat),
        others.reshape(flat),
        present,
        np.repeat(targets[rows], 2),
    )


def presence(some: Trials) -> Presence | None:
    """Tells whether the own class is among the labels: the most cautious one that loses no more
    than the best, within the standard error over classes, where each class is judged by the
    threshold of the others. None where a coin would do."""
    evidence = np.stack([some.evidence(each) for each in TEMPERATURES[::2]])
    losses = []
    for each in np.unique(some.targets):
        own = some.targets == each
        threshold = _threshold(evidence[:, ~own], some.present[~own])[:, None]
        wrong = np.where(some.present[own], -1, 1) * (evidence[:, own] - threshold)
        losses.append(np.logaddexp(0, wrong).mean(1))
    mean = np.mean(losses, axis=0)
    best = int(np.argmin(mean))
    allowed = mean[best] + np.std(np.array(losses)[:, best], ddof=1) / np.sqrt(len(losses))
    chosen = int(np.flatnonzero(mean <= allowed)[-1])
    if allowed >= np.log(2):
        return None
    return Presence(
        float(TEMPERATURES[::2][chosen]), float(_threshold(evidence, some.present)[chosen])
    )


def _threshold(
    evidence: Float64[np.ndarray, "temperature trial"], present: Bool[np.ndarray, " trial"]
) -> Float64[np.ndarray, " temperature"]:
    """The loss is least where the mean confidence is the share of those that are absent."""
    low, high = evidence.min(1), evidence.max(1)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = _logistic(middle[:, None] - evidence).mean(1) < np.mean(~present)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _temperature(
    scores: Float64[np.ndarray, "clip class"], targets: Int[np.ndarray, " clip"]
) -> float:
    """By which the confidence in the answers is right on average."""
    own = scores[np.arange(len(scores)), targets]
    losses = [
        float(np.mean(np.logaddexp.reduce(scores / each, axis=1) - own / each))
        for each in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _mean_likelihood(
    scores: Float[np.ndarray, "clip class"],
    temperature: float,
    counts: Int[np.ndarray, " clip"] | None = None,
) -> Float64[np.ndarray, " clip"]:
    """Its logarithm; of so many of the classes, where others are -inf."""
    total = np.logaddexp.reduce(scores.astype(np.float64) / temperature, axis=1)
    return total - np.log(scores.shape[1] if counts is None else counts)


def _logistic(logits: Float64[np.ndarray, "*any"]) -> Float64[np.ndarray, "*any"]:
    return np.exp(-np.logaddexp(0, -logits))
