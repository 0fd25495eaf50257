"""A trained cell predicts as the pipeline scored its clips, and alike from a folder elsewhere."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from queue import Queue
from socketserver import TCPServer
from threading import Thread

import numpy as np
import pytest
import torch

import toy_config
import zsar
from test_app import Client, csv
from test_prediction import clip
from toy_command import zsar as run
from toy_study import WIDTH, QuickEncoder, Study, world
from zsar import encoders
from zsar.app.server import AppServer
from zsar.data.artifacts import ClipFile, FeatureFile, ScoreFile, SplitFile, read, write
from zsar.errors import UserError
from zsar.experiment.measurements import load_descriptions
from zsar.prediction import bundle as bundles
from zsar.prediction import trained
from zsar.prediction.calibration import Presence
from zsar.prediction.trained import TrainedModel
from zsar.text import backends
from zsar.text.embedding import TextFeatures

CELL = "demo/smie50/unseen5/quick"


@pytest.fixture(autouse=True)
def quick_encoder(monkeypatch):
    monkeypatch.setattr(encoders, "encoder", lambda name: QuickEncoder)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """The folder of a method's cell."""

    @cache
    def make(method: str) -> Study:
        folder = tmp_path_factory.mktemp(method)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(encoders, "encoder", lambda name: QuickEncoder)
            made = Study.of(folder, method).whole(world()[0])
            toy_config.write(folder, made.changes | {"method": method, "encoder": "quick"})
            sources = made.settings.sources(method)
            sentences = {each: ["text"] * 30 for each in sources}
            made.cell.sentences("minilm").write_text(json.dumps(sentences))
        return made

    return make


@pytest.fixture
def study(trained_once, tmp_path, monkeypatch):
    """A trained cell in the working directory, with its settings beside it."""

    def make(method: str) -> Study:
        made = trained_once(method)
        shutil.copytree(made.folder, tmp_path / "study")
        monkeypatch.chdir(tmp_path / "study")
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
    monkeypatch.setattr(trained, "measure", lambda some: _measured(cell, rows))
    named = [replace(clip("waves"), name=f"clip {row}") for row in rows]
    found = model.predict(named)
    expected = read(cell.scores, ScoreFile).zsl[:4]
    for each, scores in zip(found, expected, strict=True):
        ours = {answer.label: answer.score for answer in each.ranking}
        theirs = dict(zip(model.classes, scores.tolist(), strict=True))
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)
        total = sum(answer.confidence for answer in each.ranking) + (each.none or 0.0)
        assert total == pytest.approx(1)


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
    narrow_texts(monkeypatch, asked)
    (found,) = model.predict(clip("waves"), [model.classes[0], "juggles", "sings"])
    assert asked == [("minilm", {"label": ["juggles", "sings"]})]
    assert {each.label for each in found.ranking} == {model.classes[0], "juggles", "sings"}
    assert sum(each.confidence for each in found.ranking) + found.none == pytest.approx(1)


def narrow_texts(monkeypatch, asked: list) -> None:
    """A text encoder as narrow as the texts of the toy world."""

    def embed(config, texts, device, cache):
        asked.append((config.backend, texts))
        count = len(texts["label"])
        pooled = np.eye(count, WIDTH, dtype=np.float32)[:, None]
        ones = np.ones((count, 1), dtype=np.int64)
        return TextFeatures(np.array(["label"]), pooled, pooled[:, 0], ones, ones)

    monkeypatch.setattr(backends, "embed", embed)


def test_a_layout_that_computes_what_was_measured_is_told_once(study):
    study("devise")
    derived = np.arange(25) == 21
    with pytest.warns(UserWarning, match="hand_tip.* are computed from other joints") as said:
        zsar.load(CELL).predict([replace(clip("waves"), derived=derived)] * 2)
    assert len(said) == 1


def test_the_temperature_makes_confidence_right_in_the_validation_phase(study):
    made = study("devise")
    cell = replace(made.cell, phase="validation")
    said = bundles.of_cell(made.cell, toy_config.load()).manifest.calibration
    assert said is not None
    found = said.temperature
    split, labels = read(cell.split_file, SplitFile), read(cell.clips, ClipFile).labels
    scores = torch.from_numpy(np.array(read(cell.scores, ScoreFile).zsl)).double()
    targets = torch.from_numpy(np.searchsorted(split.unseen, labels[split.test_unseen]))

    def loss(temperature: float) -> float:
        return torch.nn.functional.cross_entropy(scores / temperature, targets).item()

    assert loss(found) <= min(loss(found * 1.2), loss(found / 1.2))


