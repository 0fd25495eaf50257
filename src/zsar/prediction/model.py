"""The contract of a model: recordings and labels in, a ranking for each recording out."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from zsar.data.recording import Damaged, Recording
from zsar.data.unlabelled import Declared
from zsar.errors import UserError
from zsar.kinematics.explain import Explanation
from zsar.prediction.answers import Answer, Prediction, Predictions
from zsar.prediction.excerpts import Excerpt, excerpts
from zsar.prediction.reading import Clip, batched, declare, recordings

AT_ONCE = 256  # excerpts
MOST_LABELS = 10_000
MANIFEST = "model.json"  # of an exported model
PRESENT = 0.75  # who names candidates is taken to be right so often, before the clip is seen


@dataclass(frozen=True)
class Weighed:
    """How well each excerpt fits each label; the last confidence is that it is none of them. NaN
    where a model cannot say."""

    scores: Float64[np.ndarray, "excerpt label"]
    confidence: Float64[np.ndarray, "excerpt label_or_none"]


class Model(ABC):
    """Predicts which of some labels a clip is."""

    classes: tuple[str, ...]  # the candidates where none are named
    unsure: str = ""  # what its confidence cannot say, and why

    def predict(
        self,
        clips: Clip | Sequence[Clip],
        labels: Sequence[str] | None = None,
        *,
        layout: str = "",
        fps: float | int | None = None,
        declared: Declared | None = None,
        window: float | int | None = None,
    ) -> Predictions:
        """Of one clip or many: a path (a file, a folder, a zip archive), a recording, or an array
        of frames x joints x 3 or frames x bodies x joints x 3.

        `labels` are class names or sentences; without them, the classes of the model. `layout` and
        `fps` say what files and arrays do not; `declared` says all that can be said of them.
        Recordings of more than 12 s are taken in windows; `window` is their length in seconds, 0
        for none. The first damaged clip raises `zsar.errors.UserError`.
        """
        said = declare(layout, fps, declared)
        found = []
        for each in self.predictions(recordings(clips, said), labels, window):
            if isinstance(each, Damaged):
                raise each
            found.append(each)
        return Predictions(found)

    def predictions(
        self,
        clips: Iterable[Recording | Damaged],
        labels: Sequence[str] | None,
        window: float | int | None,
        explained: bool = False,
    ) -> Iterator[Prediction | Damaged]:
        """One by one, in order, those that are damaged among them."""
        candidates = self.checked(labels)
        for some in batched(_split(clips, window), AT_ONCE):
            whole = [each for each in some if isinstance(each, Excerpt)]
            done = iter(self._predicted(whole, candidates, explained) if whole else [])
            for each in some:
                yield each if isinstance(each, Damaged) else next(done)

    def checked(self, labels: Sequence[str] | None) -> tuple[str, ...]:
        """The candidates; UserError where they are none, empty or given twice."""
        if isinstance(labels, str):
            raise UserError(f"labels are {labels!r}, expected a list of class names or sentences")
        found = self.classes if labels is None else tuple(labels)
        if not found:
            raise UserError("no labels, expected class names or sentences to choose from")
        if len(found) > MOST_LABELS:
            raise UserError(f"{len(found)} labels, expected at most {MOST_LABELS}")
        seen: set[str] = set()
        for each in found:
            if not each.strip():
                raise UserError("a label is empty, expected a class name or a sentence")
            if each in seen:
                raise UserError(f"label {each!r} is given twice, expected different ones")
            seen.add(each)
        return found

    def _predicted(
        self, some: Sequence[Excerpt], labels: tuple[str, ...], explained: bool
    ) -> Iterator[Prediction]:
        weighed = self.weigh(some, labels)
        reasons = self.explain(some, labels) if explained else [None] * len(some)
        for row, each in enumerate(some):
            shares, none = weighed.confidence[row, :-1], weighed.confidence[row, -1]
            order = np.argsort(-weighed.scores[row], kind="stable")
            yield Prediction(
                each.recording.name,
                each.start,
                each.end,
                tuple(
                    Answer(labels[k], _known(shares[k]), float(weighed.scores[row, k]))
                    for k in order
                ),
                _known(none),
                reasons[row],
            )

    @abstractmethod
    def weigh(self, some: Sequence[Excerpt], labels: tuple[str, ...]) -> Weighed:
        """Of excerpts and labels that were checked."""

    def explain(
        self, some: Sequence[Excerpt], labels: tuple[str, ...]
    ) -> Sequence[Explanation | None]:
        """Of each, why the best label and not the second; None where a model gives no reasons."""
        return [None] * len(some)

    def export(self, folder: Path) -> None:
        """Write the model into a folder that `zsar.load` opens on any machine."""
        raise UserError(f"{type(self).__name__} comes with zsar; expected a trained cell to export")


def _known(confidence: float) -> float | None:
    return None if np.isnan(confidence) else float(confidence)


def _split(
    clips: Iterable[Recording | Damaged], window: float | int | None
) -> Iterator[Excerpt | Damaged]:
    for each in clips:
        if isinstance(each, Damaged):
            yield each
        else:
            yield from excerpts(each, window)
