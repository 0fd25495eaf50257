"""Weights that are damaged, or are no plain numbers: one line, and nothing is built from them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import toy_mutations
from test_import_weights import theirs
from toy_encoders import stgcn
from zsar.encoders.pretrained_weights import backbone_weights, load_backbone, load_published, save
from zsar.errors import UserError
from zsar.experiment.state_files import load_state

torch.manual_seed(0)
MADE = stgcn(5)
PUBLISHED = {theirs(name): each for name, each in MADE.state_dict().items()}
FIRST = next(name for name, each in PUBLISHED.items() if each.ndim > 1 and name != "A")
HEAD = next(name for name in PUBLISHED if name.startswith("fc"))


def published(path: Path, **changes) -> Path:
    torch.save(PUBLISHED | changes, path)
    return path


STRANGE = {
    "meta": lambda like: torch.empty(like.shape, device="meta"),
    "float8": lambda like: like.to(torch.float8_e4m3fn),
    "complex": lambda like: like.to(torch.complex64),
    "nested": lambda like: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "sparse": lambda like: like.to_sparse(),
    "repeated": lambda like: torch.zeros(1).expand(10**9, 10**3),
    "a number": lambda like: torch.tensor(1.0),
    "empty": lambda like: torch.zeros(0, *like.shape[1:]),
    "not finite": lambda like: torch.full_like(like, float("nan")),
}


@pytest.mark.parametrize("place", [FIRST, HEAD])
@pytest.mark.parametrize("kind", STRANGE)
def test_tensors_that_are_no_plain_numbers_are_refused(kind, place, tmp_path):
    path = published(tmp_path / "w.pt", **{place: STRANGE[kind](PUBLISHED[place])})
    for use in (load_published, backbone_weights):
        with pytest.raises(UserError, match="w.pt") as caught:
            use("stgcn", path, MADE.config)
        assert "\n" not in str(caught.value)


def test_a_head_of_more_rows_than_the_file_holds_is_never_built(tmp_path):
    rows = torch.zeros(1).expand(10**12, PUBLISHED[HEAD].shape[1], 1, 1)
    path = published(tmp_path / "w.pt", **{HEAD: rows})
    with pytest.raises(UserError, match="numbers, more than the file holds"):
        load_published("stgcn", path, MADE.config)


@pytest.mark.parametrize("held", [{}, {"state_dict": {}}, [], 3, {"A": 3}, {3: torch.ones(2)}])
def test_a_file_of_something_else_is_refused(held, tmp_path):
    torch.save(held, tmp_path / "w.pt")
    with pytest.raises(UserError, match="w.pt") as caught:
        load_published("stgcn", tmp_path / "w.pt", MADE.config)
    assert "\n" not in str(caught.value)


def test_kept_weights_with_a_wrong_number_of_classes_are_refused(tmp_path):
    weights, classes = backbone_weights("stgcn", published(tmp_path / "w.pt"), MADE.config)
    assert load_backbone(stgcn(3), save(weights, classes, "stgcn", tmp_path)) == 5
    path = save(weights, -1, "stgcn", tmp_path)
    with pytest.raises(UserError, match="says that it has .-1. classes, expected a number"):
        load_backbone(stgcn(3), path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_trained_weights_that_do_not_fit_say_to_run_the_pipeline(content, tmp_path):
    path = tmp_path / "encoder.safetensors"
    with pytest.raises(UserError, match="no such file; `dvc repro` makes it"):
        load_state(nn.Linear(2, 2), path)
    path.write_bytes(content)
    with pytest.raises(UserError, match="run `dvc repro`") as caught:
        load_state(nn.Linear(2, 2), path)
    save_file({"weight": torch.ones(3, 2), "bias": torch.ones(2)}, path)
    with pytest.raises(UserError, match="does not fit the settings .* run `dvc repro`") as caught:
        load_state(nn.Linear(2, 2), path)
    assert "\n" not in str(caught.value)


def test_any_damage_ends_in_success_or_one_line(tmp_path):
    path, state = published(tmp_path / "w.pt"), tmp_path / "state.safetensors"
    layer, refused = nn.Linear(4, 4), 0
    save_file(layer.state_dict(), state)
    for file, use in (
        (path, lambda: load_published("stgcn", path, MADE.config)),
        (state, lambda: load_state(layer, state)),
    ):
        for content in toy_mutations.of_bytes(file.read_bytes(), toy_mutations.count(100)):
            file.write_bytes(content)
            try:
                use()
            except UserError as error:
                refused += 1
                assert "\n" not in str(error)
    assert refused
