"""The skeleton as a graph, and the convolution over it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from zsar.data.skeleton import BONES, CENTRE, JOINTS
from zsar.encoders.layers import Maps, channels_last

PARTITIONS = 3  # a joint itself, its neighbours that are not nearer the centre, those that are


def adjacency(reach: int) -> Float[Tensor, "partition joint joint"]:
    """Normalised, from row to column: each column sums to 1 over all partitions and rows.

    Distances from the centre are counted up to `reach` hops; joints beyond are equally far. The
    published matrix has reach 1: only edges at the centre and its neighbours differ.
    """
    links = torch.eye(len(JOINTS))
    for child, parent in BONES:
        links[child, parent] = links[parent, child] = 1
    flow = links / links.sum(0)
    hops = _hops(links, reach)
    itself = torch.eye(len(JOINTS), dtype=torch.bool)
    nearer = hops[:, None] < hops[None, :]
    return torch.stack([flow * part for part in (itself, ~itself & ~nearer, nearer)])


def _hops(links: Float[Tensor, "joint joint"], reach: int) -> Float[Tensor, " joint"]:
    """From the centre to every joint; infinite beyond the reach."""
    hops = torch.full((len(links),), float("inf"))
    for h in range(reach, -1, -1):
        hops[links.matrix_power(h)[CENTRE] > 0] = h
    return hops


class GraphConvolution(nn.Module):
    """Spatial graph convolution: a linear map of channels per partition, summed over neighbours."""

    adjacency: Tensor

    def __init__(self, entering: int, leaving: int, reach: int):
        super().__init__()
        self.mix = nn.Linear(entering, PARTITIONS * leaving)
        self.register_buffer("adjacency", adjacency(reach))
        self.importance = nn.Parameter(torch.ones(PARTITIONS, len(JOINTS), len(JOINTS)))

    def forward(self, rows: Maps) -> Float[Tensor, "row leaving time joint"]:
        """Gathers before it mixes: the same, and cheaper. Inside, joints come before time."""
        flow = self.adjacency * self.importance
        rows = channels_last(rows.transpose(2, 3))
        gather = flow.transpose(1, 2).flatten(0, 1).to(rows.dtype)
        mix = self.mix.weight.view(PARTITIONS, -1, rows.shape[1], 1).permute(1, 2, 0, 3)
        mixed = _GatherAndMix.apply(rows, gather, mix, _precision(rows))
        lift = torch.einsum("kd,kij->dj", self.mix.bias.view(PARTITIONS, -1), flow)
        return channels_last(mixed.transpose(2, 3)) + lift[:, None].to(mixed.dtype)


class _GatherAndMix(torch.autograd.Function):
    """Multiply along the joints, then along partitions and channels.

    Gathered rows are three times as large as the rows: they are computed again for the gradient
    rather than kept. The gradient of the first matrix is summed over rows at the end.
    """

    @staticmethod
    def forward(ctx, rows, gather, mix, precision):
        ctx.save_for_backward(rows, gather, mix)
        ctx.precision = precision
        gathered = _along_joints(gather, rows).to(precision)
        return F.conv2d(gathered, mix.to(precision), dilation=(rows.shape[2], 1))

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        rows, gather, mix = ctx.saved_tensors
        for_rows, for_gather, for_mix, _ = ctx.needs_input_grad
        gathered_grad, mix_grad, _ = torch.ops.aten.convolution_backward(
            grad,
            _along_joints(gather, rows).to(ctx.precision),
            mix.to(ctx.precision),
            bias_sizes=None,
            stride=(1, 1),
            padding=(0, 0),
            dilation=(rows.shape[2], 1),
            transposed=False,
            output_padding=(0, 0),
            groups=1,
            output_mask=(for_rows or for_gather, for_mix, False),
        )
        rows_grad = gather_grad = None
        if gathered_grad is not None:
            gathered_grad = gathered_grad.to(rows.dtype)
        if for_gather:
            products = torch.bmm(_by_joint(gathered_grad), _by_joint(rows).transpose(1, 2))
            gather_grad = products.sum(0)
        if for_rows:
            rows_grad = _along_joints(gather.T, gathered_grad)
        return rows_grad, gather_grad, mix_grad.to(mix.dtype) if for_mix else None, None


def _precision(rows: Tensor) -> torch.dtype:
    """That of products: autocast's, where it is on."""
    kind = rows.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else rows.dtype


def _by_joint(rows: Float[Tensor, "row dim joint time"]) -> Float[Tensor, "row joint rest"]:
    return rows.permute(0, 2, 3, 1).flatten(2)


def _along_joints(
    flow: Float[Tensor, "to joint"], rows: Float[Tensor, "row dim joint time"]
) -> Float[Tensor, "row dim to time"]:
    count, dim, _, time = rows.shape
    with torch.autocast(rows.device.type, enabled=False):  # the gradient has the rows' precision
        made = torch.bmm(flow.expand(count, -1, -1), _by_joint(rows))
    return made.view(count, -1, time, dim).permute(0, 3, 1, 2)
