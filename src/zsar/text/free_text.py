"""Structured descriptions predicted from any sentence, by kernel regression on sentence features.

The regression comes with zsar (`free_text_training` says what it learns from); a prediction is
rougher than a description, and says by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float16, Float32, Float64

from zsar.errors import UserError
from zsar.kinematics.described import Descriptions
from zsar.kinematics.vocabulary import Vocabulary, vocabulary
from zsar.text import quick_minilm
from zsar.text.embedding import TextEncoder

FILE = "free_text.safetensors"
REMEDY = "run `python -m benchmarks.free_text --write`"
Features = Float64[np.ndarray, "row width"]
Outputs = Float64[np.ndarray, "row output"]  # values in sigma, then whether they have a meaning
SHARPNESS = 1.0  # of the kernel: errs least where a whole data set is left out
Values = Float64[np.ndarray, "row attribute"]


@dataclass(frozen=True)
class FreeText:
    """The regression: what a sentence says of every attribute, in units of sigma, and then whether
    those that may be null have a meaning."""

    sentences: Float16[np.ndarray, "sentence width"]  # features of those that it was trained on
    weight: Float32[np.ndarray, "sentence output"]
    intercept: Float64[np.ndarray, " output"]
    deviation: Float64[np.ndarray, " attribute"]  # from descriptions, leaving one data set out
    strength: float
    trained_on: str

    def describe(self, features: Features) -> Descriptions:
        """One variant for each sentence; the doubt in the prediction stands between drafts."""
        known = vocabulary()
        raw = outputs(features, self.sentences, self.weight, self.intercept)
        value = np.where(_meaningless(raw, known), np.nan, valid(raw, known))[:, None]
        there = np.where(np.isnan(value), np.nan, 1.0)
        return Descriptions(
            value,
            there * known.column("sigma"),
            there * self.deviation,
            np.ones((len(value), 1)),
            np.arange(len(value)),
        )

    def similarity(self, features: Features, classes: int) -> Float64[np.ndarray, "row class"]:
        """Cosines of sentences with the nearest text of each class that it was trained on."""
        cosines = features @ self.sentences.astype(np.float64).T
        return cosines.reshape(len(features), classes, -1).max(2)


def describe(sentences: Sequence[str]) -> Descriptions:
    """What these sentences say, one class each, by the regression that comes with zsar."""
    return trained().describe(features(sentences))


def features(sentences: Sequence[str]) -> Features:
    """Of any sentences, as the regression that comes with zsar reads them."""
    return embedded(sentences, quick_minilm.encoder())


def embedded(sentences: Sequence[str], by: TextEncoder) -> Features:
    distinct = list(dict.fromkeys(sentences))
    rows = {text: row[0] for text, row in by.encode(distinct)}
    return np.array([rows[each] for each in sentences], dtype=np.float64)


def outputs(
    features: Features, sentences: np.ndarray, weight: np.ndarray, intercept: np.ndarray
) -> Outputs:
    """Sentence by sentence, so that none depends on those beside it."""
    wide = weight.astype(np.float64)
    return np.stack([kernel(each[None], sentences)[0] @ wide + intercept for each in features])


def kernel(
    some: Float[np.ndarray, "row width"], others: Float[np.ndarray, "other width"]
) -> Float64[np.ndarray, "row other"]:
    """Of sentences: a Gaussian of their distance."""
    a, b = some.astype(np.float64), others.astype(np.float64)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.exp(-SHARPNESS * np.maximum(squares, 0.0))


def valid(raw: Outputs, known: Vocabulary) -> Values:
    """In the units of the attributes, within their ranges, and without contradictions."""
    low, high = known.column("low"), known.column("high")
    value = np.clip(raw[:, : len(known)] * known.column("sigma"), low, high)
    place = {name: column for column, name in enumerate(known)}
    value[:, place["people"]] = np.where(_two(raw, known), 2.0, 1.0)
    for _ in known.at_most:  # a chain is no longer than the list
        for smaller, larger in known.at_most:
            value[:, place[smaller]] = np.minimum(value[:, place[smaller]], value[:, place[larger]])
    return value


def _two(raw: Outputs, known: Vocabulary) -> Bool[np.ndarray, " row"]:
    people = list(known).index("people")
    return raw[:, people] * known.column("sigma")[people] > 1.5


def nullable(known: Vocabulary) -> list[int]:
    """Attributes that may be null for reasons of their own, not because nobody else is there."""
    return [
        column
        for column, each in enumerate(known.attributes.values())
        if each.rest is None and each.group != "pair"
    ]


def _meaningless(raw: Outputs, known: Vocabulary) -> Bool[np.ndarray, "row attribute"]:
    found = np.zeros((len(raw), len(known)), dtype=bool)
    found[:, nullable(known)] = raw[:, len(known) :] < 0.5
    pair = [list(known).index(each) for each in known.group("pair") if each != "people"]
    found[:, pair] = ~_two(raw, known)[:, None]
    return found


def as_bytes(model: FreeText) -> bytes:
    from safetensors.numpy import save

    tensors = {
        "sentences": model.sentences,
        "weight": model.weight,
        "intercept": model.intercept,
        "deviation": model.deviation,
        "strength": np.array([model.strength]),
    }
    return save(tensors, {"trained_on": model.trained_on})


def from_file(file: Path) -> FreeText:
    from safetensors import safe_open

    with safe_open(file, framework="numpy") as content:
        trained_on = content.metadata()["trained_on"]
        tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    if not trained_on.startswith(f"vocabulary {vocabulary().version} "):
        raise UserError(
            f"{file}: trained on {trained_on.rpartition(' ')[0]}, expected vocabulary"
            f" {vocabulary().version}; {REMEDY}"
        )
    strength = float(tensors.pop("strength")[0])
    return FreeText(**tensors, strength=strength, trained_on=trained_on)


@cache
def trained() -> FreeText:
    """The one that comes with zsar."""
    with resources.as_file(resources.files("zsar.text").joinpath(FILE)) as file:
        return from_file(file)
