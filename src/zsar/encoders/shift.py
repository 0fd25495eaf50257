"""Shifts: channels moved to other joints by a fixed rule, or through time by learned amounts."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from zsar.learning.distributed import all_sum

Volume = Float[Tensor, "dim joint row time"]


def origins(channels: int, joints: int, step: int) -> Int[Tensor, "dim joint"]:
    """The joint that channel c of joint j comes from: j + c steps, modulo the joints."""
    return (torch.arange(joints) + step * torch.arange(channels)[:, None]) % joints


class SpaceShift(nn.Module):
    """Without weights; a shift by the opposite step is its inverse."""

    there: Tensor
    back: Tensor

    def __init__(self, channels: int, joints: int, step: int):
        super().__init__()
        first = joints * torch.arange(channels)[:, None]
        for name, sign in (("there", step), ("back", -step)):
            place = first + origins(channels, joints, sign)
            self.register_buffer(name, place.flatten(), persistent=False)

    def forward(self, volume: Volume) -> Volume:
        return _Permute.apply(volume.flatten(0, 1), self.there, self.back).view(volume.shape)


class _Permute(torch.autograd.Function):
    """The gradient is the inverse permutation, which is much cheaper than adding rows."""

    @staticmethod
    def forward(ctx, rows, there, back):
        ctx.save_for_backward(back)
        return rows.index_select(0, there)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        return grad.contiguous().index_select(0, *ctx.saved_tensors), None, None


class TimeShift(nn.Module):
    """Every channel is sampled at a learned offset in time, with linear interpolation."""

    def __init__(self, channels: int, stride: int, step: float | None):
        super().__init__()
        self.stride, self.step = stride, step
        self.offsets = nn.Parameter(torch.empty(channels).uniform_(-1, 1))

    def forward(self, volume: Volume) -> Float[Tensor, "dim joint row later"]:
        offsets = self.offsets if self.step is None else _BySign.apply(self.offsets, self.step)
        reading = readings(offsets, volume.shape[3], self.stride).to(volume.dtype)
        return torch.bmm(volume.flatten(1, 2), reading).view(*volume.shape[:3], -1)


def readings(
    offsets: Float[Tensor, " dim"], frames: int, stride: int
) -> Float[Tensor, "dim time later"]:
    """The interpolation weights of each channel, from frames to output frames.

    Beyond the ends there is 0. As published, a stride of 2 samples between two frames.
    """
    later = stride * torch.arange(frames // stride, device=offsets.device) + (stride - 1) / 2
    frame = torch.arange(frames, device=offsets.device)[:, None]
    return (1 - (later + offsets[:, None, None] - frame).abs()).clamp(min=0)


class _BySign(torch.autograd.Function):
    """As published: only the sign of the gradient counts; 0 counts as a hundredth of a step."""

    @staticmethod
    def forward(ctx, offsets, step):
        ctx.step = step
        return offsets.view_as(offsets)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        grad = all_sum(grad)  # the sign is that of the whole batch
        return ctx.step * torch.where(grad == 0, 0.01, grad.sign()), None
