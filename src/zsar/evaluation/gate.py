"""Logistic regression, small and exact."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.accuracy import Trial

STEPS = 100
CLOSE = 1e-12  # share of the cost that the last step may save


def logistic(
    features: Float[np.ndarray, "clip dim"], target: Bool[np.ndarray, " clip"], strength: float
) -> Float[np.ndarray, " weight"]:
    """Weights and, last, the bias that minimise strength x (summed log loss) + |weights|^2 / 2.

    By Newton's method, in a few steps; scikit-learn finds the same with C = strength, but takes
    longer to import than this to answer.
    """
    rows = np.column_stack((features, np.ones(len(features))))
    shrunk = np.append(np.ones(features.shape[1]), 0.0)  # the bias is free

    def cost(weights):
        logits = rows @ weights
        losses = np.logaddexp(0, logits) - target * logits
        return strength * losses.sum() + shrunk @ weights**2 / 2

    weights = np.zeros(len(shrunk))
    for _ in range(STEPS):
        chance = sigmoid(rows @ weights)
        slope = strength * rows.T @ (chance - target) + shrunk * weights
        bend = strength * (rows.T * (chance * (1 - chance))) @ rows + np.diag(shrunk)
        step, before = np.linalg.solve(bend, slope), cost(weights)
        if slope @ step < CLOSE * before:
            return weights - step
        while cost(weights - step) > before:
            step = step / 2
        weights = weights - step
    raise ArithmeticError(f"logistic regression has not settled after {STEPS} steps")


def sigmoid(logits: Float[np.ndarray, " clip"]) -> Float[np.ndarray, " clip"]:
    return np.exp(-np.logaddexp(0, -logits))


SEARCHED = np.arange(25, 75) / 100  # thresholds, as published


@dataclass(frozen=True)
class GateFeatures:
    """What a gate sees of a clip: the highest probabilities of either side, in falling order."""

    temperature: float  # of the seen side
    width: int  # of either side; there may be more classes in one phase than in the other

    def __call__(
        self,
        unseen_scores: Float[np.ndarray, "clip unseen"],
        seen_logits: Float[np.ndarray, "clip seen"],
    ) -> Float[np.ndarray, "clip both"]:
        unseen, seen = softmax(unseen_scores, 1.0), softmax(seen_logits, self.temperature)
        return np.hstack([-np.sort(-side, axis=1)[:, : self.width] for side in (unseen, seen)])


@dataclass(frozen=True)
class Gate:
    """A clip is of an unseen class if the regression gives that more than the threshold."""

    view: GateFeatures
    weights: Float[np.ndarray, " weight"]  # the bias stands last
    threshold: float

    def chance(
        self,
        unseen_scores: Float[np.ndarray, "clip unseen"],
        seen_logits: Float[np.ndarray, "clip seen"],
    ) -> Float[np.ndarray, " clip"]:
        """The probability of each clip to be of an unseen class."""
        evidence = self.view(unseen_scores, seen_logits)
        return sigmoid(evidence @ self.weights[:-1] + self.weights[-1])

    def answers(self, trial: Trial) -> Int[np.ndarray, " clip"]:
        """The encoder names the seen classes, the method the unseen ones."""
        as_seen = trial.seen[trial.seen_logits.argmax(1)]
        as_unseen = trial.unseen[trial.gate.argmax(1)]
        return np.where(
            self.chance(trial.gate, trial.seen_logits) > self.threshold, as_unseen, as_seen
        )

    def likelihood(
        self,
        unseen_scores: Float[np.ndarray, "clip unseen"],
        seen_logits: Float[np.ndarray, "clip seen"],
        is_seen: Bool[np.ndarray, " clip"],
    ) -> float:
        """The mean logarithm of the chance that the regression gives the side of each clip."""
        chance = self.chance(unseen_scores, seen_logits)
        right = np.where(is_seen, 1 - chance, chance)
        return float(np.log(np.maximum(right, np.finfo(np.float64).tiny)).mean())

    @property
    def tuned(self) -> dict[str, float]:
        """What was chosen on the validation phase, beside the weights."""
        return {"temperature": self.view.temperature, "threshold": self.threshold}


def fitted_gate(
    validation: Trial, views: Iterable[GateFeatures], threshold: float | str, strength: float
) -> Gate:
    """Of the gates that the views lead to, the one to which the validation phase is likeliest.

    The harmonic mean of so few clips is left to chance: it once chose a temperature at which nearly
    all clips look alike.
    """
    given = validation.gate, validation.seen_logits, validation.is_seen
    gates = (gate(view, *given, threshold, strength) for view in views)
    return max(gates, key=lambda each: each.likelihood(*given))


def gate(
    view: GateFeatures,
    unseen_scores: Float[np.ndarray, "clip unseen"],
    seen_logits: Float[np.ndarray, "clip seen"],
    is_seen: Bool[np.ndarray, " clip"],
    threshold: float | str,
    strength: float,
) -> Gate:
    """Fit a regression to the view, then the threshold to what the regression says, if it is not a
    number."""
    weights = logistic(view(unseen_scores, seen_logits), ~is_seen, strength)
    chance = Gate(view, weights, np.nan).chance(unseen_scores, seen_logits)
    if isinstance(threshold, str):
        threshold = THRESHOLDS[threshold](chance, is_seen)
    return Gate(view, weights, threshold)


def half(chance: Float[np.ndarray, " clip"], is_seen: Bool[np.ndarray, " clip"]) -> float:
    """SynSE, MSF."""
    return 0.5


def class_means(chance: Float[np.ndarray, " clip"], is_seen: Bool[np.ndarray, " clip"]) -> float:
    """AMSF: midway between what clips of seen and what clips of unseen classes get on average."""
    return float(chance[is_seen].mean() + chance[~is_seen].mean()) / 2


def most_right(chance: Float[np.ndarray, " clip"], is_seen: Bool[np.ndarray, " clip"]) -> float:
    """SynSE, CADA-VAE, ReViSE, JPoSE: most clips fall on their side; of equals the least.

    They search on some clips that they leave out of the regression, here all have a say.
    """
    right = [((chance > each) != is_seen).mean() for each in SEARCHED]
    return float(SEARCHED[np.argmax(right)])


THRESHOLDS = {"half": half, "class_means": class_means, "most_right": most_right}


def softmax(
    scores: Float[np.ndarray, "clip class"], temperature: float
) -> Float[np.ndarray, "clip class"]:
    scores = scores.astype(np.float64) / temperature
    odds = np.exp(scores - scores.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)
