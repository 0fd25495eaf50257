"""Test clips have no say in what is learned, chosen or fitted: poison changes only their scores."""

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import nn
from torch.nn import functional as F

from stages import align, encode, evaluate, extract, score, split
from stages.generalised import fitted
from zsar import encoders, methods, params
from zsar.data import protocols
from zsar.data.artifacts import (
    ClipFile,
    HistoryFile,
    ScoreFile,
    SplitFile,
    TextFile,
    read,
    write,
)
from zsar.encoders.base import Encoder, Footage
from zsar.errors import Complaint
from zsar.learning.training import Row
from zsar.study import Cell
from zsar.table.columns import MEANING
from zsar.table.results import flat

PARAMS = Path(__file__).parent.parent / "params.yaml"
PHASES = ("validation", "test")
CLASSES, FRAMES, WIDTH = 30, 12, 6
PERFORMERS = (1, 2, 4, 5, 8, 3, 6)  # of demo's cross-subject division: five train, two test
QUICK = {  # settings of methods that fit this world, by key
    "batch_size": 32,
    "cross_after": 10,
    "cycles": 3,
    "drawn_frames": 5,
    "epochs": 4,
    "heads": 1,
    "kept_frames": 8,
    "lr": 0.02,
    "motion_kl_after": 10,
    "ratio": 1,
    "samples": 20,
    "steps": 30,
    "text_kl_after": 10,
    "warmup": 1,
}


class Glance(Encoder):
    """An encoder that averages over time and looks at the result through one layer."""

    @dataclass(frozen=True)
    class Settings:
        pass

    width = 8

    def __init__(self, seen: int, settings: Settings):
        super().__init__(seen, settings)
        self.settings = settings
        self.look = nn.Linear(3 * 25 * 2, self.width)
        self.head = nn.Linear(self.width, seen)

    def fit(self, train: Footage, held: Footage, side: Path | None = None) -> Iterator[Row]:
        optimizer = torch.optim.Adam(self.parameters(), lr=0.02)
        for _ in range(20):
            loss = F.cross_entropy(self.classify(self(train.skeletons)), train.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        row = {"loss": loss.item()}
        if len(held):
            guesses = self.classify(self(held.skeletons)).argmax(1)
            row["held"] = (guesses == held.labels).float().mean().item()
        yield row

    def forward(self, skeletons):
        return self.look(skeletons.mean(2).flatten(1))

    def maps(self, skeletons):
        return self(skeletons)[:, None, :, None, None]

    def classify(self, features):
        return self.head(features)


@pytest.fixture(autouse=True)
def glance(monkeypatch):
    monkeypatch.setattr(encoders, "encoder", lambda name: Glance)


def settings(folder: Path, name: str, **changes: float) -> params.Params:
    """params.yaml with one small cell selected, and the one method that is asked about."""
    values = yaml.safe_load(PARAMS.read_text())
    values |= {"dataset": "demo", "split": "unseen5", "encoder": "glance", "method": name}
    values |= changes
    values["study"] |= {
        "cells": ["demo/unseen5/glance"],
        "one_shot": [],
        "recognition": [],
        "transfer": {},
        "methods": [name],
    }
    values["encoders"] = {"glance": {"default": {}}}
    values["run"] |= {"device": "cpu", "threads": 1, "seeds": [0, 1], "bootstrap": 20}
    values["methods"] = {name: {"default": _quick(values["methods"][name]["default"])}}
    (folder / "params.yaml").write_text(yaml.safe_dump(values))
    return params.load()


def _quick(values: dict) -> dict:
    return {
        key: _quick(value) if isinstance(value, dict) else QUICK.get(key, value)
        for key, value in values.items()
    }


def world() -> tuple[ClipFile, np.ndarray]:
    """Two clips of every class by every performer, and the direction in which each class lies."""
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(CLASSES), 2 * len(PERFORMERS))
    subjects = np.tile(PERFORMERS, 2 * CLASSES)
    meaning = draw.normal(size=(CLASSES, WIDTH))
    poses = (meaning @ draw.normal(size=(WIDTH, 150)))[labels].reshape(-1, 3, 1, 25, 2)
    skeletons = poses + draw.normal(size=(len(labels), 3, FRAMES, 25, 2))
    same = np.ones(len(labels), dtype=np.int64)
    clips = ClipFile(
        skeletons=skeletons.astype(np.float32),
        labels=labels,
        subjects=subjects,
        cameras=same,
        setups=same,
        names=np.array([f"clip {k}" for k in range(len(labels))]),
        length=FRAMES * same,
        derived=np.zeros((len(labels), 25), dtype=bool),
    )
    return clips, meaning.astype(np.float32)


