"""Several processes that learn from one batch as if they were one."""

import torch
import torch.distributed as dist
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def processes() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    return dist.get_rank() if processes() > 1 else 0


def own(rows: Int[Tensor, " row"]) -> Int[Tensor, " own"]:
    """This process's share of a batch; shares are equal, what does not divide is left out."""
    share = len(rows) // processes()
    return rows[rank() * share : (rank() + 1) * share]


def gathered(rows: Float[Tensor, "own modality dim"]) -> Float[Tensor, "all modality dim"]:
    """The rows of all processes, in their order; gradients find their way back."""
    return rows if processes() == 1 else _Gather.apply(rows)


def summed(value: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The sum over all processes; gradients find their way back."""
    return value if processes() == 1 else _Sum.apply(value)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows):
        parts = [torch.empty_like(rows) for _ in range(processes())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        total = grad.contiguous().clone()
        dist.all_reduce(total)
        return total.chunk(processes())[rank()]


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


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation by the batch of all processes, on any device."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, rows: Float[Tensor, "own dim"]) -> Float[Tensor, "own dim"]:
        if not self.training or processes() == 1:
            return super().forward(rows)
        count = len(rows) * processes()
        wide = rows.float()
        mean = summed(wide.sum(0)) / count
        spread = summed((wide - mean).square().sum(0)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(spread * count / (count - 1), self.momentum)
            self.num_batches_tracked += 1
        scale = self.weight * (spread + self.eps).rsqrt()
        return ((wide - mean) * scale + self.bias).to(rows.dtype)
