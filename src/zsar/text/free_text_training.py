"""Train the regression from sentences to structured descriptions, on all recorded pairs of them.

Kernel ridge regression: Saunders, Gammerman and Vovk, ICML 1998.
`python -m benchmarks.free_text --write` makes the file that zsar ships.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float16, Float32, Float64

from zsar.kinematics import descriptions
from zsar.kinematics.described import Descriptions
from zsar.kinematics.known_classes import KnownClasses, joined
from zsar.kinematics.vocabulary import vocabulary
from zsar.text import quick_minilm
from zsar.text.descriptions import class_names, recorded_texts
from zsar.text.free_text import FreeText, kernel, nullable, outputs, valid

# What says one class; `verbs` are read too, but different classes may share them.
SENTENCES = ("names", "actions", "motions", "actions_long", "motions_long")
SOURCES = (*SENTENCES, "verbs")
STRENGTHS = (0.03, 0.1, 0.3, 1.0)  # of the ridge; one is chosen by leaving data sets out


@dataclass(frozen=True)
class Pairs:
    """Sentences about the classes of one data set, and what these were described to measure."""

    name: str
    texts: tuple[frozenset[str], ...]  # of each class: its name and sentences
    features: Float64[np.ndarray, "class source width"]
    value: Float64[np.ndarray, "class attribute"]  # mean over the variants, NaN without meaning
    known: Float64[np.ndarray, "class attribute"]  # share of the variants in which it has one

    def __getitem__(self, chosen: Bool[np.ndarray, " class"]) -> "Pairs":
        texts = tuple(self.texts[each] for each in np.flatnonzero(chosen))
        return Pairs(
            self.name, texts, self.features[chosen], self.value[chosen], self.known[chosen]
        )


def pairs(folder: Path, features: Mapping[str, Float32[np.ndarray, " width"]]) -> Pairs:
    """Of a folder of descriptions; `features` are those of each of its texts."""
    names = class_names(folder)
    texts = recorded_texts(folder, len(names))
    described = descriptions.load(folder / descriptions.FILE, names)
    value, known = class_means(described)
    rows = [[features[text] for text in texts[source]] for source in SOURCES]
    spoken = zip(*(texts[source] for source in SENTENCES), strict=True)
    return Pairs(
        folder.name,
        tuple(map(frozenset, spoken)),
        np.array(rows, dtype=np.float64).swapaxes(0, 1),
        value,
        known,
    )


def class_means(described: Descriptions) -> tuple[np.ndarray, np.ndarray]:
    """Of every class and attribute: the mean over the variants in which it has a meaning, NaN if
    there is none, and their share."""
    known = ~np.isnan(described.value) & (described.weight > 0)[..., None]
    weight = np.where(known, described.weight[..., None], 0.0)
    total = weight.sum(1)
    some = total > 0
    sums = (weight * np.where(known, described.value, 0.0)).sum(1)
    return np.where(some, sums / np.where(some, total, 1.0), np.nan), total


def others(sets: Sequence[Pairs], left_out: Pairs) -> list[Pairs]:
    """All but one data set, without classes that share a name or a sentence with one of its."""
    said = frozenset().union(*left_out.texts)
    return [
        each[np.array([said.isdisjoint(texts) for texts in each.texts])]
        for each in sets
        if each.name != left_out.name
    ]


def train(sets: Sequence[Pairs], trained_on: str) -> FreeText:
    """The strength is the one that errs least where a whole data set is left out, in mean squares
    of sigma; every data set and every sentence of it counts the same."""
    errors = [_errors(others(sets, each), each) for each in sets]
    squares = mean_of_known(np.array(errors))
    best = int(np.nanmean(squares, axis=1).argmin())
    ((weight, intercept),) = kernel_ridge(sets, STRENGTHS[best : best + 1])
    return FreeText(
        sentence_features(sets),
        weight.astype(np.float32),
        intercept,
        np.sqrt(np.nan_to_num(squares[best])) * vocabulary().column("sigma"),
        STRENGTHS[best],
        trained_on,
    )


def _errors(sets: Sequence[Pairs], left_out: Pairs) -> Float64[np.ndarray, "strength attribute"]:
    """Mean squares over sentences; NaN for what none of these classes is described by."""
    known, (_, sources, width) = vocabulary(), left_out.features.shape
    features, trained_on = left_out.features.reshape(-1, width), sentence_features(sets)
    expected = np.repeat(left_out.value, sources, axis=0)
    found = []
    for model in kernel_ridge(sets, STRENGTHS):
        predicted = valid(outputs(features, trained_on, *model), known)
        apart = (predicted - expected) / known.column("sigma")
        found.append(mean_of_known(apart**2))
    return np.array(found)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Over the first axis; NaN where nothing is known."""
    return np.ma.masked_invalid(values).mean(0).filled(np.nan)


def sentence_features(sets: Sequence[Pairs]) -> Float16[np.ndarray, "sentence width"]:
    """Of every source of every class; rounded, as they are kept in the file."""
    rows = [each.features.reshape(-1, each.features.shape[2]) for each in sets]
    return np.concatenate(rows).astype(np.float16)


def kernel_ridge(
    sets: Sequence[Pairs], strengths: Sequence[float]
) -> Iterator[tuple[Float64[np.ndarray, "sentence output"], Float64[np.ndarray, " output"]]]:
    """Weights and intercepts for each strength, from every sentence with the class it is about."""
    known, features = vocabulary(), sentence_features(sets)
    value = np.concatenate([each.value for each in sets]) / known.column("sigma")
    share = np.concatenate([each.known for each in sets])[:, nullable(known)]
    targets = np.repeat(np.concatenate([value, share], axis=1), len(SOURCES), axis=0)
    there = ~np.isnan(targets)
    centre = (known.column("low") + known.column("high")) / 2 / known.column("sigma")
    # Described by no class: the middle of its range, and null.
    nothing = np.concatenate([centre, np.zeros(share.shape[1])])
    intercept = np.where(there.any(0), mean_of_known(targets), nothing)
    products = kernel(features, features)
    for strength in strengths:
        weight = np.zeros(targets.shape)
        # Attributes with a meaning in the same classes are solved together.
        for rows in np.unique(there.T, axis=0):
            columns = (there == rows[:, None]).all(0)
            some = np.flatnonzero(rows)
            damped = products[np.ix_(some, some)] + strength * np.eye(len(some))
            away = targets[np.ix_(some, columns)] - intercept[columns]
            weight[np.ix_(some, columns)] = np.linalg.solve(damped, away)
        yield weight, intercept


def described_folders(root: Path) -> list[Path]:
    return sorted(file.parent for file in root.glob(f"*/{descriptions.FILE}"))


def recorded_classes(root: Path) -> KnownClasses:
    """All described classes, for the file that zsar ships."""
    found = {}
    for folder in described_folders(root):
        names = tuple(class_names(folder))
        found[folder.name] = (names, descriptions.load(folder / descriptions.FILE, names))
    return joined(found)


def digest(root: Path) -> str:
    """Of everything that a regression depends on: vocabulary, encoder, texts and descriptions."""
    known = vocabulary()
    columns = [known.column(field).tobytes() for field in ("low", "high", "sigma", "rest")]
    combined = sha256(b"".join(columns) + repr((list(known), known.at_most)).encode())
    combined.update(quick_minilm.encoder().identity.encode())
    for folder in described_folders(root):
        for name in (*(f"{source}.txt" for source in SOURCES), descriptions.FILE):
            combined.update(f"{folder.name}/{name}".encode())
            combined.update(sha256((folder / name).read_bytes()).digest())
    return f"vocabulary {known.version} {combined.hexdigest()}"
