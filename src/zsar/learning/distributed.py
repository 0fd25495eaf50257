"""Training by several processes on one batch, as if they were one."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def world_size() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    return dist.get_rank() if world_size() > 1 else 0


def even_shard(rows: Int[Tensor, " row"]) -> Int[Tensor, " own"]:
    """This process's share of a batch. Shares are equal; the remainder is left out."""
    share = len(rows) // world_size()
    return rows[rank() * share : (rank() + 1) * share]


def shard(rows: Int[Tensor, " row"]) -> Int[Tensor, " own"]:
    """This process's shard of a batch, nothing left out; shards differ by one row at most."""
    return rows.tensor_split(world_size())[rank()]


def row_blocks(rows: int, block: int) -> list[range]:
    """For every process, where its blocks of rows begin. Blocks are contiguous, so that each is the
    same for any number of processes."""
    starts = range(0, rows, block)
    most = -(-len(starts) // world_size())
    return [starts[each * most : (each + 1) * most] for each in range(world_size())]


def gather_blocks(rows: Float[Tensor, "row dim"], block: int) -> Float[Tensor, "row dim"]:
    """All rows, where every process has filled its own blocks; copied, so exact."""
    if world_size() > 1:
        for source, starts in enumerate(row_blocks(len(rows), block)):
            if starts:
                dist.broadcast(rows[starts[0] : starts[-1] + block], source)
    return rows


@contextmanager
def per_rank_rng(device: torch.device, *step: int) -> Iterator[None]:
    """Inside, every process has random numbers of its own, others in every step; afterwards all
    processes continue with the same state."""
    if world_size() == 1:
        yield
        return
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        # Of whole numbers the hash is the same in every process and on every run.
        torch.manual_seed(hash((torch.initial_seed(), *step, rank())))
        yield


def all_gather(rows: Float[Tensor, "own modality dim"]) -> Float[Tensor, "all modality dim"]:
    """The rows of all processes, in their order; differentiable."""
    return rows if world_size() == 1 else _Gather.apply(rows)


def all_sum(value: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The sum over all processes; differentiable."""
    return value if world_size() == 1 else _Sum.apply(value)


def merge_moments(
    mean: Float[Tensor, " dim"], variance: Float[Tensor, " dim"], count: Float[Tensor, ""]
) -> tuple[Float[Tensor, " dim"], Float[Tensor, " dim"], Float[Tensor, ""]]:
    """Mean, variance and number of the values of all processes, from those of each."""
    if world_size() == 1:
        return mean, variance, count
    own = torch.cat((mean, variance, count[None]))
    every = [torch.empty_like(own) for _ in range(world_size())]
    dist.all_gather(every, own)
    means, variances, counts = torch.stack(every).split((len(mean), len(variance), 1), 1)
    shares = counts / counts.sum()
    mean = (shares * means).sum(0)
    return mean, (shares * (variances + (means - mean).square())).sum(0), counts.sum()


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows):
        parts = [torch.empty_like(rows) for _ in range(world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        total = grad.contiguous().clone()
        dist.all_reduce(total)
        return total.chunk(world_size())[rank()]


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        total = grad.clone()
        dist.all_reduce(total)
        return total


class SyncBatchNorm(nn.BatchNorm1d):
    """Batch normalisation by the batch of all processes, on any device."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, rows: Float[Tensor, "own dim"]) -> Float[Tensor, "own dim"]:
        if not self.training or world_size() == 1:
            return super().forward(rows)
        count = len(rows) * world_size()
        wide = rows.float()
        mean = all_sum(wide.sum(0)) / count
        variance = all_sum((wide - mean).square().sum(0)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (variance + self.eps).rsqrt()
        return ((wide - mean) * scale + self.bias).to(rows.dtype)
