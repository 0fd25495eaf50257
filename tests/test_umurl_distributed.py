"""Two processes that share a batch train as one process does on all of it."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from toy_processes import in_two
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import (
    CollapseThresholds,
    PretrainingConfig,
    batch_loss,
    pretrain,
)
from zsar.encoders.umurl_views import ViewConfig
from zsar.learning.distributed import SyncBatchNorm, all_gather, all_sum, even_shard
from zsar.learning.optim import AdamConfig
from zsar.learning.vicreg import VICRegWeights

PRETRAINING = PretrainingConfig(
    projection=24,
    views=ViewConfig(0.1, 8, 0.5, 15, 0.5),
    weights=VICRegWeights(5.0, 5.0, 1.0),
    optimizer=AdamConfig(1e-3, 1e-5),
    epochs=2,
    milestones=(1,),
    decay=0.1,
    batch_size=16,
    last_batch="dropped",
    precision="float32",
    collapse=CollapseThresholds(0.0, 0.0),
    checkpoint_every=1,
)


def build() -> tuple[Projected, torch.Tensor]:
    torch.manual_seed(0)
    clips = torch.randn(32, 12, 2, 25, 3).permute(0, 4, 1, 3, 2)
    return Projected(Backbone(8, 12), PRETRAINING.projection), clips


def trained() -> dict:
    """The losses and weights of a process after two epochs of two steps."""
    network, clips = build()
    rows = list(pretrain(network, clips, PRETRAINING, None))
    return {"rows": rows, "state": {k: v.numpy() for k, v in network.state_dict().items()}}


def first_gradients() -> dict:
    """The gradients of the first step."""
    network, clips = build()
    loss = batch_loss(network, clips, PRETRAINING)
    sum(loss(torch.arange(16)).values()).backward()
    return {name: weight.grad.numpy() for name, weight in network.named_parameters()}


def layers() -> dict:
    """Batch normalisation and sums over processes by themselves, with their gradients."""
    torch.manual_seed(0)
    batch, norm = torch.randn(16, 6, requires_grad=True), SyncBatchNorm(6)
    mine = batch[even_shard(torch.arange(16))]
    every = all_gather(norm(mine)[:, None])[:, 0]
    loss = every.square().prod(1).sum() + all_sum(mine.sum(0)).square().sum()
    loss.backward()
    # Every process has the same loss; each gradient holds this process's rows of all of them.
    grad = batch.grad / (dist.get_world_size() if dist.is_initialized() else 1)
    return {
        "every": every.detach().numpy(),
        "grad": grad.numpy(),
        "mean": norm.running_mean.numpy(),
        "variance": norm.running_var.numpy(),
    }


def work(side: Path) -> dict:
    return {"trained": trained(), "gradients": first_gradients(), "layers": layers()}


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> list[dict]:
    return in_two(work, tmp_path_factory.mktemp("pair"))


def close(found, expected, atol=1e-5) -> None:
    torch.testing.assert_close(
        torch.from_numpy(found), torch.from_numpy(expected), rtol=1e-4, atol=atol
    )


def test_normalisation_and_sums_equal_those_of_one_process(pair):
    alone = layers()
    for name in ("every", "mean", "variance"):
        for results in pair:
            close(results["layers"][name], alone[name])
    close(sum(results["layers"]["grad"] for results in pair), alone["grad"])


def test_the_gradients_equal_those_of_one_process(pair):
    alone = first_gradients()
    for results in pair:
        for name, expected in alone.items():
            close(results["gradients"][name], expected)


def test_the_losses_of_two_epochs_equal_those_of_one_process(pair):
    alone = trained()
    for results in pair:
        for row, expected in zip(results["trained"]["rows"], alone["rows"], strict=True):
            # Adam amplifies gradients that are rounding errors.
            assert row == pytest.approx(expected, rel=1e-3)


def test_both_processes_end_with_the_same_bytes(pair):
    first, second = (results["trained"] for results in pair)
    assert repr(first["rows"]) == repr(second["rows"])
    for name, value in first["state"].items():
        assert value.tobytes() == second["state"][name].tobytes()
