"""The model that needs no training: what a label means for the body, against what a clip measures.

A label that is the name of a described class has its structured descriptions, of all data sets that
have it; of any other sentence they are predicted. Confidence compares candidates with one another
and with the mean of all classes that zsar knows, which stand for everything else.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Float64

from zsar.evaluation.gate import softmax
from zsar.kinematics.actors import motion_of
from zsar.kinematics.described import Descriptions, concatenated
from zsar.kinematics.evidence import TEMPERATURE, Expectation, expectation, scores
from zsar.kinematics.explain import Explanation, explain_by
from zsar.kinematics.known_classes import KnownClasses, known_classes
from zsar.kinematics.measure import measure
from zsar.kinematics.vocabulary import vocabulary
from zsar.prediction.excerpts import Excerpt
from zsar.prediction.model import PRESENT, Model, Weighed


@dataclass(frozen=True)
class Confidence:
    """How scores become shares: nats that count as one, and how much likelier than their mean the
    known classes are to hold what is none of the candidates, in such units."""

    temperature: float
    none: float


# Chosen by log loss on synthetic clips and training clips of UTD-MHAD and NW-UCLA, of classes that
# none of their splits leaves unseen, the truth being among the candidates half the time
# (benchmarks/confidence.py); for sentences the sharpest of those within 0.04 of the least loss.
DESCRIBED = Confidence(6.0, 2.0)
PREDICTED = Confidence(8.0, 1.0)  # sentences, without the data set that they are about
SYNONYM = 0.75  # cosine from which on a known class says the same as a sentence


@dataclass(frozen=True)
class Candidates:
    """Labels with what is expected of them, and of all other known classes behind them."""

    labels: tuple[str, ...]
    described: Descriptions
    expected: Expectation
    predicted: tuple[bool, ...]

    @cached_property
    def confidence(self) -> Confidence:
        return PREDICTED if any(self.predicted) else DESCRIBED


class KinematicModel(Model):
    """Of classes that are described, and of any sentences."""

    def __init__(self, known: KnownClasses, classes: tuple[str, ...]):
        self.known, self.classes = known, classes
        self.candidates = lru_cache(maxsize=4)(self._candidates)

    def weigh(self, some: Sequence[Excerpt], labels: tuple[str, ...]) -> Weighed:
        candidates = self.candidates(labels)
        nats = scores(measured(some), candidates.expected) * TEMPERATURE
        unseen = np.asarray(np.isnan(nats).any(1))  # nobody is there
        nats[unseen] = 0.0
        for k in np.flatnonzero(unseen).tolist():
            warnings.warn(f"{some[k].recording.name}: nobody is there to be measured", stacklevel=2)
        own, others = nats[:, : len(labels)], nats[:, len(labels) :]
        rule = candidates.confidence
        prior = np.log(PRESENT / (1 - PRESENT))
        usual = np.logaddexp.reduce(others / rule.temperature, axis=1) - np.log(others.shape[1])
        none = rule.none - prior + usual
        shares = softmax(np.column_stack([own / rule.temperature, none]), 1.0)
        shares[unseen] = np.arange(shares.shape[1]) == len(labels)
        return Weighed(own, shares)

    def explain(
        self, some: Sequence[Excerpt], labels: tuple[str, ...]
    ) -> Sequence[Explanation | None]:
        if len(labels) < 2:
            return [None] * len(some)
        candidates = self.candidates(labels)
        expected = candidates.expected[np.arange(len(labels))]
        return [
            None
            if np.isnan(values).all()
            else explain_by(expected, each.recording.name, values, candidates.described, labels)
            for each, values in zip(some, measured(some), strict=True)
        ]

    def _candidates(self, labels: tuple[str, ...]) -> Candidates:
        found = [self.known.find(each) for each in labels]
        sentences = [label for label, each in zip(labels, found, strict=True) if each is None]
        predicted, synonyms = _predicted(sentences, len(self.known.names))
        own = concatenated([predicted.pop(0) if each is None else each for each in found])
        named = [place for label in labels for place in self.known.named(label)]
        others = np.setdiff1d(np.arange(len(self.known.names)), [*named, *synonyms])
        expected = expectation(concatenated([own, self.known.described[others]]))
        return Candidates(labels, own, expected, tuple(each is None for each in found))


def kinematic_model(dataset: str = "") -> KinematicModel:
    """Of the classes of a data set that zsar describes, or of labels that are named later."""
    known = known_classes()
    return KinematicModel(known, known.of(dataset).names if dataset else ())


def measured(some: Sequence[Excerpt]) -> Float64[np.ndarray, "excerpt attribute"]:
    """The attributes of each; how long a window is says nothing."""
    found = measure([motion_of(each.recording) for each in some])
    windows = [row for row, each in enumerate(some) if not each.whole]
    found[windows, list(vocabulary()).index("duration")] = np.nan
    return found


def _predicted(sentences: Sequence[str], classes: int) -> tuple[list[Descriptions], list[int]]:
    """What each is predicted to mean, and which of all known classes say the same as one."""
    if not sentences:
        return [], []
    from zsar.text import free_text

    model, features = free_text.trained(), free_text.features(sentences)
    found = model.describe(features)
    synonyms = (model.similarity(features, classes) >= SYNONYM).any(0)
    return [found[np.array([row])] for row in range(len(found))], np.flatnonzero(synonyms).tolist()
