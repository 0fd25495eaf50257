"""The gate: a logistic regression that decides whether a clip is of a seen or an unseen class.

Gupta et al., "Syntactically guided generative embeddings for zero-shot skeleton action
recognition", ICIP 2021, https://arxiv.org/abs/2101.11530.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from zsar.evaluation.metrics import ScoredClips

SEARCHED_THRESHOLDS = np.arange(25, 75) / 100  # as published
Probabilities = Float[np.ndarray, " clip"]
IsSeen = Bool[np.ndarray, " clip"]


@dataclass(frozen=True)
class GateFeatures:
    """What the regression gets of a clip: the highest probabilities of either side, descending."""

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
    """A clip is of an unseen class if the probability of that is above the threshold."""

    features: GateFeatures
    weights: Float[np.ndarray, " weight"]
    bias: float
    threshold: float

    def prob_unseen(
        self,
        unseen_scores: Float[np.ndarray, "clip unseen"],
        seen_logits: Float[np.ndarray, "clip seen"],
    ) -> Probabilities:
        """The probability of each clip to be of an unseen class."""
        logits = self.features(unseen_scores, seen_logits) @ self.weights + self.bias
        return np.exp(-np.logaddexp(0, -logits))

    def predict(self, clips: ScoredClips) -> Int[np.ndarray, " clip"]:
        """A class for each clip: the encoder chooses a seen one, the method an unseen one."""
        as_seen = clips.seen[clips.seen_logits.argmax(1)]
        as_unseen = clips.unseen[clips.unseen_scores.argmax(1)]
        is_unseen = self.prob_unseen(clips.unseen_scores, clips.seen_logits) > self.threshold
        return np.where(is_unseen, as_unseen, as_seen)

    def log_likelihood(
        self,
        unseen_scores: Float[np.ndarray, "clip unseen"],
        seen_logits: Float[np.ndarray, "clip seen"],
        is_seen: IsSeen,
    ) -> float:
        """Of which clips are of seen classes; the mean over clips."""
        prob_unseen = self.prob_unseen(unseen_scores, seen_logits)
        correct = np.where(is_seen, 1 - prob_unseen, prob_unseen)
        return float(np.log(np.maximum(correct, np.finfo(np.float64).tiny)).mean())

    @property
    def tuned(self) -> dict[str, float]:
        """What was chosen on the validation phase, beside the weights."""
        return {"temperature": self.features.temperature, "threshold": self.threshold}


def select_gate(
    validation: ScoredClips, candidates: Iterable[GateFeatures], threshold: float | str, C: float
) -> Gate:
    """Of a gate for each of these features, the one with the highest likelihood.

    Not the one with the best harmonic mean: on so few clips that once chose a temperature at which
    nearly all clips look alike.
    """
    clips = validation.unseen_scores, validation.seen_logits, validation.is_seen
    gates = (fit_gate(features, *clips, threshold, C) for features in candidates)
    return max(gates, key=lambda gate: gate.log_likelihood(*clips))


def fit_gate(
    features: GateFeatures,
    unseen_scores: Float[np.ndarray, "clip unseen"],
    seen_logits: Float[np.ndarray, "clip seen"],
    is_seen: IsSeen,
    threshold: float | str,
    C: float,
) -> Gate:
    """Fit the regression, then the threshold, if it is a name of THRESHOLDS."""
    from sklearn.linear_model import LogisticRegression  # 2 s, which only fitting needs

    regression = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10)
    regression.fit(features(unseen_scores, seen_logits), ~is_seen)
    gate = Gate(features, regression.coef_[0], float(regression.intercept_[0]), np.nan)
    if isinstance(threshold, str):
        prob_unseen = gate.prob_unseen(unseen_scores, seen_logits)
        threshold = THRESHOLDS[threshold](prob_unseen, is_seen)
    return replace(gate, threshold=threshold)


def half(prob_unseen: Probabilities, is_seen: IsSeen) -> float:
    """SynSE, MSF."""
    return 0.5


def class_means(prob_unseen: Probabilities, is_seen: IsSeen) -> float:
    """AMSF: midway between the means of clips of seen and of clips of unseen classes."""
    return float(prob_unseen[is_seen].mean() + prob_unseen[~is_seen].mean()) / 2


def best_accuracy(prob_unseen: Probabilities, is_seen: IsSeen) -> float:
    """SynSE, CADA-VAE, ReViSE, JPoSE: most clips on their side; the lowest such threshold.

    They search on clips that they leave out of the regression; here it is the same clips.
    """
    correct = [((prob_unseen > each) != is_seen).mean() for each in SEARCHED_THRESHOLDS]
    return float(SEARCHED_THRESHOLDS[np.argmax(correct)])


THRESHOLDS = {"half": half, "class_means": class_means, "best_accuracy": best_accuracy}


def softmax(
    scores: Float[np.ndarray, "clip class"], temperature: float
) -> Float[np.ndarray, "clip class"]:
    scores = scores.astype(np.float64) / temperature
    odds = np.exp(scores - scores.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)
