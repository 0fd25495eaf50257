"""How well measurements fit descriptions, in nats, attribute by attribute.

The score of a class is the sum over its attributes, and over one more column: how usual the variant
is that fits best. So a difference of scores is exactly the sum of what each attribute says.
"""

from dataclasses import dataclass
from math import lgamma

import numpy as np
from jaxtyping import Float64

from zsar.kinematics.described import Descriptions
from zsar.kinematics.vocabulary import Measured, vocabulary

SPREAD = 0.35  # of the described differences in spread that is believed, in logarithms
TAIL = 20.0  # degrees of freedom: a single wrong number must not outweigh all others
SHARE = {"legs": 0.5}  # of the evidence of a group: knees, feet and steps say the same again
TEMPERATURE = 10.0
AT_ONCE = 100_000  # clips times classes
Evidence = Float64[np.ndarray, "clip class term"]  # the last term is that of the variant


@dataclass(frozen=True)
class Expectation:
    """What is expected of each variant of each class: a Student-t distribution per attribute."""

    centre: Float64[np.ndarray, "class variant attribute"]
    scale: Float64[np.ndarray, "class variant attribute"]
    weight: Float64[np.ndarray, "class variant"]
    tail: float
    share: Float64[np.ndarray, " attribute"]  # of each attribute's evidence that counts

    def __getitem__(self, classes: np.ndarray) -> "Expectation":
        fields = (self.centre[classes], self.scale[classes], self.weight[classes])
        return Expectation(*fields, self.tail, self.share)


def expectation(described: Descriptions) -> Expectation:
    """From descriptions alone. Where a class says nothing, what is usual among them holds."""
    sigma = vocabulary().column("sigma")
    centre, spread = _usual(described)
    own = (sigma * relative_spread(described)) ** 2 + np.nan_to_num(described.between) ** 2
    unknown = np.isnan(described.value)
    return Expectation(
        np.where(unknown, centre, described.value),
        np.sqrt(np.where(unknown, sigma**2 + spread**2, own)),
        described.weight,
        TAIL,
        shares(),
    )


def shares() -> Float64[np.ndarray, " attribute"]:
    """What counts of each attribute's evidence, before anything is known of how it varies."""
    return np.array([SHARE.get(each.group, 1.0) for each in vocabulary().attributes.values()])


def relative_spread(described: Descriptions) -> Float64[np.ndarray, "class variant attribute"]:
    """How much more performances of a class are said to differ than those of others."""
    known = ~np.isnan(described.spread)
    logarithm = np.log(np.where(known, described.spread, 1.0))
    mean = logarithm.sum((0, 1)) / np.maximum(known.sum((0, 1)), 1)
    return np.exp(SPREAD * np.where(known, np.clip(logarithm - mean, -1, 1), 0.0))


def _usual(described: Descriptions) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of every attribute over classes and variants; of one that no class
    describes, the middle of its range."""
    known = ~np.isnan(described.value) & (described.weight > 0)[..., None]
    weight = np.where(known, described.weight[..., None], 0.0)
    total = np.maximum(weight.sum((0, 1)), 1e-9)
    value = np.where(known, described.value, 0.0)
    mean = (weight * value).sum((0, 1)) / total
    deviation = np.sqrt((weight * (value - mean) ** 2 * known).sum((0, 1)) / total)
    low, high = (vocabulary().column(each) for each in ("low", "high"))
    described_at_all = known.any((0, 1))
    mean = np.where(described_at_all, mean, (low + high) / 2)
    deviation = np.where(described_at_all, deviation, (high - low) / 4)
    for place, attribute in enumerate(vocabulary().attributes.values()):
        if attribute.unsaid:
            mean[place], deviation[place] = attribute.unsaid
    return mean, deviation


def evidence(measured: Measured, expected: Expectation) -> Evidence:
    """Log densities of what was measured; what could not be measured says nothing, and a clip of
    which nothing could be has no evidence, NaN."""
    clips, (classes, variants, attributes) = len(measured), expected.centre.shape
    best = np.full((clips, classes), -np.inf)
    found = np.zeros((clips, classes, attributes + 1))
    for variant in range(variants):
        having = np.flatnonzero(expected.weight[:, variant] > 0)
        terms = np.empty((clips, len(having), attributes + 1))
        terms[..., :-1] = expected.share * _log_student(
            measured[:, None],
            expected.centre[having, variant],
            expected.scale[having, variant],
            expected.tail,
        )
        terms[..., -1] = np.log(expected.weight[having, variant])
        score = totals(terms)
        better = score > best[:, having]
        best[:, having] = np.where(better, score, best[:, having])
        found[:, having] = np.where(better[..., None], terms, found[:, having])
    found[np.isnan(measured).all(1)] = np.nan
    return found


def scores(measured: Measured, expected: Expectation) -> Float64[np.ndarray, "clip class"]:
    """Logits: nats over a constant, for attributes are not independent and say the same again.

    Some clips at a time: the terms of all would need a hundred times the memory of the scores.
    """
    clips = max(1, AT_ONCE // len(expected.centre))
    blocks = np.array_split(measured, max(1, -(-len(measured) // clips)))
    return np.concatenate([totals(evidence(each, expected)) for each in blocks]) / TEMPERATURE


def totals(terms: Evidence) -> Float64[np.ndarray, "clip class"]:
    """Nats: terms added one after the other, so that the sum does not depend on how many
    clips there are."""
    return np.add.accumulate(terms, axis=-1)[..., -1]


def _log_student(value: np.ndarray, centre: np.ndarray, scale: np.ndarray, tail: float):
    constant = lgamma((tail + 1) / 2) - lgamma(tail / 2) - np.log(tail * np.pi) / 2
    z = (value - centre) / scale
    density = constant - np.log(scale) - (tail + 1) / 2 * np.log1p(z * z / tail)
    return np.where(np.isnan(density), 0.0, density)


def class_vectors(described: Descriptions) -> Float64[np.ndarray, "class attribute"]:
    """One vector for each class, the mean of its variants, in units of what is usual around the
    mean of all classes."""
    centre = expectation(described).centre
    mean = (described.weight[..., None] * np.nan_to_num(centre)).sum(1)
    return standardised(mean, mean.mean(0))


def standardised(
    values: Float64[np.ndarray, "row attribute"], centre: Float64[np.ndarray, " attribute"]
) -> Float64[np.ndarray, "row attribute"]:
    """In units of sigma, at most three; what is unknown is in the middle."""
    scaled = (values - centre) / vocabulary().column("sigma")
    return np.clip(np.nan_to_num(scaled), -3, 3)
