"""Shift-GCN written down layer by layer: float32, eager, every body computed."""

import torch
from torch import Tensor, nn

from zsar.data.skeleton import JOINTS
from zsar.encoders.shift_gcn import ShiftGCNConfig

V = len(JOINTS)


class PlainShiftGCN(nn.Module):
    def __init__(self, config: ShiftGCNConfig):
        super().__init__()
        self.width = config.channels[-1]
        self.normalise = nn.BatchNorm1d(2 * V * 3)
        widths = list(zip((3, *config.channels), config.channels, config.strides, strict=False))
        self.units = nn.Sequential(*(Unit(*each, shortcut=i > 0) for i, each in enumerate(widths)))

    def forward(self, skeletons: Tensor) -> Tensor:
        clips, _, frames, joints, bodies = skeletons.shape
        signals = skeletons.permute(0, 4, 3, 1, 2).reshape(clips, -1, frames)
        rows = self.normalise(signals).view(clips * bodies, joints, 3, frames).permute(0, 2, 3, 1)
        return self.units(rows.contiguous()).mean((2, 3)).view(clips, bodies, -1).mean(1)


class Unit(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int, shortcut: bool):
        super().__init__()
        self.space, self.time = Space(entering, leaving), Time(leaving, stride)
        self.shortcut = None
        if shortcut and (entering, stride) == (leaving, 1):
            self.shortcut = nn.Identity()
        elif shortcut:
            mixed = nn.Conv2d(entering, leaving, 1, (stride, 1))
            self.shortcut = nn.Sequential(mixed, nn.BatchNorm2d(leaving))

    def forward(self, rows: Tensor) -> Tensor:
        made = self.time(self.space(rows))
        return (made if self.shortcut is None else made + self.shortcut(rows)).relu()


class Space(nn.Module):
    def __init__(self, entering: int, leaving: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(entering, leaving) / leaving**0.5)
        self.bias = nn.Parameter(torch.zeros(leaving))
        self.mask = nn.Parameter(torch.zeros(V, entering))
        self.norm = nn.BatchNorm1d(V * leaving)
        self.register_buffer("there", shifted(entering, 1))
        self.register_buffer("back", shifted(leaving, -1))
        self.down = nn.Identity()
        if entering != leaving:
            mixed = nn.Conv2d(entering, leaving, 1)
            self.down = nn.Sequential(mixed, nn.BatchNorm2d(leaving))

    def forward(self, rows: Tensor) -> Tensor:
        count, _, frames, joints = rows.shape
        flat = rows.permute(0, 2, 3, 1).reshape(count * frames, -1).index_select(1, self.there)
        flat = flat.view(count * frames, joints, -1) * (self.mask.tanh() + 1)
        made = torch.einsum("nvc,cd->nvd", flat, self.weight) + self.bias
        made = self.norm(made.reshape(count * frames, -1).index_select(1, self.back))
        made = made.view(count, frames, joints, -1).permute(0, 3, 1, 2)
        return (made + self.down(rows)).relu()


class Time(nn.Module):
    def __init__(self, channels: int, stride: int):
        super().__init__()
        self.stride = stride
        self.before, self.after = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.first = nn.Parameter(torch.empty(channels).uniform_(-1, 1))
        self.second = nn.Parameter(torch.empty(channels).uniform_(-1, 1))
        self.mix = nn.Conv2d(channels, channels, 1)

    def forward(self, rows: Tensor) -> Tensor:
        made = self.mix(moved(self.before(rows), self.first, 1)).relu()
        return self.after(moved(made, self.second, self.stride))


def shifted(channels: int, step: int) -> Tensor:
    places = torch.arange(V * channels)
    return (places + step * channels * (places % channels)) % (V * channels)


def moved(rows: Tensor, offsets: Tensor, stride: int) -> Tensor:
    """Each channel at a distance in time of its own: gather the two frames next to it and mix."""
    frames = rows.shape[2]
    later = torch.arange(0, frames - stride + 1, stride, device=rows.device) + (stride - 1) / 2
    place = later + offsets[:, None]
    first = place.floor()
    made = 0.0
    for frame, share in ((first, first + 1 - place), (first + 1, place - first)):
        inside = (frame >= 0) & (frame < frames)
        index = frame.clamp(0, frames - 1).long()[None, :, :, None]
        index = index.expand(len(rows), -1, -1, rows.shape[3])
        made = made + rows.gather(2, index) * (share * inside)[..., None]
    return made