def texts(meaning: np.ndarray, sources: list[str]) -> TextFile:
    pooled = np.stack([meaning + place for place in range(len(sources))], axis=1)
    counts = np.ones(pooled.shape[:2], dtype=np.int64)
    groups = np.arange(counts.size).reshape(counts.shape)
    return TextFile(np.array(sources), pooled, pooled.reshape(-1, WIDTH), counts, groups)


def poisoned(clips: ClipFile, *sides: np.ndarray) -> ClipFile:
    """The same clips, but those of a side hold nothing and are called what others of it are."""
    skeletons, labels = clips.skeletons.copy(), clips.labels.copy()
    for side in sides:
        skeletons[side] = np.nan
        labels[side] = np.roll(labels[side], len(side) // 2)
    return replace(clips, skeletons=skeletons, labels=labels)


@dataclass(frozen=True)
class Study:
    """One cell in a folder of its own; call its steps with that folder as working directory."""

    folder: Path
    cell: Cell
    settings: params.Params

    def start(self, clips: ClipFile, meaning: np.ndarray) -> None:
        write(self.cell.clips, clips)
        sources = self.settings.sources(self.cell.method, self.cell.dataset)
        write(self.cell.texts, texts(meaning, sources))

    def run(self, phase: str) -> None:
        cell = self.cell.in_phase(phase)
        for stage in (split, encode, extract, align, score):
            stage.main(cell, self.settings)

    def file(self, phase: str, name: str) -> Path:
        return getattr(self.cell.in_phase(phase), name)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A function that runs the cell of a method on given clips, and goes to its folder."""

    def make(name: str, clips: ClipFile, **changes: float) -> Study:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        monkeypatch.chdir(folder)
        cell = Cell("demo", "unseen5", "glance", "", name)
        made = Study(folder, cell, settings(folder, name, **changes))
        made.start(clips, world()[1])
        for phase in PHASES:
            made.run(phase)
        return made

    return make


def kept(made: Study, phase: str) -> dict[str, bytes]:
    """Every file of a phase below the data set, but the features."""
    folder = made.file(phase, "classes").parent
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "features.h5"
    }


def rows(purpose: str, phase: str = "test") -> np.ndarray:
    return np.asarray(
        getattr(read(Cell("demo", "unseen5", "glance", phase).classes, SplitFile), purpose)
    )


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN in comparisons


@pytest.mark.parametrize("name", yaml.safe_load(PARAMS.read_text())["methods"])
def test_poison_changes_nothing_but_the_scores_of_the_poisoned(name, study):
    clips, _ = world()
    made = study(name, clips)
    before = outcome(made)
    after = outcome(study(name, poisoned(clips, rows("test_seen"), unseen(clips))))
    assert np.isfinite(before.scores.joint).all() and np.isnan(after.scores.joint).all()
    assert after.validation == before.validation
    assert after.learned == before.learned
    assert after.chosen == before.chosen and after.rules == before.rules
    np.testing.assert_array_equal(after.losses, before.losses)
    if not methods.method(name).transductive:  # such a one learns from what it scores, and says so
        unseen_clips_leave_others_alone(made, before.scores)


def unseen_clips_leave_others_alone(made: Study, before: ScoreFile) -> None:
    os.chdir(made.folder)
    write(made.cell.clips, poisoned(world()[0], unseen(world()[0])))
    for stage in (extract, score):
        stage.main(made.cell.in_phase("test"), made.settings)
    after, seen = read(made.file("test", "scores"), ScoreFile), len(rows("test_seen"))
    assert np.isnan(after.zsl).all()
    for matrix in ("gate", "joint"):
        plain, poison = (getattr(each, matrix) for each in (before, after))
        np.testing.assert_array_equal(poison[:, :seen], plain[:, :seen])
        assert np.isnan(poison[:, seen:]).all()


def test_no_test_clip_of_any_class_serves_the_validation_phase(study):
    study("devise", world()[0])
    test = np.concatenate((rows("test_seen"), rows("test_unseen")))
    for purpose in ("train_seen", "held_seen", "test_seen", "test_unseen"):
        assert not np.intersect1d(test, rows(purpose, "validation")).size


def test_a_cell_without_held_out_clips_has_all_its_numbers(study):
    made = study("devise", world()[0], held_out=0)
    assert not len(rows("held_seen")) and not len(rows("held_seen", "validation"))
    assert len(rows("test_seen", "validation"))
    assert made.file("test", "lessons").read_text().startswith("epoch,loss\n")
    evaluate.main(made.cell, made.settings)
    found = flat(json.loads(made.cell.metrics.read_text()))
    assert all(np.isfinite(value) for value in found.values() if isinstance(value, float))
    assert found["encoder_seen"] > 100 / CLASSES < found["gzsl.gate.harmonic"]


def test_what_is_to_be_held_out_and_cannot_is_named(study):
    made = study("devise", world()[0])
    split_file = read(made.file("test", "classes"), SplitFile)
    write(made.file("test", "classes"), replace(split_file, held_seen=np.zeros(0, np.int64)))
    with pytest.raises(Complaint, match=r"glance \(test\): held_out is 0.2, but no class has a"):
        encode.main(made.cell.in_phase("test"), made.settings)


def test_what_is_fitted_needs_no_file_of_the_test_phase_but_its_classes(study):
    made = study("devise", world()[0])
    before = _plain(fitted(made.cell, made.settings))
    for name in ("features", "scores", "history"):
        made.file("test", name).unlink()
    assert _plain(fitted(made.cell, made.settings)) == before


def test_what_is_fitted_follows_the_validation_phase(study):
    """The comparisons above would also hold if nothing were fitted at all."""
    made = study("devise", world()[0])
    before = _plain(fitted(made.cell, made.settings))
    path = made.file("validation", "scores")
    scores = read(path, ScoreFile)
    gate, joint = np.array(scores.gate[:, ::-1]), np.array(scores.joint) / 2
    write(path, replace(scores, gate=gate, joint=joint))
    after = _plain(fitted(made.cell, made.settings))
    assert before != after


def test_every_number_of_a_cell_has_a_meaning(study):
    made = study("devise", world()[0])
    evaluate.main(made.cell, made.settings)
    found = json.loads(made.cell.metrics.read_text())
    keys = set(flat(found)) | {"classes", "gzsl.gate.fitted", "gzsl.stacking.fitted"}
    bare = {key.removesuffix("_std").removesuffix("_per_class") for key in keys}
    assert bare <= set(MEANING) and set(MEANING) <= keys | bare
    assert found["family"] == "demo" and found["published"] == "" and not found["transductive"]
    assert len(found["gzsl"]["gate"]["fitted"]) == found["seeds"] == 2


def test_a_learnable_world_is_learned_and_generalised_over(study):
    made = study("devise", world()[0])
    evaluate.main(made.cell, made.settings)
    found = json.loads(made.cell.metrics.read_text())
    assert found["zsl"] > 2 * found["chance"]
    for rule in ("gate", "stacking"):
        assert found["gzsl"][rule]["harmonic"] > 100 / CLASSES
        assert found["gzsl"][rule]["seen"] > 100 / CLASSES < found["gzsl"][rule]["unseen"]


@dataclass(frozen=True)
class Outcome:
    """All that a run leaves, by what it may depend on."""

    validation: dict[str, bytes]
    learned: dict[str, bytes]
    chosen: list[int]
    losses: np.ndarray
    rules: list
    scores: ScoreFile


def outcome(made: Study) -> Outcome:
    test = made.cell.in_phase("test")
    history = read(test.history, HistoryFile)
    curve = np.genfromtxt(test.curve, delimiter=",", names=True)
    losses = [curve[name] for name in curve.dtype.names if name != "zsl"]
    weights = {
        name: data
        for name, data in kept(made, "test").items()
        if name.endswith((".safetensors", "encoder.csv", "split.h5"))
    }
    assert len(weights) == 3 + len(made.settings.run.seeds)
    evaluate.main(made.cell, made.settings)
    return Outcome(
        kept(made, "validation"),
        weights,
        history.chosen.tolist(),
        np.array(losses),
        _plain(fitted(made.cell, made.settings)),
        copy.deepcopy(read(test.scores, ScoreFile)),
    )


def unseen(clips: ClipFile) -> np.ndarray:
    """Clips of unseen classes, those included that no test uses."""
    classes = protocols.dataset("demo").splits["unseen5"].unseen
    return np.flatnonzero(np.isin(clips.labels, classes))


def _plain(rules: list) -> list:
    """What was fitted, as values that can be compared."""
    return [
        (each["gate"].tuned, each["gate"].weights.tolist(), each["stacking"].tuned)
        for each in rules
    ]
