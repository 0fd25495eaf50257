"""What structured descriptions are worth on real recordings: random splits, other data sets,
ablations, speed.

    python -m benchmarks.kinematics utd_mhad nw_ucla msr_action3d sbu --to metrics/kinematics.json

Recordings are read from data/raw. For each data set: many random divisions of the classes into seen
and unseen ones (`--splits` for every size); seen classes calibrate with the training side of the
official protocol, unseen ones are tested on its test side. Candidates are those of
settings/methods.yaml; ablations, and calibration on other data sets, take one of them.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from zsar.atomic import atomic_write
from zsar.cells import RECORDED, Cell
from zsar.config.config import load
from zsar.config.settings import Settings
from zsar.data.protocols.membership import ClipOrigins, sides
from zsar.data.recording import Damaged, Recording
from zsar.dataset_info import dataset_info
from zsar.experiment.raw_recordings import read_recordings
from zsar.kinematics import descriptions
from zsar.kinematics.actors import motion_of
from zsar.kinematics.calibration import CalibrationConfig, SeenClasses, Trust, calibrate, calibrated
from zsar.kinematics.described import Descriptions
from zsar.kinematics.evidence import Expectation, evidence, expectation, totals
from zsar.kinematics.measure import measure
from zsar.kinematics.timeline import Motion
from zsar.kinematics.vocabulary import vocabulary
from zsar.reproducible import restart_pinned
from zsar.text.descriptions import class_names

SIZES = {"utd_mhad": (5, 9, 13), "nw_ucla": (2, 5), "msr_action3d": (5, 10), "sbu": (2, 4)}


@dataclass(frozen=True)
class DataSet:
    """Measurements of all recordings, which side of the protocol they are on, and descriptions."""

    name: str
    classes: tuple[str, ...]
    values: np.ndarray
    labels: np.ndarray
    trains: np.ndarray
    drafts: list[list[descriptions.Draft]]
    seconds: float  # that measuring took, reading left out

    @property
    def described(self) -> Descriptions:
        return descriptions.merged(self.drafts)


def data_set(name: str) -> DataSet:
    config = load()
    cell, section = Cell(name), config.dataset(name)
    known = dataset_info(name, section)
    settings = Settings(config.at(cell).values)
    origins, motions = _read(cell, settings)
    began = time.process_time()
    values = measure(motions)
    seconds = time.process_time() - began
    here = sides(origins, dataset=known, protocol=section.protocol)
    trains = np.zeros(len(motions), dtype=bool)
    trains[here.train] = True
    folder = RECORDED / section.descriptions
    path = folder / descriptions.FILE
    drafts = descriptions.parse(path.read_text(encoding="utf-8"), class_names(folder), str(path))
    return DataSet(
        name, known.classes, values, origins.labels, trains, drafts[: known.count], seconds
    )


def _read(cell: Cell, settings: Settings) -> tuple[ClipOrigins, list[Motion]]:
    found = [
        each[1]
        for each in read_recordings(cell, settings, _row, "reading")
        if not isinstance(each, Damaged)
    ]
    motions, *columns = zip(*found, strict=True)
    return ClipOrigins(*(np.array(each) for each in columns)), list(motions)


def _row(recording: Recording) -> tuple[Any, ...]:
    return (
        motion_of(recording),
        recording.label,
        recording.subject,
        recording.camera,
        recording.setup,
    )


def divisions(data: DataSet, unseen: int, count: int) -> Iterator[np.ndarray]:
    """The unseen classes of each random split."""
    random = np.random.default_rng(unseen)
    for _ in range(count):
        yield np.sort(random.permutation(len(data.classes))[:unseen])


def accuracy(data: DataSet, expected: Expectation, classes: np.ndarray, rows: np.ndarray) -> float:
    answers = classes[totals(evidence(data.values[rows], expected)).argmax(1)]
    return 100 * float((answers == data.labels[rows]).mean())


def test_rows(data: DataSet, classes: np.ndarray) -> np.ndarray:
    return np.flatnonzero(~data.trains & np.isin(data.labels, classes))


def nothing_learned(data: DataSet, unseen: np.ndarray, described: Descriptions) -> float:
    expected = expectation(described[unseen])
    return accuracy(data, expected, unseen, test_rows(data, unseen))


def with_calibration(
    data: DataSet, unseen: np.ndarray, described: Descriptions, config: CalibrationConfig
) -> float:
    seen = np.setdiff1d(np.arange(len(data.classes)), unseen)
    rows = np.flatnonzero(data.trains & np.isin(data.labels, seen))
    found = calibrated(data.values[rows], data.labels[rows], described, config)
    expected = found.expectation(described[unseen])
    return accuracy(data, expected, unseen, test_rows(data, unseen))


def class_means(data: DataSet, unseen: np.ndarray) -> float:
    """A ceiling: the unseen classes' own training clips instead of descriptions."""
    rows = np.flatnonzero(data.trains & np.isin(data.labels, unseen))
    places = np.searchsorted(unseen, data.labels[rows])
    seen = SeenClasses.of(data.values[rows], places, data.described[unseen])
    sigma = vocabulary().column("sigma")
    centre = np.where(np.isnan(seen.mean), seen.described, seen.mean)[:, None]
    scale = np.sqrt(np.nan_to_num(np.nanmean(seen.variance, axis=0)) + (sigma / 4) ** 2)
    expected = Expectation(
        centre,
        np.broadcast_to(scale, centre.shape),
        np.ones((len(unseen), 1)),
        5.0,
        np.ones(len(sigma)),
    )
    return accuracy(data, expected, unseen, test_rows(data, unseen))


def spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values):.0f}"


def random_splits(data: DataSet, count: int, config: CalibrationConfig) -> dict[str, Any]:
    found = {}
    described = data.described
    for size in SIZES[data.name]:
        splits = list(divisions(data, size, count))
        rows = {
            "nothing_learned": [nothing_learned(data, each, described) for each in splits],
            "calibrated": [with_calibration(data, each, described, config) for each in splits],
            "class_means": [class_means(data, each) for each in splits],
        }
        found[str(size)] = {
            name: {"mean": np.mean(each), "std": np.std(each)} for name, each in rows.items()
        }
        print(data.name, size, {name: spread(each) for name, each in rows.items()}, flush=True)
    return found


def all_classes(data: DataSet) -> dict[str, Any]:
    """Nothing learned, every class a candidate, all clips; and which classes fail, as what."""
    every = np.arange(len(data.classes))
    answers = totals(evidence(data.values, expectation(data.described))).argmax(1)
    right = answers == data.labels
    failures = {}
    for each in every:
        rows = data.labels == each
        wrong = np.bincount(answers[rows & ~right], minlength=len(every))
        failures[data.classes[each]] = {
            "right": 100 * float(right[rows].mean()),
            "mostly": data.classes[int(wrong.argmax())] if wrong.any() else "",
        }
    print(data.name, "all classes", f"{100 * right.mean():.1f}", flush=True)
    return {"accuracy": 100 * float(right.mean()), "classes": failures}


def ablations(data: DataSet, count: int, config: CalibrationConfig) -> dict[str, Any]:
    """Calibrated accuracy over the middle size of split: groups left out, noise, drafts."""
    size = SIZES[data.name][len(SIZES[data.name]) // 2]
    splits = list(divisions(data, size, count))
    quick = replace(
        config, identity=config.identity[:1], tail=config.tail[:1], neighbours=config.neighbours[:1]
    )

    def mean(changed: DataSet, described: Descriptions) -> float:
        return float(
            np.mean([with_calibration(changed, each, described, quick) for each in splits])
        )

    described, known = data.described, vocabulary()
    found = {"unseen": size, "everything": mean(data, described)}
    for group in known.groups:
        without = data.values.copy()
        without[:, np.isin(list(known), known.group(group))] = np.nan
        found[f"without {group}"] = mean(replace(data, values=without), described)
    random = np.random.default_rng(0)
    sigma = known.column("sigma")
    for share in (0.5, 1.0):
        noise = share * sigma * random.standard_normal(described.value.shape)
        found[f"noise of {share:g} sigma"] = mean(
            data, replace(described, value=described.value + noise)
        )
    for drafts in range(1, min(map(len, data.drafts))):
        some = [
            mean(data, descriptions.merged([each[k : k + drafts] for each in data.drafts]))
            for k in range(min(map(len, data.drafts)) - drafts + 1)
        ]
        found[f"{drafts} of {min(map(len, data.drafts))} drafts"] = float(np.mean(some))
    shuffled = random.permutation(len(described))
    found["descriptions of other classes"] = mean(
        data, replace(described[shuffled], ids=described.ids)
    )
    print(data.name, {k: round(v, 1) for k, v in found.items()}, flush=True)
    return found


def across(data: DataSet, others: Sequence[DataSet]) -> dict[str, float]:
    """All classes of a data set, calibrated on all classes of another."""
    found = {}
    for other in others:
        rows = np.flatnonzero(other.trains)
        seen = SeenClasses.of(other.values[rows], other.labels[rows], other.described)
        expected = calibrate(seen, Trust(16.0, 20.0, 0.0)).expectation(data.described)
        every = np.arange(len(data.classes))
        found[other.name] = accuracy(data, expected, every, np.arange(len(data.labels)))
    print(data.name, "calibrated on", {k: round(v, 1) for k, v in found.items()}, flush=True)
    return found


def rounded(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: rounded(each) for key, each in values.items()}
    return values if isinstance(values, str | int) else round(float(values), 2)


def main() -> None:
    restart_pinned()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+", choices=SIZES)
    parser.add_argument("--splits", type=int, default=50, help="random ones for every size")
    parser.add_argument("--to", type=Path, help="a JSON file")
    arguments = parser.parse_args()
    values = load().files["methods"]["kinematic_calibrated"]["default"]
    keys = ("identity", "tail", "neighbours", "folds", "held_out")
    config = CalibrationConfig(**{key: values[key] for key in keys})
    sets = [data_set(name) for name in arguments.datasets]
    found: dict[str, Any] = {}
    for data in sets:
        others = [each for each in sets if each is not data]
        print(data.name, f"{len(data.labels) / data.seconds:.0f} clips a second", flush=True)
        found[data.name] = {
            "random_splits": random_splits(data, arguments.splits, config),
            "all_classes": all_classes(data),
            "ablations": ablations(data, arguments.splits // 2, config),
            "calibrated_on": across(data, others),
        }
    if arguments.to:
        with atomic_write(arguments.to) as draft:
            text = json.dumps(rounded(found), indent=1, sort_keys=True)
            draft.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
