"""Published weights: wrappers are removed, names and shapes are checked, no code is run."""

import pickle
import re

import pytest
import torch

from toy_encoders import shift_gcn, stgcn, toy_clips
from zsar.encoders.pretrained_weights import load_published
from zsar.errors import UserError

# Our names as patterns, and theirs.
STGCN = (
    (r"networks\.joint\.normalise\.", "data_bn."),
    (r"networks\.joint\.blocks\.(\d+)\.graph\.importance", r"edge_importance.\1"),
    (r"networks\.joint\.blocks\.(\d+)\.graph\.mix\.", r"st_gcn_networks.\1.gcn.conv."),
    (r"networks\.joint\.blocks\.(\d+)\.graph_norm\.", r"st_gcn_networks.\1.tcn.0."),
    (r"networks\.joint\.blocks\.(\d+)\.time\.", r"st_gcn_networks.\1.tcn.2."),
    (r"networks\.joint\.blocks\.(\d+)\.time_norm\.", r"st_gcn_networks.\1.tcn.3."),
    (r"networks\.joint\.blocks\.(\d+)\.shortcut\.mix\.", r"st_gcn_networks.\1.residual.0."),
    (r"networks\.joint\.blocks\.(\d+)\.shortcut\.norm\.", r"st_gcn_networks.\1.residual.1."),
    (r"heads\.joint\.", "fc."),
)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return stgcn(4).eval()


@pytest.fixture
def theirs(encoder):
    """The weights of a checkpoint, as SMIE names and shapes them."""
    weights = {"A": encoder.state_dict()["networks.joint.blocks.0.graph.adjacency"]}
    for name, weight in encoder.state_dict().items():
        for pattern, target in STGCN:
            if re.match(pattern, name):
                shape = (*weight.shape, 1, 1) if "graph.mix.weight" in name else weight.shape
                weights[re.sub(pattern, target, name)] = weight.view(shape)
    return weights | {"data_bn.num_batches_tracked": torch.tensor(7)}


WRAPPED = {
    "plain": lambda weights: weights,
    "by DataParallel": lambda weights: {f"module.{k}": v for k, v in weights.items()},
    "in a training state": lambda weights: {"epoch": 3, "state_dict": weights},
    "in both": lambda weights: {"state_dict": {f"module.{k}": v for k, v in weights.items()}},
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_weights_are_read_out_of_what_they_are_wrapped_in(wrap, encoder, theirs, tmp_path):
    torch.save(wrap(theirs), tmp_path / "weights.pt")
    loaded = load_published("stgcn", tmp_path / "weights.pt", encoder.config)
    clips = toy_clips(5).skeletons
    assert not loaded.training
    assert torch.equal(loaded(clips), encoder(clips))
    assert torch.equal(loaded.classify(encoder(clips)), encoder.classify(encoder(clips)))


def test_a_file_without_a_head_gives_an_untrained_one(encoder, theirs, tmp_path):
    torch.save({k: v for k, v in theirs.items() if not k.startswith("fc.")}, tmp_path / "w.pt")
    with pytest.raises(UserError, match="has no head"):
        load_published("stgcn", tmp_path / "w.pt", encoder.config)
    loaded = load_published("stgcn", tmp_path / "w.pt", encoder.config, classes=9)
    clips = toy_clips(5).skeletons
    assert torch.equal(loaded(clips), encoder(clips))
    assert loaded.classify(loaded(clips)).shape == (5, 9)


def test_weights_that_do_not_fit_are_named(encoder, theirs, tmp_path):
    del theirs["data_bn.bias"]
    theirs["st_gcn_networks.1.tcn.0.weight"] = torch.ones(3)
    theirs["st_gcn_networks.5.tcn.0.weight"] = torch.ones(3)
    torch.save(theirs, tmp_path / "w.pt")
    with pytest.raises(UserError) as error:
        load_published("stgcn", tmp_path / "w.pt", encoder.config)
    message = str(error.value)
    assert "1 missing (networks.joint.normalise.bias (" in message
    assert "networks.joint.blocks.5.graph_norm.weight (3,)); 1 of another shape" in message
    assert "networks.joint.blocks.1.graph_norm.weight (3,) instead of (16,)" in message


def test_a_name_of_another_network_is_an_error(encoder, theirs, tmp_path):
    torch.save(theirs | {"backbone.conv": torch.ones(3)}, tmp_path / "w.pt")
    with pytest.raises(UserError, match=r"w.pt .*backbone\.conv is not the name of a weight"):
        load_published("stgcn", tmp_path / "w.pt", encoder.config)


def test_another_number_of_classes_is_an_error(encoder, theirs, tmp_path):
    torch.save(theirs, tmp_path / "w.pt")
    with pytest.raises(UserError, match="has a head for 4 classes, expected 5"):
        load_published("stgcn", tmp_path / "w.pt", encoder.config, classes=5)


def test_a_file_that_would_run_code_is_refused_and_runs_nothing(encoder, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "executed"), "w")

    (tmp_path / "trap.pt").write_bytes(pickle.dumps({"state_dict": Trap()}))
    torch.save({"state_dict": Trap()}, tmp_path / "newer.pt")
    for name in ("trap.pt", "newer.pt"):
        with pytest.raises(UserError, match="not hold weights alone"):
            load_published("stgcn", tmp_path / name, encoder.config)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"just text\n"])
