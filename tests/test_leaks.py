"""Test clips have no say in what is learned, chosen or fitted: poison changes only their scores."""

import copy
import json
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from stages import encode, evaluate, learn, split
from toy_study import (
    CLASSES,
    PERFORMERS,
    QuickEncoder,
    Study,
    layered,
    needed,
    poisoned,
    world,
    write_kinematics,
)
from zsar import encoders, methods
from zsar.config.settings import without_layers
from zsar.data import protocols
from zsar.data.artifacts import ClipFile, HistoryFile, ScoreFile, SplitFile, read, write
from zsar.errors import UserError
from zsar.experiment import inputs
from zsar.experiment.features import encoded_features
from zsar.experiment.generalised import fitted
from zsar.experiment.inputs import load_encoder
from zsar.learning.world import Sizes
from zsar.table.columns import MEANING
from zsar.table.results import flattened


@pytest.fixture(autouse=True)
def quick_encoder(monkeypatch):
    monkeypatch.setattr(encoders, "encoder", lambda name: QuickEncoder)


@pytest.fixture(autouse=True)
def poison_is_evaluated(monkeypatch):
    """Which a study refuses (tests/faults/test_faults_numbers.py)."""
    monkeypatch.setattr(evaluate, "check_scores", lambda cell, scores: None)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A function that runs the cell of a method on given clips, and goes to its folder."""

    def make(name: str, clips: ClipFile, **changes: Any) -> Study:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        monkeypatch.chdir(folder)
        return Study.of(folder, name, **changes).whole(clips)

    return make


def kept(made: Study, phase: str) -> dict[str, bytes]:
    """Every file of a phase below the data set, but the features."""
    return {
        path.relative_to(made.folder).as_posix(): path.read_bytes()
        for path in sorted((made.folder / "data/demo").rglob("*"))
        if path.is_file() and phase in path.parts and path.name != "features.h5"
    }


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN in comparisons
ALL_TRAIN = {"splits.zero_shot.held_out": 0.0}


# `as_published` has all quirks of a method; its other layers have one each.
PUBLISHED = [each for each in layered() if each.endswith("+as_published")]


@pytest.mark.parametrize("name", [*methods.available(), *PUBLISHED])
def test_poison_changes_nothing_but_the_scores_of_the_poisoned(name, study):
    clips, _ = world()
    made = study(name, clips)
    before = outcome(made)
    after = outcome(study(name, poisoned(clips, made.rows("test_seen"), unseen(clips))))
    assert np.isfinite(before.scores.joint).all() and np.isnan(after.scores.joint).all()
    assert after.validation == before.validation
    assert after.learned == before.learned
    assert after.chosen == before.chosen and after.rules == before.rules
    np.testing.assert_array_equal(after.losses, before.losses)
    if not methods.method(
        without_layers(name)
    ).transductive:  # such a one learns from what it scores, and says so
        unseen_clips_leave_others_alone(made, before.scores)


def unseen_clips_leave_others_alone(made: Study, before: ScoreFile) -> None:
    os.chdir(made.folder)
    clips, meaning = world()
    write(made.cell.clips, poisoned(clips, unseen(clips)))
    write_kinematics(made.cell, poisoned(clips, unseen(clips)), meaning)
    test, where = made.cell.in_phase("test"), torch.device("cpu")
    encoder = load_encoder(test, made.settings, where)
    write(test.features, encoded_features(encoder, read(test.clips, ClipFile), where))
    clips = inputs.load_clips(test, made.settings, where)
    text = inputs.load_text(test, made.settings, where)
    method = inputs.load_method(test, made.settings, Sizes.of(clips, text), where)
    split = read(test.split_file, SplitFile)
    after = learn.scores(method, clips, text, split, test.seed, structured=False)
    seen = len(made.rows("test_seen"))
    assert np.isnan(after.zsl).all()
    for matrix in ("gate", "joint"):
        plain, poison = (getattr(each, matrix) for each in (before, after))
        np.testing.assert_array_equal(poison[:seen], plain[:seen])
        assert np.isnan(poison[seen:]).all()


def test_no_test_clip_of_any_class_serves_the_validation_phase(study):
    made = study("devise", world()[0])
    test = np.concatenate((made.rows("test_seen"), made.rows("test_unseen")))
    for purpose in ("train_seen", "held_seen", "test_seen", "test_unseen"):
        assert not np.intersect1d(test, made.rows(purpose, "validation")).size


def test_a_cell_without_held_out_clips_has_all_its_numbers(study):
    made = study("devise", world()[0], **ALL_TRAIN)
    assert not len(made.rows("held_seen")) and not len(made.rows("held_seen", "validation"))
    assert len(made.rows("test_seen", "validation"))
    assert made.file("test", "encoder_log").read_text().startswith("epoch,loss\n")
    evaluate.main(made.cell, made.settings)
    found = flattened(json.loads(made.cell.numbers.read_text()))
    assert all(np.isfinite(value) for value in found.values() if isinstance(value, float))
    assert found["encoder_seen"] > 100 / CLASSES < found["gzsl.gate.harmonic"]


def test_what_is_to_be_held_out_and_cannot_is_named(tmp_path, monkeypatch):
    """Of two training clips of a class, one trains and one tests the validation phase."""
    clips, meaning = world()
    rows = np.flatnonzero(np.isin(clips.subjects, (PERFORMERS[0], *PERFORMERS[-2:])))
    few = ClipFile(**{name: np.asarray(value)[rows] for name, value in vars(clips).items()})
    monkeypatch.chdir(tmp_path)
    said = (
        r"^demo/unseen5 \(validation\): held_out is 0.2, but no class has a clip to spare; expected"
    )
    with pytest.raises(UserError, match=said):
        Study.of(tmp_path, "devise").start(few, meaning)
    Study.of(tmp_path, "devise", **ALL_TRAIN).start(few, meaning)


def test_what_is_fitted_needs_no_file_of_the_test_phase_but_its_classes(study):
    made = study("devise", world()[0])
    before = _plain(fitted(made.cell, made.settings))
    for name in ("features", "scores", "history"):
        for cell in made.seeds("test"):
            getattr(cell, name).unlink()
    assert _plain(fitted(made.cell, made.settings)) == before


def test_what_is_fitted_follows_the_validation_phase(study):
    """The comparisons above would also hold if nothing were fitted at all."""
    made = study("devise", world()[0])
    before = _plain(fitted(made.cell, made.settings))
    for path in (cell.scores for cell in made.seeds("validation")):
        scores = read(path, ScoreFile)
        gate, joint = np.array(scores.gate[::-1]), np.array(scores.joint) / 2
        write(path, replace(scores, gate=gate, joint=joint))
    after = _plain(fitted(made.cell, made.settings))
    assert before != after


def test_a_stage_needs_no_setting_but_those_that_resolve_gives_it(study):
    made = study("devise", world()[0])
    before = kept(made, "validation") | kept(made, "test")
    for name, stage in (
        ("split", split),
        ("encode", encode),
        ("learn", learn),
        ("evaluate", evaluate),
    ):
        stage.main(made.cell, needed(name, made.cell, made.changes))
    assert kept(made, "validation") | kept(made, "test") == before and made.cell.numbers.is_file()


def test_every_number_of_a_cell_has_a_meaning(study):
    made = study("devise", world()[0])
    evaluate.main(made.cell, made.settings)
    found = json.loads(made.cell.numbers.read_text())
    keys = set(flattened(found)) | {"classes", "gzsl.gate.fitted", "gzsl.stacking.fitted"}
    bare = {key.removesuffix("_std").removesuffix("_per_class") for key in keys}
    assert bare <= set(MEANING) and set(MEANING) <= keys | bare
    assert found["family"] == "demo" and found["published"] == "" and not found["transductive"]
    assert len(found["gzsl"]["gate"]["fitted"]) == found["seeds"] == 2


@pytest.mark.parametrize(
    ("method", "sources", "reads"),
    [
        ("devise", ["names"], False),
        ("devise", ["kinematics"], True),
        ("kinematic", ["names"], True),
    ],
)
def test_structured_descriptions_are_read_as_such_or_as_a_text(method, sources, reads, tmp_path):
    made = Study.of(tmp_path, method, **{f"methods.{method}.sources": sources})
    assert inputs.reads_structured(made.cell, made.settings) is reads


def test_a_cell_says_that_its_method_reads_structured_descriptions(study):
    for name, reads in (("devise", False), ("kinematic", True)):
        made = study(name, world()[0])
        evaluate.main(made.cell, made.settings)
        assert json.loads(made.cell.numbers.read_text())["structured"] is reads


def test_a_learnable_world_is_learned_and_generalised_over(study):
    made = study("devise", world()[0])
    evaluate.main(made.cell, made.settings)
    found = json.loads(made.cell.numbers.read_text())
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
    seeds = made.seeds("test")
    curves = [np.genfromtxt(each.losses, delimiter=",", names=True) for each in seeds]
    losses = [curve[name] for curve in curves for name in curve.dtype.names if name != "zsl"]
    weights = {
        name: data
        for name, data in kept(made, "test").items()
        if name.endswith((".safetensors", "encoder.csv", "split.h5"))
    }
    assert len(weights) == 1 + 3 * len(seeds)
    evaluate.main(made.cell, made.settings)
    return Outcome(
        kept(made, "validation"),
        weights,
        [int(read(each.history, HistoryFile).chosen) for each in seeds],
        np.array(losses),
        _plain(fitted(made.cell, made.settings)),
        copy.deepcopy(read(seeds[0].scores, ScoreFile)),
    )


def unseen(clips: ClipFile) -> np.ndarray:
    """Clips of unseen classes, those included that no test uses."""
    classes = protocols.dataset("demo").splits["unseen5"].unseen
    return np.flatnonzero(np.isin(clips.labels, classes))


def _plain(rules: list) -> list:
    """What was fitted, as values that can be compared."""
    return [
        (
            each["gate"].tuned,
            each["gate"].weights.tolist(),
            each["gate"].bias,
            each["stacking"].tuned,
        )
        for each in rules
    ]
