"""A trained cell predicts as the pipeline scored its clips, and alike from a folder elsewhere."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import toy_config
import zsar
from test_prediction import clip
from toy_command import zsar as run
from toy_study import WIDTH, QuickEncoder, Study, world
from zsar import encoders
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read
from zsar.errors import UserError
from zsar.prediction import bundle as bundles
from zsar.prediction import trained
from zsar.text import backends
from zsar.text.embedding import TextFeatures

CELL = "demo/smie50/unseen5/quick"


@pytest.fixture(autouse=True)
def quick_encoder(monkeypatch):
    monkeypatch.setattr(encoders, "encoder", lambda name: QuickEncoder)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A trained cell in the working directory, with its settings beside it."""

    def make(method: str) -> Study:
        monkeypatch.chdir(tmp_path)
        made = Study.of(tmp_path, method).whole(world()[0])
        toy_config.write(tmp_path, made.changes | {"method": method, "encoder": "quick"})
        names = made.cell.sentences("minilm")
        sources = made.settings.sources(method)
        names.write_text(json.dumps({each: ["text"] * 30 for each in sources}))
        return made

    return make


@pytest.mark.parametrize("method", ["devise", "smie", "cada_vae", "kinematic_calibrated"])
def test_prepared_clips_have_the_scores_of_the_pipeline(study, monkeypatch, method):
    made = study(method)
    model = zsar.load(CELL)
    cell = replace(made.cell, phase="test")
    split, clips = read(cell.split_file, SplitFile), read(cell.clips, ClipFile)
    rows = split.test_unseen[:4]
    # The toy world has prepared clips, no recordings: these stand for what the steps would make.
    skeletons = {f"clip {row}": clips.skeletons[row] for row in rows}
    monkeypatch.setattr(
        model, "prepare", lambda each: type("P", (), {"skeletons": skeletons[each.name]})
    )
    monkeypatch.setattr(model, "_structured", lambda labels: _structured(cell, split))
    monkeypatch.setattr(trained, "measure", lambda some: _measured(cell, rows))
    named = [replace(clip("waves"), name=f"clip {row}") for row in rows]
    found = model.predict(named)
    expected = read(cell.scores, ScoreFile).zsl[:4]
    for each, scores in zip(found, expected, strict=True):
        ours = {answer.label: answer.score for answer in each.ranking}
        theirs = dict(zip(model.classes, scores.tolist(), strict=True))
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)
        assert each.none is None and each.label is not None


def _structured(cell, split):
    from zsar.experiment.measurements import load_descriptions

    return load_descriptions(cell)[split.unseen]


def _measured(cell, rows):
    from zsar.experiment.measurements import load_measurements

    return load_measurements(cell)[rows]


def test_an_exported_model_answers_alike_without_the_study(study, tmp_path, monkeypatch):
    study("devise")
    recordings = [clip("waves"), clip("squats")]
    before = zsar.load(CELL).predict(recordings)
    printed = run("export", CELL, tmp_path / "model")
    assert "zsar predict CLIP --cell" in printed
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    after = zsar.load(tmp_path / "model").predict(recordings)
    assert after.rows(5) == before.rows(5)
    with pytest.raises(UserError, match="is there already"):
        zsar.load(tmp_path / "model").export(tmp_path / "model")


def test_a_new_label_is_embedded_by_the_text_encoder_of_the_cell(study, monkeypatch):
    study("devise")
    model, asked = zsar.load(CELL), []

    def embed(config, texts, device, cache):
        asked.append((config.backend, texts))
        count = len(texts["label"])
        pooled = np.eye(count, WIDTH, dtype=np.float32)[:, None]
        ones = np.ones((count, 1), dtype=np.int64)
        return TextFeatures(np.array(["label"]), pooled, pooled[:, 0], ones, ones)

    monkeypatch.setattr(backends, "embed", embed)
    (found,) = model.predict(clip("waves"), [model.classes[0], "juggles", "sings"])
    assert asked == [("minilm", {"label": ["juggles", "sings"]})]
    assert {each.label for each in found.ranking} == {model.classes[0], "juggles", "sings"}
    assert sum(each.confidence for each in found.ranking) == pytest.approx(1)


def test_a_layout_that_computes_what_was_measured_is_told_once(study):
    study("devise")
    derived = np.arange(25) == 21
    with pytest.warns(UserWarning, match="hand_tip.* are computed from other joints") as said:
        zsar.load(CELL).predict([replace(clip("waves"), derived=derived)] * 2)
    assert len(said) == 1


def test_the_temperature_makes_confidence_right_in_the_validation_phase(study):
    made = study("devise")
    cell = replace(made.cell, phase="validation")
    found = bundles.of_cell(made.cell, toy_config.load()).manifest.temperature
    split, labels = read(cell.split_file, SplitFile), read(cell.clips, ClipFile).labels
    scores = torch.from_numpy(np.array(read(cell.scores, ScoreFile).zsl)).double()
    targets = torch.from_numpy(np.searchsorted(split.unseen, labels[split.test_unseen]))

    def loss(temperature: float) -> float:
        return torch.nn.functional.cross_entropy(scores / temperature, targets).item()

    assert loss(found) <= min(loss(found * 1.2), loss(found / 1.2))


def test_what_cannot_be_loaded_is_one_clear_line(study, tmp_path):
    made = study("devise")
    with pytest.raises(UserError, match="neither a folder that `zsar export` wrote nor a cell"):
        zsar.load("nowhere")
    with pytest.raises(UserError, match="not there yet; `dvc repro` makes it"):
        zsar.load(CELL, method="smie")
    zsar.load(CELL).export(tmp_path / "model")
    weights = tmp_path / "model/method.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match="the arrays are not those that were exported"):
        zsar.load(tmp_path / "model")
    weights.write_bytes(b"no weights")
    with pytest.raises(UserError, match="model is no complete model"):
        zsar.load(tmp_path / "model")
    assert read(made.cell.in_phase("test").features, FeatureFile).features.shape[1] == 8


def test_a_transductive_method_cannot_judge_one_clip(study):
    study("pgfa_aligned")
    with pytest.raises(UserError, match="pgfa_aligned is transductive"):
        zsar.load(CELL)