def test_confidence_is_chosen_without_any_clip_of_the_test_phase(study):
    made = study("devise")
    before = bundles.of_cell(made.cell, toy_config.load()).manifest.calibration
    cell = replace(made.cell, phase="test")
    scores = read(cell.scores, ScoreFile)
    write(cell.scores, replace(scores, zsl=0 * scores.zsl, joint=0 * scores.joint))
    assert bundles.of_cell(made.cell, toy_config.load()).manifest.calibration == before


def calibrated(model: TrainedModel, presence: Presence | None) -> None:
    """With this rule in place of that of the toy world, whose encoder knows no real motion."""
    said = model.bundle.manifest
    found = replace(said, calibration=replace(said.calibration, presence=presence))
    model.bundle = replace(model.bundle, manifest=found)


def test_none_of_these_is_weighed_by_the_classes_that_were_not_named(study):
    study("devise")
    model = zsar.load(CELL)
    calibrated(model, Presence(1.0, 0.0))
    some = model.classes[:2]
    (found,) = model.predict(clip("waves"), some)
    every = model.bundle.manifest.classes
    (whole,) = model.predict(clip("waves"), every)
    assert whole.none is None  # nothing is left to weigh them by
    scores = {each.label: each.score for each in whole.ranking}
    own = np.array([scores.pop(each) for each in some])
    rest = np.array(list(scores.values()))
    odds = 3 * np.exp(own).mean() / np.exp(rest).mean()
    assert found.none == pytest.approx(1 / (1 + odds), rel=1e-4)
    shares = {each.label: each.confidence for each in found.ranking}
    assert sum(shares.values()) + found.none == pytest.approx(1)
    temperature = model.bundle.manifest.calibration.temperature
    assert shares[some[0]] / shares[some[1]] == pytest.approx(
        np.exp((own[0] - own[1]) / temperature), rel=1e-3
    )
    calibrated(model, Presence(1.0, 1e6))
    (surely_none,) = model.predict(clip("waves"), some)
    assert surely_none.label is None and surely_none.none == pytest.approx(1)


def test_a_class_that_says_the_same_as_a_sentence_does_not_speak_against_it(study):
    study("devise")
    model = zsar.load(CELL)
    assert "hand waving" in model.bundle.manifest.classes
    others = model.others(("waves a hand",))
    assert "hand waving" not in others and "sitting down" in others
    assert "hand waving" not in model.others(("Hand-waving",))


def test_a_cell_without_a_validation_phase_has_scores_and_says_so(study, tmp_path):
    made = study("devise")
    replace(made.cell, phase="validation").scores.unlink()
    model = zsar.load(CELL)
    assert "no scores of the validation phase" in model.unsure
    (found,) = model.predict(clip("waves"), model.classes)
    assert found.confidence is None and found.none is None and found.label == found.ranking[0].label
    assert {each.confidence for each in found.ranking} == {None}
    assert f"{found.ranking[0].score:.3f}  {found.label}" in found.lines(5)[1]
    model.export(tmp_path / "model")
    assert zsar.load(tmp_path / "model").unsure == model.unsure


def test_a_validation_phase_that_cannot_tell_is_named(study):
    study("devise")
    model = zsar.load(CELL)
    said = replace(model.bundle.manifest.calibration, presence=None)
    unsure = trained._unsure(replace(model.bundle.manifest, calibration=said))
    assert "cannot say that it is none of these" in unsure


def test_a_calibration_goes_with_an_exported_model(study, tmp_path):
    study("devise")
    model = zsar.load(CELL)
    calibrated(model, Presence(0.7, 0.2))
    model.export(tmp_path / "model")
    again = zsar.load(tmp_path / "model")
    assert again.bundle.manifest.calibration == model.bundle.manifest.calibration
    assert again.predict(clip("waves")).rows(5) == model.predict(clip("waves")).rows(5)


