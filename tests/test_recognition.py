"""The stages by official protocols, and who is shown which clips without labels."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from stages import encode, finetune, linear, pretrain, retrieval, split, transfer, tsne
from toy_study import ONCE, PUBLISHED, needed, quick, world
from zsar.cells import Cell, RecognitionCell
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.encoders import pretrained_weights
from zsar.errors import UserError

QUICK = {
    "width": 8,
    "frames": 6,
    "projection": 8,
    "least_frames": 4,
    "epochs": 2,
    "milestones": [1],
}
HERE = RecognitionCell("demo", "smie50", "xsub", "umurl")
KEY = HERE.key
TUNING = {"optimizer": {"lr": 0.01, "weight_decay": 0.0}, "epochs": 12, "batch_size": 32}
SMALL = {
    **ONCE,
    **PUBLISHED,
    **quick("encoders", "umurl", QUICK),
    **quick("encoders", "umurl_all", QUICK),
    "run.seeds": [0, 1],
    "protocols.finetune": {"labels": [0.1, 1.0], "tuning": TUNING},
    "also.transfer": [KEY],
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A folder with the clips of a toy world, and a function that runs stages there in a moment."""
    monkeypatch.chdir(tmp_path)
    write(HERE.clips, world()[0])

    def done(stage, cell: Cell | RecognitionCell = HERE, **more) -> None:
        changes = SMALL | {f"encoders.umurl.{name}": value for name, value in more.items()}
        name = stage.__name__.rpartition(".")[2]
        stage.main(cell, needed(name, settings_cell(cell), changes))

    return done


def settings_cell(cell: Cell | RecognitionCell) -> Cell:
    """The cell whose settings a stage gets."""
    if isinstance(cell, Cell):
        return replace(cell, method="")
    return Cell(cell.dataset, cell.preprocess, cell.protocol, cell.encoder)


def numbers(name: str) -> dict:
    return json.loads(Path("metrics/recognition", KEY, name).read_text())


def test_a_backbone_is_pre_trained_and_judged_in_every_way(run):
    run(pretrain)
    assert load_file(HERE.weights) and len(HERE.encoder_log.read_text().splitlines()) == 3
    for stage in (linear, retrieval, finetune, tsne):
        run(stage)
    lines, found = numbers("linear.json"), numbers("retrieval.json")
    assert lines["linear_as_published"]["mean"] >= lines["linear_last"]["mean"] >= 0
    assert found["coordinates_1nn"] > 90  # classes of this world are poses
    assert 0 < found["retrieval_1nn"]["mean"] <= 100
    shares = numbers("finetune.json")["finetuned"]
    assert shares["1"]["clips"] > shares["0.1"]["clips"] == 30
    assert shares["1"]["mean"] > shares["0.1"]["mean"]
    assert Path("metrics/recognition", KEY, "tsne.png").stat().st_size
    run(transfer)
    moved = numbers("transfer.json")
    assert moved["source"] == KEY and moved["linear_last"] == lines["linear_last"]


def test_pre_training_twice_gives_the_same_bytes(run):
    found = []
    for _ in range(2):
        run(pretrain)
        found.append((HERE.weights.read_bytes(), HERE.encoder_log.read_bytes()))
    assert found[0] == found[1]


def test_the_weights_of_others_are_judged_as_they_are(run):
    torch.manual_seed(5)
    theirs = pretrain.build_encoder(HERE, needed("pretrain", settings_cell(HERE), SMALL), 1)
    theirs = theirs.backbone().state_dict()
    run(pretrain, weights=str(pretrained_weights.save(theirs, 60, "umurl", Path("data/weights"))))
    ours = load_file(HERE.weights)
    assert all(torch.equal(ours[name], weight) for name, weight in theirs.items())
    run(linear)
    assert 0 <= numbers("linear.json")["linear_last"]["mean"] <= 100


def test_a_collapse_is_one_line(run):
    thresholds = {"deviation": 99.0, "rank": 0.0}
    with pytest.raises(UserError, match="the features collapse: deviation is"):
        run(pretrain, **{"pretraining.collapse": thresholds})


def test_views_that_could_not_be_cropped_are_told(run):
    with pytest.raises(UserError, match="expected less than the 12 frames that clips hold"):
        run(pretrain, **{"pretraining.views.least_frames": 64})


@pytest.mark.parametrize("phase", ["validation", "test"])
def test_clips_that_are_tested_on_are_never_shown_not_even_without_labels(run, phase):
    cell = Cell("demo", "smie50", "unseen5", "umurl_all", phase)
    run(split, cell)
    chosen, shown = read(cell.split_file, SplitFile), read(cell.training, TrainingFile).rows
    for rows in (chosen.test_seen, chosen.test_unseen):
        assert not np.intersect1d(shown, rows).size
    labels = read(cell.clips, ClipFile).labels[shown]
    assert set(chosen.seen) < set(labels)


@pytest.mark.parametrize(("encoder", "moved"), [("umurl", False), ("umurl_all", True)])
def test_only_the_encoder_that_says_so_learns_from_clips_of_unseen_classes(run, encoder, moved):
    cell = Cell("demo", "smie50", "unseen5", encoder, "test")
    found = []
    for factor in (1, 2):
        clips = world()[0]
        run(split, cell)
        chosen, shown = read(cell.split_file, SplitFile), read(cell.training, TrainingFile).rows
        novel = shown[np.isin(clips.labels[shown], chosen.unseen)]
        assert len(novel)
        clips.skeletons[novel] *= factor
        write(cell.clips, clips)
        run(encode, cell)
        found.append(cell.weights.read_bytes())
    assert (found[0] != found[1]) == moved
