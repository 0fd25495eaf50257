"""What a model answers: a ranking for every clip, as rows, JSON and text."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from zsar.kinematics.explain import Explanation

NONE = "none of these"


@dataclass(frozen=True)
class Answer:
    """One candidate; confidences of all candidates and of none of them sum to 1. They are None
    where a model has not been calibrated."""

    label: str
    confidence: float | None
    score: float  # nats or logits: differences mean something, the number alone does not


@dataclass(frozen=True)
class Prediction:
    """Of a clip, or of a window of a long one, which begins and ends at these seconds."""

    clip: str
    start: float | None  # None where nobody knows how fast the clip plays
    end: float | None
    ranking: tuple[Answer, ...]  # the best first
    none: float | None  # confidence that it is none of them; None where a model cannot say
    explanation: Explanation | None = None

    @property
    def label(self) -> str | None:
        """The best candidate; None where it is likelier none of them."""
        best = self.ranking[0]
        return None if (self.none or 0.0) > (best.confidence or 0.0) else best.label

    @property
    def confidence(self) -> float | None:
        """Of the answer."""
        best = self.ranking[0].confidence
        return None if best is None else max(best, self.none or 0.0)

    def rows(self, top: int) -> Iterator[dict[str, Any]]:
        for rank, each in enumerate(self.ranking[:top], 1):
            yield {
                "clip": self.clip,
                "start": self.start,
                "end": self.end,
                "answer": self.label or NONE,
                "none": self.none,
                "rank": rank,
                **asdict(each),
            }

    def lines(self, top: int) -> list[str]:
        """For the terminal: confidences, or scores where nobody knows these."""
        when = "" if self.start is None else f" ({self.start:.1f} to {self.end:.1f} s)"
        some = self.ranking[:top]
        if self.confidence is None:
            return [f"{self.clip}{when}", *(f"  {each.score:8.3f}  {each.label}" for each in some)]
        shown = [(each.confidence or 0.0, each.label) for each in some]
        if self.none is not None:
            shown.append((self.none, NONE))
        shown.sort(key=lambda each: -each[0])
        return [f"{self.clip}{when}", *(f"  {100 * share:3.0f} %  {name}" for share, name in shown)]


class Predictions(Sequence[Prediction]):
    """One for each clip, or for each window of long ones; `pandas.DataFrame(found.rows())` is a
    table of them."""

    def __init__(self, found: Sequence[Prediction]):
        self.found = tuple(found)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...
    @overload
    def __getitem__(self, place: slice) -> "Predictions": ...
    def __getitem__(self, place: int | slice) -> "Prediction | Predictions":
        return Predictions(self.found[place]) if isinstance(place, slice) else self.found[place]

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        return "\n".join(line for each in self.found for line in each.lines(3))

    @property
    def labels(self) -> list[str | None]:
        """The answer for each; None is none of the candidates."""
        return [each.label for each in self.found]

    def rows(self, top: int = 1) -> list[dict[str, Any]]:
        """A plain row for each of the best `top` candidates of each clip."""
        return [row for each in self.found for row in each.rows(top)]

    def as_json(self, top: int) -> str:
        return json.dumps([_plain(each, top) for each in self.found], indent=1)


def _plain(found: Prediction, top: int) -> dict[str, Any]:
    plain = asdict(found)
    plain["ranking"] = plain["ranking"][:top]
    return {"answer": found.label or NONE, **plain}
