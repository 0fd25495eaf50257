"""Why a clip is one class rather than another: evidence in nats, attribute by attribute."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from zsar.kinematics.described import Descriptions
from zsar.kinematics.evidence import Expectation, evidence, expectation, totals
from zsar.kinematics.vocabulary import vocabulary

VARIANT = "variant"  # the term for how usual the way is that fits best
NOTHING = "not measured"


@dataclass(frozen=True)
class Reason:
    """What one attribute says for the first class against the second."""

    attribute: str
    nats: float
    measured: float | None
    expected: float | None
    against: float | None
    unit: str
    meaning: str


@dataclass(frozen=True)
class Explanation:
    """The nats of the reasons sum to `nats`, the difference of the scores."""

    clip: str
    answer: str
    against: str
    nats: float
    reasons: list[Reason]  # strongest first
    ranking: list[tuple[str, float]]  # all classes, nats behind the best

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def strongest(self, top: int) -> dict[str, Any]:
        """As the pages take it: so many reasons, and the sum of the others."""
        return {
            "answer": self.answer,
            "against": self.against,
            "nats": self.nats,
            "reasons": [asdict(each) for each in self.reasons[:top]],
            "others": sum(each.nats for each in self.reasons[top:]),
        }

    def lines(self, top: int) -> list[str]:
        """For the terminal: the classes that fit best, and the strongest reasons."""
        ranked = ", ".join(f"{name} ({nats:+.1f})" for name, nats in self.ranking[:5])
        shown = self.reasons[:top]
        width = max(len(each.attribute) for each in shown)
        rest = sum(each.nats for each in self.reasons[top:])
        return [
            f"{self.clip}: {ranked}",
            f"{self.answer}, not {self.against}: {self.nats:+.1f} nats, of which",
            *(_line(each, width) for each in shown),
            f"  {'others':{width}}  {rest:+6.1f}  {len(self.reasons) - len(shown)} attributes",
        ]


def explain(
    clip: str,
    measured: Float64[np.ndarray, " attribute"],
    described: Descriptions,
    classes: Sequence[str],
    answer: int | None = None,
    against: int | None = None,
) -> Explanation:
    """Between two classes: the one that fits best and the second, where none is named."""
    return explain_by(expectation(described), clip, measured, described, classes, answer, against)


def explain_by(
    expected: Expectation,
    clip: str,
    measured: Float64[np.ndarray, " attribute"],
    described: Descriptions,
    classes: Sequence[str],
    answer: int | None = None,
    against: int | None = None,
) -> Explanation:
    """The same, by what is expected of these classes."""
    of_clip = evidence(measured[None], expected)
    scores, terms = totals(of_clip)[0], of_clip[0]
    order = np.argsort(-scores, kind="stable")
    first = int(order[0]) if answer is None else answer
    second = int(next(each for each in order if each != first)) if against is None else against
    chosen = [_best_variant(measured, expected, each) for each in (first, second)]
    pairs = zip((first, second), chosen, strict=True)
    values = [described.value[each, variant] for each, variant in pairs]
    known = vocabulary()
    difference = terms[first] - terms[second]
    numbers = [[_plain(value) for value in row] for row in (measured, *values)]
    reasons = [
        Reason(name, float(nats), here, own, other, attribute.unit, attribute.meaning)
        for (name, attribute), nats, here, own, other in zip(
            known.attributes.items(), difference[:-1], *numbers, strict=True
        )
    ]
    usual = float(difference[-1])
    reasons.append(Reason(VARIANT, usual, None, None, None, "", "how usual this way to do it is"))
    reasons.sort(key=lambda each: -abs(each.nats))
    ranking = [(classes[each], float(scores[each] - scores[order[0]])) for each in order]
    return Explanation(
        clip, classes[first], classes[second], float(difference.sum()), reasons, ranking
    )


def _best_variant(
    measured: Float64[np.ndarray, " attribute"], expected: Expectation, each: int
) -> int:
    """The variant of a class that its score is of: as a class of its own it scores best. A class
    with fewer variants than others has empty places behind them."""
    known = np.flatnonzero(expected.weight[each] > 0)
    alone = Expectation(
        expected.centre[each][known, None],
        expected.scale[each][known, None],
        expected.weight[each][known, None],
        expected.tail,
        expected.share,
    )
    return int(known[totals(evidence(measured[None], alone))[0].argmax()])


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _line(reason: Reason, width: int) -> str:
    def number(value: float | None, absent: str) -> str:
        return absent if value is None else f"{value:.2f}"

    expected = f"{number(reason.expected, 'unsaid')} against {number(reason.against, 'unsaid')}"
    measured = f"measured {number(reason.measured, NOTHING)}, expected {expected} {reason.unit}"
    detail = measured if reason.attribute != VARIANT else reason.meaning
    return f"  {reason.attribute:{width}}  {reason.nats:+6.1f}  {detail}"
