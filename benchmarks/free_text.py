"""How far descriptions predicted from sentences are from described classes; trains the regression.

    python -m benchmarks.free_text                              # descriptions only, no recording
    python -m benchmarks.free_text --clips demo                 # and recordings of data/raw/demo
    python -m benchmarks.free_text --write                      # makes the file that zsar ships

Each data set is left out: the regression is trained on all others, without classes that share a
name or a sentence with one of its classes, and predicts its classes from their names, or from the
five sentences of each, averaged. The strength of the ridge is chosen inside the training part.

    apart     mean absolute difference from the described values, in sigma
    usual     the same for the mean of the classes that were trained on: nothing is read
    nearest   the own described class is the nearest of the data set to a prediction, %
    people    rightly predicted as one person or two, %
    named     a performance exactly as described is given to its own class by the predictions, %
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kinematics import DataSet, accuracy, data_set
from zsar.atomic import atomic_write
from zsar.cells import CACHE, RECORDED
from zsar.kinematics import known_classes
from zsar.kinematics.described import Descriptions
from zsar.kinematics.evidence import evidence, expectation, totals
from zsar.kinematics.vocabulary import vocabulary
from zsar.reproducible import restart_pinned
from zsar.text import free_text, quick_minilm
from zsar.text.cache import Cache
from zsar.text.descriptions import class_names, recorded_texts
from zsar.text.embedding import cached_rows
from zsar.text.free_text import FreeText
from zsar.text.free_text_training import (
    SENTENCES,
    SOURCES,
    Pairs,
    described_folders,
    digest,
    mean_of_known,
    others,
    pairs,
    recorded_classes,
    train,
)

SETS = ("utd_mhad", "nw_ucla", "msr_action3d", "sbu", "demo")
FARTHEST = 3.0  # sigma: an attribute counts no more than this to what is nearest
SHIPPED = Path("src/zsar/text", free_text.FILE)
KNOWN = Path("src/zsar/kinematics", known_classes.FILE)


def recorded_pairs() -> list[Pairs]:
    folders = described_folders(RECORDED)
    texts = {
        text
        for folder in folders
        for source, lines in recorded_texts(folder, len(class_names(folder))).items()
        if source in SOURCES
        for text in lines
    }
    by = quick_minilm.encoder()
    rows = cached_rows(sorted(texts), by, Cache(CACHE / "vectors"))
    features = {text: row[0] for text, row in rows.items()}
    return [pairs(folder, features) for folder in folders]


def predictions(model: FreeText, left_out: Pairs) -> dict[str, Descriptions]:
    """Of its classes from their names, and from five sentences."""
    spoken = left_out.features[:, : len(SENTENCES)]
    return {"names": model.describe(spoken[:, 0]), "five": model.describe(spoken.mean(1))}


def apart(predicted: Descriptions, left_out: Pairs) -> np.ndarray:
    """Every prediction from every class: the mean over attributes that both have."""
    sigma = vocabulary().column("sigma")
    distance = np.abs(predicted.value[:, :1] - left_out.value[None]) / sigma
    return np.nanmean(np.minimum(distance, FARTHEST), axis=2)


def compared(predicted: Descriptions, left_out: Pairs) -> dict[str, float]:
    sigma, own = vocabulary().column("sigma"), np.arange(len(left_out.value))
    nearest = apart(predicted, left_out).argmin(1)
    people = list(vocabulary()).index("people")
    two = (predicted.value[:, 0, people] > 1.5) == (left_out.value[:, people] > 1.5)
    named = totals(evidence(left_out.value, expectation(predicted))).argmax(1)
    return {
        "apart": float(np.nanmean(np.abs(predicted.value[:, 0] - left_out.value) / sigma)),
        "nearest": 100 * float((nearest == own).mean()),
        "people": 100 * float(two.mean()),
        "named": 100 * float((named == own).mean()),
    }


def usual(sets: Sequence[Pairs], left_out: Pairs) -> float:
    mean = mean_of_known(np.concatenate([each.value for each in sets]))
    return float(np.nanmean(np.abs(mean - left_out.value) / vocabulary().column("sigma")))


def right(data: DataSet, described: Descriptions) -> float:
    """Of all clips, with all classes as candidates."""
    every = np.arange(len(data.classes))
    return accuracy(data, expectation(described[every]), every, np.arange(len(data.labels)))


def measured(data: DataSet, predicted: dict[str, Descriptions]) -> dict[str, float]:
    candidates = {"described": data.described} | predicted
    return {name: right(data, each) for name, each in candidates.items()}


def main() -> None:
    restart_pinned()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", choices=SETS, default=[], help="measure recordings")
    parser.add_argument("--write", action="store_true", help=f"train, and write {SHIPPED}")
    parser.add_argument("--to", type=Path, help="a JSON file with the figures")
    arguments = parser.parse_args()
    sets = recorded_pairs()
    if arguments.write:
        model = train(sets, digest(RECORDED))
        with atomic_write(SHIPPED) as draft:
            draft.write_bytes(free_text.as_bytes(model))
        print(f"{SHIPPED}: strength {model.strength:g}, {SHIPPED.stat().st_size:,} bytes")
        with atomic_write(KNOWN) as draft:
            draft.write_bytes(known_classes.as_bytes(recorded_classes(RECORDED)))
        print(f"{KNOWN}: {KNOWN.stat().st_size:,} bytes")
        return
    found: dict[str, Any] = {}
    for left_out in (each for name in SETS for each in sets if each.name == name):
        rest = others(sets, left_out)
        model = train(rest, f"without {left_out.name}")
        predicted = predictions(model, left_out)
        figures: dict[str, Any] = {
            "classes": len(left_out.value),
            "trained_on": sum(len(each.value) for each in rest),
            "strength": model.strength,
            "usual": usual(rest, left_out),
        }
        figures |= {name: compared(each, left_out) for name, each in predicted.items()}
        print(left_out.name, json.dumps(figures, default=float), flush=True)
        if left_out.name in arguments.clips:
            clips = measured(data_set(left_out.name), predicted)
            print(left_out.name, "clips", json.dumps(clips), flush=True)
            figures["clips"] = clips
        found[left_out.name] = figures
    if arguments.to:
        with atomic_write(arguments.to) as draft:
            draft.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
