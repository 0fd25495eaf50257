"""The checkpoints that the authors of UmURL released can be read, whatever else they hold."""

import pytest
import torch

from zsar.encoders.pretrained_weights import load_published
from zsar.encoders.umurl import COMPUTED, NAMES, UmURL, UmURLConfig
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import CollapseThresholds, PretrainingConfig
from zsar.encoders.umurl_views import ViewConfig
from zsar.errors import UserError
from zsar.learning.downstream import ProbeConfig
from zsar.learning.optim import AdamConfig, SGDConfig
from zsar.learning.vicreg import VICRegWeights

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
PROBE = ProbeConfig(SGDConfig(0.1, 0.9, 0.0), 0.01, 1, (), 0.1, 16)
CONFIG = UmURLConfig(8, 6, PRETRAINING, PROBE)
LETTERS = {"joint": "j", "bone": "b", "motion": "m", "time": "t", "space": "s"}


def published_state(state: dict) -> dict:
    """Our names turned into the published ones, with the prefix of DistributedDataParallel."""
    return {
        f"module.{published_name(*name.split('.'))}": value for name, value in state.items()
    } | {f"module.{COMPUTED}": torch.zeros(1, 200, 8)}


def published_name(first: str, *rest: str) -> str:
    head, tail = LETTERS.get(rest[0], rest[0]), ".".join(rest[1:])
    match first, rest[1:]:
        case "head", _:
            return f"fc.{head}"
        case "project", _:
            return f"{head}_projector.{tail}"
        case _, ["embed", modality, *layer]:
            return f"backbone.{LETTERS[modality]}_emb.{head}_embedding.{'.'.join(layer)}"
        case _, ["fuse", *layer]:
            return f"backbone.mm_fusion.{head}_fusion.0.{'.'.join(layer)}"
        case _, ["attend", *layer]:
            return f"backbone.ma_encoder.{head}_tr.layers.0.{'.'.join(layer)}"
    raise AssertionError(rest)


def test_a_checkpoint_of_pre_training_gives_the_backbone_and_a_new_head(tmp_path):
    torch.manual_seed(0)
    network = Projected(Backbone(8, 6), 12)
    path = tmp_path / "checkpoint_0450.pth.tar"
    torch.save(
        {"epoch": 450, "state_dict": published_state(network.state_dict()), "optimizer": {}}, path
    )
    made = load_published("umurl", path, CONFIG, classes=5)
    clips = torch.randn(3, 3, 6, 25, 2)
    expected = UmURL(5, CONFIG).eval()
    expected.network.load_state_dict(network.backbone.state_dict())
    torch.testing.assert_close(made(clips), expected(clips))
    assert made.head.out_features == 5


def test_the_head_of_a_linear_evaluation_is_used(tmp_path):
    torch.manual_seed(0)
    encoder = UmURL(7, CONFIG).eval()
    path = tmp_path / "linear.pth.tar"
    torch.save({"state_dict": published_state(encoder.state_dict())}, path)
    made = load_published("umurl", path, CONFIG)
    clips = torch.randn(3, 3, 6, 25, 2)
    torch.testing.assert_close(made.classify(made(clips)), encoder.classify(encoder(clips)))


def test_weights_of_another_width_are_refused_by_name(tmp_path):
    path = tmp_path / "small.pth.tar"
    torch.save({"state_dict": published_state(Projected(Backbone(4, 6), 12).state_dict())}, path)
    with pytest.raises(UserError, match="of another shape"):
        load_published("umurl", path, CONFIG, classes=5)


def test_an_unknown_name_is_an_error_that_names_it():
    assert NAMES
    with pytest.raises(ValueError, match=r"data_bn\.weight is not the name of a weight of UmURL"):
        UmURL.from_published({"data_bn.weight": torch.zeros(1)})
