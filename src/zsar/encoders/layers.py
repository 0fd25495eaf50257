"""Layers that graph networks share, and which bodies of a batch have to be computed.

Own batch normalisation, dropout and gradients, rather than those of torch.nn, because they compute
absent bodies once and avoid copies: benchmarks/encoders.py compares a network of plain layers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from zsar.learning.distributed import all_sum, merge_moments, world_size

Maps = Float[Tensor, "row dim time joint"]
Count = Float[Tensor, ""]
MOMENTUM, EPSILON = 0.1, 1e-5  # of every published batch normalisation


def channels_last(rows: Float[Tensor, "row dim _ _"]) -> Float[Tensor, "row dim _ _"]:
    return rows.contiguous(memory_format=torch.channels_last)


def pooled(rows: Maps) -> Float[Tensor, "row dim"]:
    """The mean over time and joints, by a pool, whose gradient is cheaper than that of `mean`."""
    return F.avg_pool2d(rows, rows.shape[2:]).flatten(1)


class Identity(nn.Module):
    def forward(self, rows: Tensor, copies: Count | None) -> Tensor:
        return rows


class BodyBatchNorm(nn.Module):
    """Batch normalisation where the last row may stand for `copies` equal rows, synchronised over
    processes."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, row_axis: int = 0):
        super().__init__()
        self.row_axis = row_axis
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(
        self, rows: Float[Tensor, "_ dim *rest"], copies: Count | None
    ) -> Float[Tensor, "_ dim *rest"]:
        affine = self.weight, self.bias
        if not self.training or (copies is None and world_size() == 1):
            running = self.running_mean, self.running_var
            return F.batch_norm(rows, *running, *affine, self.training, MOMENTUM, EPSILON)
        if copies is None:
            copies = torch.ones((), device=rows.device)
        mean, spread, total = self._moments(rows.detach(), copies)
        with torch.no_grad():
            self.running_mean.lerp_(mean, MOMENTUM)
            self.running_var.lerp_(spread * total / (total - 1), MOMENTUM)
        moments = mean, spread, copies / total, 1 / total
        return _Normalise.apply(rows, *affine, moments, self.row_axis)

    def _moments(self, rows: Tensor, copies: Count) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and variance of every channel over all values, and the number of values."""
        running = self.running_mean, self.running_var  # with momentum 0 they stay as they are
        mean, spread = torch.batch_norm_update_stats(rows, *running, 0.0)
        last = _last(rows, self.row_axis).contiguous()
        its_mean, its_spread = torch.batch_norm_update_stats(last, *running, 0.0)
        more = (copies - 1) * (last.numel() // rows.shape[1])
        total = more + rows.numel() // rows.shape[1]
        part, gap = more / total, its_mean - mean
        spread = spread.lerp(its_spread, part) + part * (1 - part) * gap.square()
        return merge_moments(mean.lerp(its_mean, part), spread, total)


class _Normalise(torch.autograd.Function):
    """Normalise by moments that depend on every row, and on the last row by its weight."""

    @staticmethod
    def forward(ctx, rows, weight, bias, moments, row_axis):
        ctx.save_for_backward(rows, weight, *moments)
        ctx.row_axis = row_axis
        mean, spread, *_ = moments
        return F.batch_norm(rows, mean, spread, weight, bias, eps=EPSILON)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        rows, weight, mean, spread, its_share, share = ctx.saved_tensors
        # The gradient if moments were constants, in one fused pass; then what flows through them.
        grad, slope, lift = torch.ops.aten.native_batch_norm_backward(
            grad, rows, weight, mean, spread, None, None, False, EPSILON, [True, True, True]
        )
        pull = weight * (spread + EPSILON).rsqrt() * share
        slopes, lifts = all_sum(torch.stack((slope, lift)))
        drift = F.batch_norm(rows, mean, spread, pull * slopes, pull * lifts, eps=EPSILON)
        _last(drift, ctx.row_axis).mul_(its_share / share)
        return grad.sub_(drift), slope, lift, None, None


def _last(rows: Tensor, axis: int) -> Tensor:
    return rows.narrow(axis, rows.shape[axis] - 1, 1)


class Dropout(nn.Module):
    """Zero each value with a probability rounded to a 256th, from one random byte per value, which
    is all that is kept for the gradient."""

    def __init__(self, chance: float):
        super().__init__()
        self.dropped = round(256 * chance)

    def forward(self, rows: Maps) -> Maps:
        if not self.training or self.dropped == 0:
            return rows
        count, dim, time, joint = rows.shape
        random = torch.empty(-(-rows.numel() // 8), dtype=torch.int64, device=rows.device)
        draws = random.random_(-(2**63), None).view(torch.int8)[: rows.numel()]
        least = self.dropped - 129
        # Whole numbers throughout: a comparison gives booleans, which are slow to multiply with.
        mask = draws.clamp_(least, least + 1).sub_(least)
        mask = mask.view(count, time, joint, dim).permute(0, 3, 1, 2)
        return _ScaledMask.apply(rows, mask, 256 / (256 - self.dropped))


class _ScaledMask(torch.autograd.Function):
    """Multiply by zeros and ones in bytes, and by a number."""

    @staticmethod
    def forward(ctx, rows, mask, scale):
        ctx.save_for_backward(mask)
        ctx.scale = scale
        return rows * mask.to(rows.dtype).mul_(scale)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        (mask,) = ctx.saved_tensors
        return grad * mask.to(grad.dtype).mul_(ctx.scale), None, None


@dataclass(frozen=True)
class BodyIndex:
    rows: Int[Tensor, " row"]  # the bodies to compute, among those of all clips
    places: Int[Tensor, "clip body"]  # the row of each body
    copies: Float[Tensor, ""] | None  # how many bodies the last row stands for


def separate(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> BodyIndex:
    """Every body by itself, as published."""
    clips, bodies = skeletons.shape[0], skeletons.shape[4]
    rows = torch.arange(clips * bodies, device=skeletons.device)
    return BodyIndex(rows, rows.view(clips, bodies), None)


def shared(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> BodyIndex:
    """One row for all absent bodies; the first body of a clip always has its own."""
    absent = (skeletons == 0).all(3).all(2).all(1)
    absent[:, 0] = False
    absent = absent.flatten()
    gone = absent.nonzero().squeeze(1)
    if len(gone) == 0:
        return separate(skeletons)
    there = (~absent).nonzero().squeeze(1)
    places = torch.where(absent, len(there), (~absent).cumsum(0) - 1)
    copies = skeletons.new_tensor(len(gone))
    return BodyIndex(torch.cat((there, gone[:1])), places.view(len(skeletons), -1), copies)


BODY_BATCHING: dict[str, Callable[[Tensor], BodyIndex]] = {"separate": separate, "shared": shared}
