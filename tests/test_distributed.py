"""Supervised training and extraction by two processes give what one process gives."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from toy_encoders import shift_gcn, stgcn, toy_clips
from toy_processes import in_two
from zsar.encoders.base import LabelledClips
from zsar.encoders.layers import BodyBatchNorm
from zsar.learning.augment import AugmentationConfig
from zsar.learning.distributed import (
    gather_blocks,
    merge_moments,
    per_rank_rng,
    rank,
    row_blocks,
    shard,
)

AUGMENTED = AugmentationConfig(least_share=0.7, rotation=0.2, shear=0.1)
CLIPS = 39  # two batches of 16, and one of 7 that does not divide
MAKE = {
    # Dropout masks differ between processes; momentum SGD, unlike Adam, does not amplify
    # gradients that are rounding errors.
    "stgcn": lambda: stgcn(4, dropout=0.0, streams=("joint", "bone"), **SGD),
    "shift_gcn": lambda: shift_gcn(4, **SGD),
    "separate": lambda: stgcn(4, dropout=0.0, absent_bodies="separate", **SGD),
}
SGD = {
    "epochs": 2,
    "augmentation": AUGMENTED,
    "optimizer": "sgd",
    "lr": 0.05,
    "momentum": 0.9,
}


def clips() -> tuple[LabelledClips, LabelledClips]:
    torch.manual_seed(7)
    return toy_clips(CLIPS), toy_clips(21)


def trained(name: str) -> dict:
    train, val = clips()
    torch.manual_seed(0)
    encoder = MAKE[name]()
    rows = list(encoder.fit(train, val))
    return {"rows": rows, "state": {k: v.numpy() for k, v in encoder.state_dict().items()}}


def resumed(folder: Path) -> dict:
    """A training with dropout that is stopped after two epochs and resumed."""
    train, val = clips()

    def build():
        torch.manual_seed(0)
        return stgcn(4, dropout=0.3, epochs=3, augmentation=AUGMENTED)

    whole, first, second = build(), build(), None
    torch.manual_seed(1)
    rows = list(whole.fit(train, val))
    torch.manual_seed(1)
    epochs = first.fit(train, val, folder)
    next(epochs)
    next(epochs)
    epochs.close()
    if dist.is_initialized():
        dist.barrier()
    second = build()
    torch.manual_seed(1)
    again = list(second.fit(train, val, folder))
    same = all(torch.equal(v, second.state_dict()[k]) for k, v in whole.state_dict().items())
    if dist.is_initialized():
        dist.barrier()
    return {"same": same and rows == again}


def normalised() -> dict:
    """Uneven shards, the last row of one of which stands for several."""
    torch.manual_seed(0)
    batch, norm = torch.randn(7, 3, 5, 25, requires_grad=True), BodyBatchNorm(3)
    copies = torch.tensor(4.0)
    mine = shard(torch.arange(7))
    last = len(mine) and int(mine[-1]) == 6
    made = norm(batch[mine], copies if last else None)
    weights = torch.linspace(0, 1, 7)[mine, None, None, None]
    (made.square() * made.cos() * weights).sum().backward()
    return {
        "made": made.detach().numpy(),
        "grad": batch.grad.numpy(),
        "weight_grad": norm.weight.grad.numpy(),
        "mean": norm.running_mean.numpy(),
        "variance": norm.running_var.numpy(),
    }


def merged() -> dict:
    rows = torch.full((11, 2), -1.0)
    for start in row_blocks(len(rows), 4)[rank()]:
        rows[start : start + 4] = torch.arange(start, min(start + 4, 11))[:, None].float()
    gather_blocks(rows, 4)
    before = torch.get_rng_state()
    torch.manual_seed(3)
    with per_rank_rng(rows.device, 0, 5):
        own = torch.rand(3)
    after = torch.rand(3)
    torch.set_rng_state(before)
    return {"rows": rows.numpy(), "own": own.tolist(), "after": after.tolist()}


def work(side: Path) -> dict:
    results = {name: trained(name) for name in MAKE}
    return results | {"normalised": normalised(), "merged": merged(), "resumed": resumed(side)}


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> list[dict]:
    return in_two(work, tmp_path_factory.mktemp("pair"))


def close(found, expected) -> None:
    """Up to rounding errors, which training amplifies, differently on each processor."""
    torch.testing.assert_close(
        torch.as_tensor(found), torch.as_tensor(expected), rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize("name", MAKE)
def test_losses_and_weights_are_those_of_one_process(pair, name):
    alone = trained(name)
    for results in pair:
        for row, expected in zip(results[name]["rows"], alone["rows"], strict=True):
            assert row == pytest.approx(expected, rel=1e-3)
        for key, value in alone["state"].items():
            close(results[name]["state"][key], value)


@pytest.mark.parametrize("name", MAKE)
def test_both_processes_end_with_the_same_bytes(pair, name):
    first, second = (results[name] for results in pair)
    assert repr(first["rows"]) == repr(second["rows"])
    for key, value in first["state"].items():
        assert value.tobytes() == second["state"][key].tobytes()


def test_batch_normalisation_uses_the_batch_of_all_processes(pair):
    alone = normalised()
    parts = [results["normalised"] for results in pair]
    close(parts[0]["made"].shape[0], 4)
    close(torch.cat([torch.from_numpy(part["made"]) for part in parts]), alone["made"])
    for name in ("grad", "weight_grad"):
        close(sum(part[name] for part in parts), alone[name])
    for part in parts:
        close(part["mean"], alone["mean"])
        close(part["variance"], alone["variance"])


def test_every_process_has_all_rows_in_order(pair):
    for results in pair:
        assert results["merged"]["rows"][:, 0].tolist() == list(range(11))


def test_processes_have_random_numbers_of_their_own_and_then_the_same_again(pair):
    one, other = (results["merged"] for results in pair)
    assert one["own"] != other["own"]
    assert one["after"] == other["after"]


def test_a_training_of_two_processes_resumes_and_ends_as_an_uninterrupted_one(pair):
    assert all(results["resumed"] == {"same": True} for results in pair)


def test_a_single_process_has_all_rows():
    rows = torch.arange(5)
    assert shard(rows) is not None and torch.equal(shard(rows), rows)
    assert row_blocks(10, 4) == [range(0, 10, 4)]
    with per_rank_rng(rows.device):
        state = torch.get_rng_state()
    assert torch.equal(state, torch.get_rng_state())
    moments = torch.ones(2), torch.ones(2), torch.tensor(3.0)
    assert merge_moments(*moments) is not None and all(
        a is b for a, b in zip(merge_moments(*moments), moments, strict=True)
    )
