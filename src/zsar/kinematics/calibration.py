"""What descriptions of unseen classes should be corrected by, learned on seen classes.

Of every attribute: how measurements follow from descriptions (a straight line, drawn towards
identity), how far classes lie from that line, and how much performances vary. How strongly to trust
the seen classes is chosen by leaving some of them out, as if they were unseen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from itertools import product
from typing import Annotated

import numpy as np
from jaxtyping import Float64, Int64
from pydantic import Field

from zsar.bounds import Amount, Count, Positive, Probability
from zsar.kinematics.described import Descriptions
from zsar.kinematics.evidence import (
    Expectation,
    evidence,
    expectation,
    relative_spread,
    scores,
    shares,
    totals,
)
from zsar.kinematics.vocabulary import Measured, vocabulary

ALONE = 0.3  # classes just like it, that a class without any like it counts for
LEAST = 0.25  # sigma that the clips of a class differ by at least
Row = Float64[np.ndarray, " attribute"]


@dataclass(frozen=True)
class Trust:
    """Candidates stand in the settings; one is chosen."""

    identity: float  # seen classes that the descriptions as they are weigh as much as
    tail: float  # degrees of freedom of the Student-t
    neighbours: float  # share of the residual of like classes that is taken over


@dataclass(frozen=True)
class CalibrationConfig:
    """Candidates for `Trust`, and how they are compared: so many times, with so many seen classes
    left out."""

    identity: Annotated[list[Amount], Field(min_length=1)]
    tail: Annotated[list[Positive], Field(min_length=1)]
    neighbours: Annotated[list[Probability], Field(min_length=1)]
    folds: Count
    held_out: Count

    @property
    def candidates(self) -> list[Trust]:
        return [Trust(*each) for each in product(self.identity, self.tail, self.neighbours)]


@dataclass(frozen=True)
class Calibration:
    """Of every attribute: measured = offset + slope * described, with this scale around it."""

    offset: Row
    slope: Row
    scale: Row
    share: Row  # of an attribute's evidence that no other attribute gives as well
    centres: Float64[np.ndarray, "seen attribute"]  # described
    residuals: Float64[np.ndarray, "seen attribute"]
    trust: Float64[np.ndarray, " setting"]  # the fields of Trust

    def expectation(self, described: Descriptions) -> Expectation:
        plain, trust = expectation(described), Trust(*map(float, self.trust))
        centre = self.offset + self.slope * plain.centre
        correction = np.stack(
            [_kernel(each, self.centres, self.residuals) for each in np.rollaxis(plain.centre, 1)],
            axis=1,
        )
        spread = relative_spread(described)
        wider = plain.scale**2 - (vocabulary().column("sigma") * spread) ** 2
        return Expectation(
            centre + trust.neighbours * correction,
            np.sqrt((self.scale * spread) ** 2 + np.maximum(wider, 0.0)),
            plain.weight,
            trust.tail,
            self.share,
        )


@dataclass(frozen=True)
class Calibrated(Calibration):
    """The same, and the seen classes as they were measured, for when they are candidates too."""

    seen: Int64[np.ndarray, " seen"]
    mean: Float64[np.ndarray, "seen attribute"]
    within: Row

    def expectation(self, described: Descriptions) -> Expectation:
        """Of an unseen class from its description, of a seen one from its clips: its spread is the
        geometric mean of what they show and of what is allowed for an unseen class, so that the two
        can be compared (chosen on the synthetic recordings)."""
        found = super().expectation(described)
        centre, scale, weight = (x.copy() for x in (found.centre, found.scale, found.weight))
        for row, each in enumerate(described.ids):
            if each in self.seen:
                centre[row] = self.mean[np.searchsorted(self.seen, each)]
                scale[row] = np.sqrt(self.within * self.scale)
                weight[row] = np.arange(weight.shape[1]) == 0
        return Expectation(centre, scale, weight, found.tail, found.share)

    def scores(self, measured: Measured, described: Descriptions) -> np.ndarray:
        return scores(measured, self.expectation(described))


def calibrated(
    measured: Measured,
    labels: Int64[np.ndarray, " clip"],
    described: Descriptions,
    config: CalibrationConfig,
) -> Calibrated:
    """From clips of seen classes and the descriptions of all classes, of which those of the seen
    ones are read."""
    seen = np.unique(labels)
    own, places = described[seen], np.searchsorted(seen, labels)
    unseen = max(len(described) - len(seen), 2)
    held_out = min(config.held_out, unseen, len(seen) // 2)
    trust = choose(measured, places, own, config.candidates, config.folds, held_out)
    classes = SeenClasses.of(measured, places, own)
    return Calibrated(
        **vars(calibrate(classes, trust)),
        seen=described.ids[seen],
        mean=np.where(np.isnan(classes.mean), classes.described, classes.mean),
        within=np.where(
            np.isnan(classes.variance).all(0),
            vocabulary().column("sigma"),
            within_classes(classes.variance),
        ),
    )


@dataclass(frozen=True)
class SeenClasses:
    """What was measured on each seen class: mean and variance, products of attributes, and the
    nearest of its described variants."""

    mean: Float64[np.ndarray, "seen attribute"]
    variance: Float64[np.ndarray, "seen attribute"]
    products: Float64[np.ndarray, "seen attribute attribute"]  # sums over clips of deviations
    described: Float64[np.ndarray, "seen attribute"]

    @staticmethod
    def of(
        measured: Measured, labels: Int64[np.ndarray, " clip"], described: Descriptions
    ) -> "SeenClasses":
        """`labels` are places among the descriptions, each of which has clips."""
        mean, variance = class_moments(measured, labels, len(described))
        deviation = np.nan_to_num(measured - mean[labels])
        products = [
            deviation[labels == each].T @ deviation[labels == each] for each in range(len(mean))
        ]
        expected = expectation(described)
        apart = np.abs(expected.centre - mean[:, None]) / vocabulary().column("sigma")
        apart = np.where(described.weight > 0, np.nanmean(np.minimum(apart, 4), axis=2), np.inf)
        nearest = apart.argmin(1)
        found = expected.centre[np.arange(len(mean)), nearest]
        return SeenClasses(mean, variance, np.stack(products), found)

    def __getitem__(self, some: np.ndarray) -> "SeenClasses":
        fields = (self.mean, self.variance, self.products, self.described)
        return SeenClasses(*(each[some] for each in fields))

    @cached_property
    def share(self) -> Row:
        """Of an attribute's evidence, as others that vary together with it say the same again; the
        mean is 1."""
        products = self.products.sum(0)
        deviation = np.sqrt(np.diag(products))
        varies = deviation > 1e-9
        scale = np.where(varies, deviation, 1.0)
        squares = np.where(varies & varies[:, None], (products / scale / scale[:, None]) ** 2, 0.0)
        found = shares() / (1 + squares.sum(0) - np.diag(squares))
        return found / found.mean()


def class_moments(
    measured: Measured, labels: Int64[np.ndarray, " clip"], classes: int
) -> tuple[Float64[np.ndarray, "class attribute"], Float64[np.ndarray, "class attribute"]]:
    """NaN where an attribute could not be measured in any clip of a class."""
    found = np.full((2, classes, measured.shape[1]), np.nan)
    for each in range(classes):
        rows = measured[labels == each]
        known = ~np.isnan(rows)
        count = known.sum(0)
        some = np.maximum(count, 1)
        mean = np.where(known, rows, 0.0).sum(0) / some
        variance = np.where(known, (rows - mean) ** 2, 0.0).sum(0) / some
        found[0, each] = np.where(count, mean, np.nan)
        found[1, each] = np.where(count, variance, np.nan)
    return found[0], found[1]


def within_classes(variance: Float64[np.ndarray, "class attribute"]) -> Row:
    """Deviation of clips from the mean of their class, over all classes, and a quarter sigma at
    least."""
    known = ~np.isnan(variance)
    mean = np.where(known, variance, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.sqrt(mean + (LEAST * vocabulary().column("sigma")) ** 2)


def calibrate(seen: SeenClasses, trust: Trust) -> Calibration:
    """Seen classes against the prior that descriptions are right as they are."""
    sigma = vocabulary().column("sigma")
    known = ~np.isnan(seen.mean)
    count = known.sum(0)
    some = np.maximum(count, 1)
    x, error = seen.described, np.where(known, seen.mean - seen.described, 0.0)
    middle = np.where(known, x, 0.0).sum(0) / some
    apart = np.where(known, x - middle, 0.0)
    shift = error.sum(0) / (count + trust.identity)
    tilt = (apart * (error - shift)).sum(0) / ((apart**2).sum(0) + trust.identity * sigma**2)
    slope, offset = 1 + tilt, shift - tilt * middle
    residual = np.where(known, seen.mean - (offset + slope * x), 0.0)
    leverage = 1 / (some + trust.identity) + apart**2 / (
        (apart**2).sum(0) + trust.identity * sigma**2
    )
    left_out = residual / np.maximum(1 - leverage, 0.2)
    within = np.where(known, np.nan_to_num(seen.variance), 0.0)
    found = (left_out**2 + within).sum(0)
    scale = np.sqrt((found + trust.identity * sigma**2) / (count + trust.identity))
    return Calibration(offset, slope, scale, seen.share, x, residual, np.array(astuple(trust)))


def _kernel(
    centres: Float64[np.ndarray, "class attribute"],
    seen: Float64[np.ndarray, "seen attribute"],
    residuals: Float64[np.ndarray, "seen attribute"],
) -> Float64[np.ndarray, "class attribute"]:
    """Residuals of seen classes, weighted by how like their descriptions are."""
    sigma = vocabulary().column("sigma")
    found = np.zeros_like(centres)
    for row, centre in enumerate(centres):
        squares = np.minimum(((centre - seen) / sigma) ** 2, 9.0).mean(1)
        weight = np.exp(-squares)
        found[row] = (weight[:, None] * residuals).sum(0) / (weight.sum() + ALONE)
    return found


def choose(
    measured: Measured,
    labels: Int64[np.ndarray, " clip"],
    described: Descriptions,
    candidates: Sequence[Trust],
    folds: int,
    held_out: int,
) -> Trust:
    """The candidate with which seen classes are told apart best when they are left out: some at a
    time, so many times. Candidates that are as good as the best within a standard error are
    equal; the first of them is taken."""
    if held_out < 2 or len(candidates) == 1:
        return candidates[0]
    seen = SeenClasses.of(measured, labels, described)
    rows = []
    for left_out in _left_out(len(described), folds, held_out):
        kept = seen[np.setdiff1d(np.arange(len(described)), left_out)]
        rows.append(
            [_accuracy(measured, labels, described, kept, left_out, each) for each in candidates]
        )
    found = np.array(rows)
    mean = found.mean(0)
    best = int(mean.argmax())
    behind = found[:, best, None] - found
    error = behind.std(0) / np.sqrt(len(found))
    return candidates[int((behind.mean(0) <= error).argmax())]


def _left_out(classes: int, folds: int, held_out: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(0)
    for _ in range(folds):
        yield np.sort(random.permutation(classes)[:held_out])


def _accuracy(
    measured: Measured,
    labels: Int64[np.ndarray, " clip"],
    described: Descriptions,
    kept: SeenClasses,
    left_out: np.ndarray,
    trust: Trust,
) -> float:
    """Of clips of classes that calibration did not see, each class counting the same."""
    expected = calibrate(kept, trust).expectation(described[left_out])
    rows = np.flatnonzero(np.isin(labels, left_out))
    answers = left_out[totals(evidence(measured[rows], expected)).argmax(1)]
    right = answers == labels[rows]
    return float(np.mean([right[labels[rows] == each].mean() for each in left_out]))
