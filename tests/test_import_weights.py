"""`zsar import-weights`: published checkpoints are checked, kept, and a cell starts from them."""

import copy
import json
import os
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from typer.testing import CliRunner

from parity._published import Published
from stages import encode, split
from toy_config import put
from toy_study import ONCE, PUBLISHED, cut, world
from zsar.cells import Cell
from zsar.cli.main import app
from zsar.config.config import Config, load
from zsar.config.settings import Settings
from zsar.data.artifacts import FeatureFile, SplitFile, read, write
from zsar.encoders import encoder, pretrained_weights
from zsar.encoders.pretrained_weights import load_published
from zsar.errors import UserError
from zsar.exchange.weights import instructions

ROOT = Path(__file__).parent.parent
FIXTURES = Path(os.environ.get("ZSAR_FIXTURES", ROOT.parent / "shared/fixtures"))
CELL = Cell("demo", "smie50", "unseen5", "stgcn")
SMALL = {"channels": [8, 12], "strides": [1, 2], "kernel": 3}
LEARNS = {"training": {"learns": "heads", "epochs": 3}}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with a params.yaml whose ST-GCN is small, and one cell that uses it."""
    shutil.copytree(ROOT / "descriptions", tmp_path / "descriptions")
    monkeypatch.chdir(tmp_path)
    chosen(stgcn=SMALL | LEARNS)
    return tmp_path


def chosen(**encoders: dict) -> Config:
    """params.yaml and settings/ with what differs in the settings of encoders."""
    changes = {f"encoders.{name}": values for name, values in encoders.items()}
    return put(ONCE | PUBLISHED | changes)


def needed(cell: Cell, stage: str = "encode") -> Settings:
    return cut(stage, cell, load())


def checkpoint(path: Path, classes: int, seed: int = 0) -> dict[str, torch.Tensor]:
    """A file as SMIE names the weights of an ST-GCN of the shape on the desk."""
    torch.manual_seed(seed)
    network = encoder("stgcn")(classes, small())
    weights = {theirs(name): each for name, each in network.state_dict().items()}
    torch.save(weights, path)
    return weights


def small() -> Any:
    return needed(CELL).of("encoders", "stgcn", encoder("stgcn").Config)


def theirs(name: str) -> str:
    parts = name.removeprefix("networks.joint.").removeprefix("heads.joint.").split(".")
    match parts:
        case ["normalise", rest]:
            return f"data_bn.{rest}"
        case ["blocks", block, "graph", "importance"]:
            return f"edge_importance.{block}"
        case ["blocks", block, "graph", "adjacency"]:
            return "A"
        case ["blocks", block, "graph", "mix", rest]:
            return f"st_gcn_networks.{block}.gcn.conv.{rest}"
        case ["blocks", block, "shortcut", part, rest]:
            return f"st_gcn_networks.{block}.residual.{('mix', 'norm').index(part)}.{rest}"
        case ["blocks", block, part, rest]:
            place = {"graph_norm": 0, "time": 2, "time_norm": 3}[part]
            return f"st_gcn_networks.{block}.tcn.{place}.{rest}"
    return f"fc.{parts[-1]}"


def taken(*words: object) -> tuple[Path, str]:
    """The file that the command wrote, and what it said."""
    result = CliRunner().invoke(app, ["import-weights", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Path(result.output.split(": ")[0]), result.output


def refused(*words: object) -> tuple[str, str]:
    """The complaint of the command, and the lines before it."""
    result = CliRunner().invoke(app, ["import-weights", *map(str, words)])
    assert isinstance(result.exception, UserError) and result.exit_code == 1
    assert not list(Path().glob("data/**/*"))
    return str(result.exception), result.output


WRAPPED = {
    "plain": lambda weights: weights,
    "by DataParallel": lambda weights: {f"module.{k}": v for k, v in weights.items()},
    "in a training state": lambda weights: {"epoch": 3, "state_dict": weights, "lr": 0.1},
    "in both": lambda weights: {"state_dict": {f"module.{k}": v for k, v in weights.items()}},
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_the_same_weights_give_the_same_file_whatever_wraps_them(wrap, desk):
    plain, _ = taken(save(checkpoint(desk / "plain.pt", 25)), "--as", "stgcn")
    wrapped = save(wrap(checkpoint(desk / "plain.pt", 25)))
    assert taken(wrapped, "--as", "stgcn")[0] == plain
    other, _ = taken(save(wrap(checkpoint(desk / "plain.pt", 25, seed=1))), "--as", "stgcn")
    assert other != plain and len(list(plain.parent.iterdir())) == 2


def save(held: object) -> Path:
    torch.save(held, "wrapped.pt")
    return Path("wrapped.pt")


def test_the_head_is_left_out_and_all_else_is_kept(desk):
    checkpoint(desk / "w.pt", 25)
    path, said = taken("w.pt", "--as", "stgcn")
    whole = load_published("stgcn", desk / "w.pt", small())
    kept = load_file(path)
    assert kept.keys() == whole.backbone().state_dict().keys()
    assert all(torch.equal(kept[k], v) for k, v in whole.backbone().state_dict().items())
    assert "its head for 25 classes is left out" in said and f"weights: {path}" in said


def started(path: Path, classes: int = 25) -> Cell:
    """The demo's cell with few clips, encoded in the test phase from imported weights."""
    chosen(stgcn=SMALL | LEARNS | {"weights": path.as_posix()})
    cell = CELL.in_phase("test")
    write(cell.clips, world()[0])
    split.main(cell, needed(cell, "split"))
    encode.main(cell, needed(cell))
    return cell