def test_a_label_is_a_class_whatever_its_case(study):
    study("devise")
    model = zsar.load(CELL)
    first, second = model.classes[:2]
    (found,) = model.predict(clip("waves"), [first.upper(), second])
    (expected,) = model.predict(clip("waves"), [first, second])
    assert [each.score for each in found.ranking] == [each.score for each in expected.ranking]


def test_a_kinematic_cell_has_the_descriptions_of_the_study_and_of_sentences_their_own(
    study, monkeypatch
):
    made = study("kinematic_calibrated")
    narrow_texts(monkeypatch, [])
    model, own = zsar.load(CELL), load_descriptions(made.cell)
    model.classes = model.classes[:2]
    text = model._text(("juggles three balls", *model.classes))
    rows = model.bundle.manifest.unseen[:2]
    values = own[np.array(rows)].value
    assert np.array_equal(text.described.value[1:, : values.shape[1]], values, equal_nan=True)
    assert len(text.described) == 3 and text.described.weight[0].sum() == pytest.approx(1)


@contextmanager
def page_of(*options: str) -> Iterator[Client]:
    """What `zsar app` with these options serves."""
    opened: Queue[AppServer] = Queue()

    def serve(server: AppServer) -> None:
        opened.put(server)
        TCPServer.serve_forever(server, poll_interval=0.01)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppServer, "serve_forever", serve)
        command = Thread(target=run, args=("app", *options))
        command.start()
        server = opened.get(timeout=60)
        yield Client(server)
        server.shutdown()
        command.join()


@pytest.mark.parametrize("exported", [False, True])
def test_the_page_is_answered_by_the_cell_that_the_command_names(study, tmp_path, exported):
    study("devise")
    if exported:
        zsar.load(CELL).export(tmp_path / "my_model")
    place = str(tmp_path / "my_model") if exported else CELL
    with page_of("--cell", place) as page:
        choices = page.get("/choices").plain
        assert choices["cell"] == ("my_model" if exported else CELL)
        assert choices["classes"] == list(zsar.load(CELL).classes)
        (tmp_path / "waves.csv").write_bytes(csv(clip("waves")))
        (expected,) = zsar.load(CELL).predict(tmp_path / "waves.csv")
        (found,) = page.ask((tmp_path / "waves.csv").read_bytes(), sentences=[]).plain["clips"]
        (window,) = found["windows"]
        assert [each["label"] for each in window["ranking"]] == [
            each.label for each in expected.ranking
        ]
        assert window["none"] == pytest.approx(expected.none) and window["evidence"] is None
        refused = page.ask(b"1,2,3", sentences=[])
        assert refused.status == 422 and "waves.csv" in refused.plain["error"]


def test_the_page_says_what_a_cell_cannot_and_shows_scores_instead(study):
    made = study("devise")
    replace(made.cell, phase="validation").scores.unlink()
    with page_of("--cell", CELL) as page:
        assert "no scores of the validation phase" in page.get("/choices").plain["unsure"]
        (found,) = page.ask(csv(clip("waves")), sentences=[]).plain["clips"]
    (window,) = found["windows"]
    assert window["confidence"] is None and window["answer"] == window["ranking"][0]["label"]
    assert {each["confidence"] for each in window["ranking"]} == {None}


def test_a_cell_that_is_not_there_ends_the_command_in_one_line(study):
    study("devise")
    with pytest.raises(UserError, match="neither a folder that `zsar export` wrote nor a cell"):
        run("app", "--cell", "nowhere")


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
    manifest = tmp_path / "model/model.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | {"format": 1}))
    with pytest.raises(UserError, match="model.json: format 1, expected 2; export it again"):
        zsar.load(tmp_path / "model")
    manifest.write_text(json.dumps(said))
    weights.write_bytes(b"no weights")
    with pytest.raises(UserError, match="model is no complete model"):
        zsar.load(tmp_path / "model")
    assert read(made.cell.in_phase("test").features, FeatureFile).features.shape[1] == 8


def test_a_transductive_method_cannot_judge_one_clip(study):
    study("pgfa_aligned")
    with pytest.raises(UserError, match="pgfa_aligned is transductive"):
        zsar.load(CELL)