def test_a_file_of_another_kind_is_an_error(content, encoder, tmp_path):
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"w\.pt"):
        load_published("stgcn", tmp_path / "w.pt", encoder.config)
    with pytest.raises(UserError, match="no such file"):
        load_published("stgcn", tmp_path / "absent.pt", encoder.config)


def test_weights_of_one_stream_do_not_fit_an_encoder_of_two(theirs, tmp_path):
    torch.save(theirs, tmp_path / "w.pt")
    with pytest.raises(UserError, match="holds one stream, but the settings name joint, bone"):
        load_published("stgcn", tmp_path / "w.pt", stgcn(4, streams=("joint", "bone")).config)


def test_weights_of_shift_gcn_are_rearranged(tmp_path):
    """Everything that lies otherwise in the published file; the fixtures check the numbers."""
    encoder = shift_gcn(4, channels=(6,), strides=(1,)).eval()
    ours = {k.split("blocks.0.")[-1]: v for k, v in encoder.state_dict().items()}
    theirs = {
        "gcn1.Linear_weight": ours["space.mix.weight"].T,
        "gcn1.Linear_bias": ours["space.mix.bias"][None, None],
        "gcn1.Feature_Mask": ours["space.mask"].T[None],
        "gcn1.down.0.weight": ours["space.shortcut.mix.weight"][..., None, None],
        "gcn1.down.0.bias": ours["space.shortcut.mix.bias"],
        "gcn1.shift_in": torch.arange(75),
        "tcn1.shift_in.xpos": torch.zeros(6),
        "tcn1.shift_in.ypos": ours["time.before.offsets"],
        "tcn1.shift_out.ypos": ours["time.after.offsets"],
        "tcn1.temporal_linear.weight": ours["time.mix.weight"][..., None, None],
        "tcn1.temporal_linear.bias": ours["time.mix.bias"],
    }
    for part in ("weight", "bias", "running_mean", "running_var"):
        ours[f"space.norm.{part}"].uniform_(0.5, 1)
        theirs[f"gcn1.bn.{part}"] = ours[f"space.norm.{part}"].view(6, 25).T.flatten()
        theirs[f"gcn1.down.1.{part}"] = ours[f"space.shortcut.norm.{part}"]
        theirs[f"tcn1.bn.{part}"] = ours[f"time.norm_before.{part}"]
        theirs[f"tcn1.bn2.{part}"] = ours[f"time.norm_after.{part}"]
    theirs = {f"l1.{name}": weight.clone() for name, weight in theirs.items()}
    for part in ("weight", "bias", "running_mean", "running_var"):
        theirs[f"data_bn.{part}"] = ours[f"networks.joint.normalise.{part}"]
    for part in ("weight", "bias"):
        theirs[f"fc.{part}"] = ours[f"heads.joint.{part}"]
    torch.save(theirs, tmp_path / "w.pt")
    loaded = load_published("shift_gcn", tmp_path / "w.pt", encoder.config)
    clips = toy_clips(3).skeletons
    assert torch.equal(loaded(clips), encoder(clips))
