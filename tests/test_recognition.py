"""The stages by official protocols, and who is shown which clips without labels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from stages import encode, finetune, linear, pretrain, retrieval, split, transfer, tsne
from test_leaks import world
from zsar import params
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read, write
from zsar.encoders import imported
from zsar.errors import Complaint
from zsar.study import Cell

PARAMS = Path(__file__).parent.parent / "params.yaml"
QUICK = {"width": 8, "frames": 6, "projection": 8, "least_frames": 4, "epochs": 2, "drops": [1]}
HERE = Cell("demo", "xsub", "umurl", "all")


@pytest.fixture
def study(tmp_path, monkeypatch) -> params.Params:
    """A folder with the clips of a toy world, and settings that are done in a moment."""
    values = yaml.safe_load(PARAMS.read_text())
    values["run"] |= {"device": "cpu", "threads": 1, "seeds": [0, 1], "bootstrap": 20}
    for section, name in (
        ("encoders", "umurl"),
        ("encoders", "umurl_all"),
        ("recognition", "linear"),
    ):
        values[section][name] = {"default": _quick(values[section][name]["default"])}
    tuning = {"optimizer": {"lr": 0.01, "weight_decay": 0.0}, "epochs": 12, "batch_size": 32}
    values["recognition"]["finetune"] = {"default": {"labels": [0.1, 1.0], "tuning": tuning}}
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(values))
    write(HERE.clips, world()[0])
    return params.load()


def _quick(values: dict) -> dict:
    return {
        key: _quick(value) if isinstance(value, dict) else QUICK.get(key, value)
        for key, value in values.items()
    }


def numbers(name: str) -> dict:
    return json.loads(Path("metrics/recognition/demo/xsub/umurl", name).read_text())


def test_a_backbone_is_pre_trained_and_judged_in_every_way(study):
    pretrain.main(HERE, study)
    assert load_file(HERE.weights) and len(HERE.lessons.read_text().splitlines()) == 3
    for stage in (linear, retrieval, finetune, tsne):
        stage.main(HERE, study)
    lines, found = numbers("linear.json"), numbers("retrieval.json")
    assert lines["linear_as_published"]["mean"] >= lines["linear_last"]["mean"] >= 0
    assert found["coordinates_1nn"] > 90  # classes of this world are poses
    assert 0 < found["retrieval_1nn"] <= 100
    shares = numbers("finetune.json")["finetuned"]
    assert shares["1"]["clips"] > shares["0.1"]["clips"] == 30
    assert shares["1"]["mean"] > shares["0.1"]["mean"]
    assert Path("metrics/recognition/demo/xsub/umurl/tsne.png").stat().st_size
    transfer.main(Cell("demo", "xsub", "umurl", "all", "from_demo/xsub/umurl"), study)
    moved = numbers("transfer.json")
    assert moved["source"] == "demo/xsub/umurl" and moved["linear_last"] == lines["linear_last"]


def test_pre_training_twice_gives_the_same_bytes(study):
    found = []
    for _ in range(2):
        pretrain.main(HERE, study)
        found.append((HERE.weights.read_bytes(), HERE.lessons.read_bytes()))
    assert found[0] == found[1]


def test_the_weights_of_others_are_judged_as_they_are(study):
    torch.manual_seed(5)
    theirs = pretrain.newborn(HERE, study, 1).backbone.state_dict()
    study.encoders["umurl"]["demo"] = {
        "weights": str(imported.keep(theirs, 60, "umurl", Path("data/weights")))
    }
    pretrain.main(HERE, study)
    ours = load_file(HERE.weights)
    assert all(torch.equal(ours[name], weight) for name, weight in theirs.items())
    linear.main(HERE, study)
    assert 0 <= numbers("linear.json")["linear_last"]["mean"] <= 100


def test_a_collapse_is_one_line(study):
    study.encoders["umurl"]["default"]["pretraining"]["alarm"] = {"deviation": 99.0, "rank": 0.0}
    with pytest.raises(Complaint, match="the features collapse: deviation is"):
        pretrain.main(HERE, study)


def test_views_that_could_not_be_cropped_are_told(study):
    study.encoders["umurl"]["default"]["pretraining"]["views"]["least_frames"] = 64
    with pytest.raises(Complaint, match="expected less than the 12 frames that clips hold"):
        pretrain.main(HERE, study)


@pytest.mark.parametrize("phase", ["validation", "test"])
def test_clips_that_are_tested_on_are_never_shown_not_even_without_labels(study, phase):
    cell = Cell("demo", "unseen5", "umurl_all", phase)
    split.main(cell, study)
    chosen, shown = read(cell.classes, SplitFile), read(cell.training, TrainingFile).rows
    for rows in (chosen.test_seen, chosen.test_unseen):
        assert not np.intersect1d(shown, rows).size
    labels = read(cell.clips, ClipFile).labels[shown]
    assert set(chosen.seen) < set(labels)


@pytest.mark.parametrize(("encoder", "moved"), [("umurl", False), ("umurl_all", True)])
def test_only_the_encoder_that_says_so_learns_from_clips_of_unseen_classes(study, encoder, moved):
    cell = Cell("demo", "unseen5", encoder, "test")
    found = []
    for factor in (1, 2):
        clips = world()[0]
        split.main(cell, study)
        chosen, shown = read(cell.classes, SplitFile), read(cell.training, TrainingFile).rows
        novel = shown[np.isin(clips.labels[shown], chosen.unseen)]
        assert len(novel)
        clips.skeletons[novel] *= factor
        write(cell.clips, clips)
        encode.main(cell, study)
        found.append(cell.weights.read_bytes())
    assert (found[0] != found[1]) == moved