def test_a_cell_starts_from_imported_weights_and_teaches_its_own_head(desk):
    checkpoint(desk / "w.pt", 25)
    path, _ = taken("w.pt", "--as", "stgcn")
    cell = started(path)
    kept, used = load_file(path), load_file(cell.weights)
    assert all(torch.equal(used[f"networks.{name}"], weight) for name, weight in kept.items())
    clips, found = world()[0], read(cell.features, FeatureFile)
    alone = load_published("stgcn", desk / "w.pt", small())
    expected = alone(torch.from_numpy(clips.skeletons)).detach().numpy()
    np.testing.assert_allclose(found.features, expected, rtol=1e-4, atol=1e-5)
    rows = read(cell.split_file, SplitFile)
    assert found.seen_logits.shape == (len(clips.labels), len(rows.seen))
    theirs = alone.classify(torch.from_numpy(found.features)).detach().numpy()
    assert np.abs(theirs - found.seen_logits).max() > 1e-3


def test_both_phases_start_from_the_same_weights(desk):
    checkpoint(desk / "w.pt", 25)
    path, _ = taken("w.pt", "--as", "stgcn")
    cell = started(path).in_phase("validation")
    used = load_file(cell.weights)
    assert len(used["heads.joint.weight"]) < 25
    assert all(torch.equal(used[f"networks.{k}"], v) for k, v in load_file(path).items())


def test_a_head_for_all_classes_or_none_suits_and_another_is_a_complaint(desk):
    for classes, suits in ((30, True), (20, False)):
        checkpoint(desk / "w.pt", classes)
        path, _ = taken("w.pt", "--as", "stgcn")
        if suits:
            started(path)
        else:
            with pytest.raises(UserError, match="was trained for 20 classes, expected 25"):
                started(path)
    held = checkpoint(desk / "w.pt", 20)
    bare = save({k: v for k, v in held.items() if not k.startswith("fc.")})
    path, said = taken(bare, "--as", "stgcn")
    assert "it has no head" in said
    started(path)


def test_a_cell_is_stale_when_its_weights_change_and_no_other_is(desk):
    checkpoint(desk / "w.pt", 25)
    path, _ = taken("w.pt", "--as", "stgcn")
    before = needed(CELL).values
    chosen(stgcn=SMALL | LEARNS, umurl_all={"weights": path.as_posix()})
    assert needed(CELL).values == before
    chosen(stgcn=SMALL | LEARNS | {"weights": path.as_posix()})
    assert needed(CELL).values != before and path.name in str(needed(CELL).values)


@pytest.mark.parametrize("kind", ["stgcn", "shift_gcn", "umurl"])
def test_what_is_told_to_write_in_params_yaml_names_the_weights(kind, desk):
    told, path = (
        instructions(kind, Path("data/weights/w.safetensors")),
        Path("data/weights/w.safetensors"),
    )
    section = yaml.safe_load(re.split("\nit ", told)[0])
    (name,) = section["encoders"]
    known = chosen(**section["encoders"])
    cell = replace(CELL, encoder=name)
    assert cut("encode", cell, known).weights(name) == path
    assert known.at(cell).of("encoders", name, encoder(name).Config)


def test_a_file_that_is_gone_or_no_longer_as_imported_is_a_complaint(desk):
    checkpoint(desk / "w.pt", 25)
    path, _ = taken("w.pt", "--as", "stgcn")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not as it was imported"):
        started(path)
    path.unlink()
    with pytest.raises(UserError, match="no such file; `zsar import-weights` makes it"):
        started(path)


def test_every_weight_that_does_not_fit_is_named_with_its_shapes(desk):
    held = checkpoint(desk / "w.pt", 25)
    for block in (0, 1):
        held[f"st_gcn_networks.{block}.tcn.3.weight"] = torch.ones(7)
        del held[f"st_gcn_networks.{block}.tcn.3.bias"]
    held["st_gcn_networks.4.tcn.0.weight"] = torch.ones(3)
    held["data_bn.bias"] = torch.full((75,), torch.nan)
    complaint, lines = refused(save(held), "--as", "stgcn")
    assert "2 missing" in complaint and "2 of another shape" in complaint
    assert "missing: joint.blocks.1.time_norm.bias (12,)" in lines.replace("networks.", "")
    assert "blocks.0.time_norm.weight (7,) instead of (8,)" in lines
    assert "not known: networks.joint.blocks.4.graph_norm.weight (3,)" in lines
    assert "not finite: networks.joint.normalise.bias" in lines


