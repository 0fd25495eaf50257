"""Chooses how scores of the model that needs no training become confidence.

    python -m benchmarks.confidence utd_mhad nw_ucla demo

Recordings are read from data/raw. Clips are those of the training side of the official protocol, of
classes that no split leaves unseen. In each trial some labels are drawn, the clip's own among them
half the time; the prior of `zsar.prediction.kinematic` is left out. Described: labels are any known
classes. Predicted: they are sentences about the data set, by a regression that was trained on all
other data sets.

    loss       log loss of the answer, `none` being right where the own label is not there
    right      answers that are right, %
    off        difference between confidence and what is right, over ten bins, points
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.free_text import recorded_pairs
from benchmarks.kinematics import DataSet, data_set
from zsar.data import protocols
from zsar.kinematics.described import concatenated
from zsar.kinematics.evidence import TEMPERATURE, expectation, scores
from zsar.kinematics.known_classes import KnownClasses, known_classes
from zsar.prediction.kinematic import SYNONYM
from zsar.text.free_text_training import SENTENCES, Pairs, others, train

SETS = ("utd_mhad", "nw_ucla", "demo")
LABELS = (2, 3, 4, 5, 8)  # in a trial
TEMPERATURES = (4.0, 6.0, 8.0, 10.0, 15.0)
NONE = (0.0, 1.0, 2.0, 3.0)
BINS = 10


class Trial(NamedTuple):
    """Nats of the labels, the own one first where it is there, and of all other known classes."""

    labels: np.ndarray
    others: np.ndarray
    present: bool


def allowed(data: DataSet) -> np.ndarray:
    """Rows of the training side, of classes that no published split leaves unseen."""
    splits = protocols.dataset(data.name).splits.values()
    unseen = sorted({each for split in splits for each in split.unseen})
    if data.name == "demo":  # nothing of it is real: all its classes
        unseen = []
    measured = ~np.isnan(data.values).all(1)
    return np.flatnonzero(data.trains & measured & ~np.isin(data.labels, unseen))


def described(data: DataSet, known: KnownClasses, random: np.random.Generator) -> Iterator[Trial]:
    rows, names = allowed(data), np.array(known.names)
    nats = scores(data.values[rows], expectation(known.described)) * TEMPERATURE
    first = known.datasets.index(data.name)
    for found, label in zip(nats, data.labels[rows] + first, strict=True):
        pool = np.flatnonzero(names != names[label])
        drawn = random.choice(pool, random.choice(LABELS), replace=False)
        present = bool(random.random() < 0.5)
        if present:
            drawn[0] = label
        yield Trial(found[drawn], np.delete(found, drawn), present)


def predicted(
    data: DataSet, sets: list[Pairs], known: KnownClasses, random: np.random.Generator
) -> Iterator[Trial]:
    (own,) = (each for each in sets if each.name == data.name)
    rest = others(sets, own)
    model, rows = train(rest, "all but one"), allowed(data)
    said_here = frozenset().union(*own.texts)
    kept = [  # as `others` keeps them
        known.of(each.name).described[
            np.array([said_here.isdisjoint(texts) for texts in each.texts])
        ]
        for each in sets
        if each.name != own.name
    ]
    for source in range(len(SENTENCES)):
        said = own.features[:, source]
        nats = (
            scores(data.values[rows], expectation(concatenated([model.describe(said), *kept])))
            * TEMPERATURE
        )
        alike = model.similarity(said, sum(map(len, kept)))
        for found, label in zip(nats, data.labels[rows], strict=True):
            pool = np.setdiff1d(np.arange(len(said)), label)
            drawn = random.choice(pool, min(random.choice(LABELS), len(pool)), replace=False)
            present = bool(random.random() < 0.5)
            if present:
                drawn[0] = label
            differs = alike[drawn].max(0) < SYNONYM
            yield Trial(found[drawn], found[len(said) :][differs], present)


def judged(trials: list[Trial], temperature: float, none: float) -> tuple[float, float, float]:
    losses, right, sure = [], [], []
    for labels, rest, present in trials:
        logits = np.append(
            labels / temperature, none + np.logaddexp.reduce(rest / temperature) - np.log(len(rest))
        )
        shares = np.exp(logits - np.logaddexp.reduce(logits))
        truth = 0 if present else len(labels)
        losses.append(-np.log(max(shares[truth], 1e-12)))
        right.append(shares.argmax() == truth)
        sure.append(shares.max())
    order = np.argsort(sure)
    bins = np.array_split(order, BINS)
    off = sum(
        len(each) * abs(np.mean(np.array(sure)[each]) - np.mean(np.array(right)[each]))
        for each in bins
    )
    return float(np.mean(losses)), 100 * float(np.mean(right)), 100 * off / len(order)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", choices=SETS)
    names = parser.parse_args().sets
    known, sets, random = known_classes(), recorded_pairs(), np.random.default_rng(0)
    data = {name: data_set(name) for name in names}
    kinds = {
        "described": {name: list(described(data[name], known, random)) for name in names},
        "predicted": {name: list(predicted(data[name], sets, known, random)) for name in names},
    }
    for kind, trials in kinds.items():
        table = [
            (np.mean([judged(each, t, n)[0] for each in trials.values()]), t, n)
            for t in TEMPERATURES
            for n in NONE
        ]
        for loss, temperature, none in sorted(table)[:3]:
            print(f"{kind}: temperature {temperature:g}, none {none:g}: loss {loss:.3f}")
        _, temperature, none = min(table)
        for name, each in trials.items():
            loss, right, off = judged(each, temperature, none)
            print(f"  {name}: loss {loss:.2f}, right {right:.0f} %, off {off:.0f}", flush=True)


if __name__ == "__main__":
    main()
