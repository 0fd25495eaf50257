"""Evaluation of a pre-trained encoder: linear probe, retrieval, fine-tuning, transfer, t-SNE."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from stages.transfer import _source
from toy_study import settings
from zsar.cells import Cell, RecognitionCell
from zsar.data.protocols import ClipOrigins, dataset, sides
from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL, UmURLConfig
from zsar.encoders.umurl_network import Backbone
from zsar.encoders.umurl_pretraining import CollapseThresholds, PretrainingConfig
from zsar.encoders.umurl_views import ViewConfig
from zsar.errors import UserError
from zsar.experiment.recognition import (
    RetrievalConfig,
    TuningConfig,
    finetune,
    linear_probe,
    load_pretrained,
    retrieval,
    tsne,
)
from zsar.learning.downstream import ProbeConfig, labelled_rows
from zsar.learning.optim import AdamConfig, SGDConfig
from zsar.learning.vicreg import VICRegWeights
from zsar.viz.plots import DPI, draw_scatter

PRETRAINING = PretrainingConfig(
    projection=12,
    views=ViewConfig(0.1, 8, 0.5, 15, 0.5),
    weights=VICRegWeights(5.0, 5.0, 1.0),
    optimizer=AdamConfig(1e-3, 1e-5),
    epochs=1,
    milestones=(),
    decay=0.1,
    batch_size=16,
    last_batch="dropped",
    precision="float32",
    collapse=CollapseThresholds(0.0, 0.0),
    checkpoint_every=1,
)
HERE = Cell("demo", "smie50", "xsub", "umurl")
THERE = "utd_mhad/smie50/xsub/umurl"
PROBE = ProbeConfig(SGDConfig(0.1, 0.9, 0.0), 0.01, 80, (60,), 0.1, 16)


def toy_clips(count: int) -> LabelledClips:
    """Each class swings one joint of its own."""
    labels = torch.arange(count) % 4
    skeletons = 0.02 * torch.randn(count, 3, 12, 25, 2)
    swing = torch.sin(torch.arange(12.0))
    for clip, label in enumerate(labels):
        skeletons[clip, 0, :, 6 + 4 * label, 0] += swing
    skeletons[..., 1] = 0
    return LabelledClips(skeletons, labels)


@pytest.fixture
def world() -> tuple[UmURL, LabelledClips, LabelledClips]:
    torch.manual_seed(0)
    return UmURL(4, UmURLConfig(16, 8, PRETRAINING, PROBE)).eval(), toy_clips(64), toy_clips(32)


def test_linear_and_retrieval_accuracies_are_those_of_the_features(world):
    network, train, test = world
    rows: list = []
    found = linear_probe(network, train, test, 0, rows.append)
    assert found["linear_as_published"] >= found["linear_last"] > 90
    assert len(rows) == PROBE.epochs
    cosines = torch.nn.functional.cosine_similarity(
        network.encode(test.skeletons)[:, None], network.encode(train.skeletons)[None], dim=2
    )
    right = (train.labels[cosines.argmax(1)] == test.labels).double().mean()
    for block in (5, 1000):
        found = retrieval(network, train, test, RetrievalConfig(block))
        assert found == pytest.approx(100 * right.item())


def test_a_transferred_encoder_has_the_shape_of_its_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = {
        "encoders: umurl.demo": {"width": 8},
        "encoders: umurl.utd_mhad": {"width": 32, "frames": 16},
    }
    source, there = _source(settings(HERE, {"also.transfer": [THERE], **layers}))
    assert source == RecognitionCell("utd_mhad", "smie50", "xsub", "umurl")
    weights = Backbone(32, 16).state_dict()
    source.weights.parent.mkdir(parents=True)
    save_file(weights, source.weights)
    encoder = load_pretrained(source, there, 7, torch.device("cpu"))
    assert encoder.width == 64 and encoder.head.out_features == 7
    assert all(torch.equal(weights[k], v) for k, v in encoder.backbone().state_dict().items())


@pytest.mark.parametrize("sources", [[], [THERE, f"{THERE}_all"]])
def test_a_transfer_without_exactly_one_source_is_an_error(sources):
    message = f"also.transfer names {len(sources)} sources, expected one"
    with pytest.raises(UserError, match=message):
        _source(settings(HERE, {"also.transfer": sources}))


def test_fine_tuning_changes_the_encoder_and_classifies(world):
    network, train, test = world
    before = network.network.time.fuse.weight.clone()
    rows = list(finetune(network, train, TuningConfig(AdamConfig(3e-3, 0.0), 12, 16)))
    assert len(rows) == 12 and rows[-1]["cross_entropy"] < rows[0]["cross_entropy"]
    assert not torch.equal(before, network.network.time.fuse.weight)
    answers = network.classify(network.encode(test.skeletons)).argmax(1)
    assert (answers == test.labels).double().mean() > 0.9


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 1.0])
def test_a_share_of_the_labels_has_at_least_one_clip_of_each_class(share):
    torch.manual_seed(0)
    labels = torch.randint(5, (300,))
    rows = labelled_rows(labels, share)
    assert rows.equal(rows.unique())
    for label in range(5):
        expected = max(1, round(share * int((labels == label).sum())))
        assert int((labels[rows] == label).sum()) == expected


def test_the_seed_decides_which_clips_keep_their_labels():
    labels = torch.arange(100) % 5
    draws = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        draws.append(labelled_rows(labels, 0.1))
    assert draws[0].equal(draws[1]) and not draws[0].equal(draws[2])


def test_a_protocol_divides_all_clips_into_training_and_test_by_subject():
    subjects = np.arange(16) % 8 + 1
    labels, nought = np.arange(16) % 27, np.zeros(16, np.int64)
    clips = ClipOrigins(labels, subjects, nought, nought)
    found = sides(clips, dataset=dataset("utd_mhad"), protocol="xsub")
    assert set(subjects[found.train]) == {1, 3, 5, 7}
    assert set(subjects[found.test]) == {2, 4, 6, 8}
    assert len(found.train) + len(found.test) == 16


def test_a_protocol_with_an_empty_side_is_an_error():
    ones = np.ones(4, np.int64)
    with pytest.raises(UserError, match="leaves no clip to test"):
        sides(ClipOrigins(ones, ones, ones, ones), dataset=dataset("utd_mhad"), protocol="xsub")


def test_the_plot_has_a_colour_for_each_class_and_is_the_same_twice(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 15)
    features = (
        generator.normal(size=(45, 8)).astype(np.float32) + 10 * np.eye(8, dtype="f4")[labels]
    )
    legend = {0: "wave", 1: "sit", 2: "jump"}
    for name in ("first", "second"):
        points = tsne(features, 5.0, 0)
        assert points.min() == 0 and points.max() == 1
        draw_scatter(points, labels, legend, "toy", tmp_path / f"{name}.png")
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
    picture = Image.open(tmp_path / "first.png")
    assert picture.width > picture.height > 6 * DPI  # the legend is at the right
    colours = {colour for _, colour in picture.convert("RGB").getcolors(10000)}
    assert {(0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E), (0x2C, 0xA0, 0x2C)} <= colours