def test_what_runs_code_is_refused_and_runs_nothing(desk):
    class Trap:
        def __reduce__(self):
            return open, (str(desk / "sprung"), "w")

    for name, pickled in {"old.pt": pickle.dumps, "new.pt": None}.items():
        content = {"state_dict": {"fc.weight": Trap()}}
        if pickled:
            (desk / name).write_bytes(pickled(content))
        else:
            torch.save(content, desk / name)
        assert "does not hold weights alone" in refused(name, "--as", "stgcn")[0]
    assert not (desk / "sprung").exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("zipped", [True, False], ids=["new", "old"])
def test_a_file_that_was_cut_short_is_refused(share, zipped, desk):
    torch.save(checkpoint(desk / "w.pt", 25), "whole.pt", _use_new_zipfile_serialization=zipped)
    content = Path("whole.pt").read_bytes()
    Path("cut.pt").write_bytes(content[: int(share * len(content))])
    assert "cut.pt" in refused("cut.pt", "--as", "stgcn")[0]


NO_CHECKPOINTS = {
    "text": b"weights: none\n",
    "noise": np.random.default_rng(0).bytes(5000),
    "nothing": b"",
    "a pickle of numbers": pickle.dumps([1, 2, 3], protocol=2),
}


@pytest.mark.parametrize("content", NO_CHECKPOINTS.values(), ids=NO_CHECKPOINTS)
def test_what_is_no_checkpoint_is_refused(content, desk):
    Path("w.pt").write_bytes(content)
    assert "w.pt does not hold weights" in refused("w.pt", "--as", "stgcn")[0]


def test_a_folder_a_missing_file_and_another_network_are_refused(desk):
    assert "no such file" in refused("absent.pt", "--as", "stgcn")[0]
    assert "descriptions" in refused("descriptions", "--as", "stgcn")[0]
    checkpoint(desk / "w.pt", 25)
    assert "is not the name of a weight of UmURL" in refused("w.pt", "--as", "umurl")[0]
    assert "of Shift-GCN" in refused("w.pt", "--as", "shift_gcn")[0]
    said, _ = refused("w.pt", "--as", "stgcn", "--dataset", "kinect")
    assert "unknown data set" in said and "kinect" in said


def fixture(name: str) -> tuple[dict[str, torch.Tensor], Published]:
    """Weights under the authors' names, and all arrays of a parity fixture."""
    path = FIXTURES / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    arrays = Published(np.load(path), json.loads(path.with_suffix(".json").read_text()))
    return {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith("w/")}, arrays


def shape(weights: dict[str, torch.Tensor], name: str) -> tuple[list[int], list[int]]:
    """Channels of the blocks by one weight of each; a stride of two stands where they double."""
    channels = [len(weight) for key, weight in weights.items() if key.endswith(name)]
    before = [channels[0], *channels[:-1]]
    return channels, [1 + (2 * a == b) for a, b in zip(before, channels, strict=True)]


FIXED = {
    "stgcn": ("stgcn_smie", "tcn.2.weight"),
    "shift_gcn": ("shiftgcn", "tcn1.temporal_linear.weight"),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("name", FIXED)
def test_weights_of_the_authors_networks_give_the_features_of_their_code(name, wrap, desk):
    weights, arrays = fixture(FIXED[name][0])
    clips = torch.from_numpy(arrays["x/x"])
    channels, strides = shape(weights, FIXED[name][1])
    frames = {"frames": clips.shape[2]} if name == "shift_gcn" else {}
    chosen(**{name: {"channels": channels, "strides": strides} | frames})
    path, _ = taken(save(wrap(copy.deepcopy(weights))), "--as", name)
    begun = begin(name, path)
    arrays.close(begun(clips), arrays["y/feature"])


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_umurl_of_its_authors_is_a_start_for_the_encoder_that_saw_all_clips(wrap, desk):
    weights, arrays = fixture("umurl_backbone")
    clips = torch.from_numpy(arrays["x/clip"])
    width = len(weights["backbone.mm_fusion.t_fusion.0.weight"])
    size = {"width": width, "frames": clips.shape[2]}
    chosen(umurl=size, umurl_all=size)
    path, _ = taken(save(wrap(weights)), "--as", "umurl")
    begun = begin("umurl_all", path)
    arrays.close(begun(clips), arrays["y/feature"])


def begin(name: str, path: Path) -> torch.nn.Module:
    kind = encoder(name)
    settings = needed(replace(CELL, encoder=name)).of("encoders", name, kind.Config)
    network = kind(3, settings)
    pretrained_weights.load_backbone(network, path)
    return network.eval().requires_grad_(False)
