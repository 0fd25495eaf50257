"""Shift-GCN: features move between joints by a fixed rule and through time by learned amounts.

K. Cheng, Y. Zhang, X. He, W. Chen, J. Cheng, H. Lu: Skeleton-Based Action Recognition with Shift
Graph Convolutional Network. CVPR 2020, https://github.com/kchengiva/Shift-GCN
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, Counts, Frames, Positive
from zsar.data.skeleton import JOINTS
from zsar.encoders.layers import BODY_BATCHING, BodyBatchNorm, BodyIndex, Count, Identity
from zsar.encoders.multi_stream import (
    MultiStreamEncoder,
    Skeletons,
    SpeedConfig,
    StreamNetwork,
    block_sizes,
)
from zsar.encoders.shift import SpaceShift, TimeShift
from zsar.encoders.supervised import SupervisedConfig
from zsar.learning.augment import stretched

BODIES = 2  # each with statistics of its own at the entrance
# Channels come first here and rows next to last, so that every step is one large matrix product
# or a copy of long runs of memory.
Volume = Float[Tensor, "dim joint row time"]


@dataclass(frozen=True)
class ShiftGCNConfig:
    channels: Counts  # of each block
    strides: Counts
    frames: Frames  # a clip of another length is resampled
    offset_step: Positive | None  # published: 0.01; null: offsets follow their gradient
    streams: dict[str, Amount]  # each with the weight of its logits
    training: SupervisedConfig
    speed: SpeedConfig


class ShiftGCN(MultiStreamEncoder):
    Config = ShiftGCNConfig

    def __init__(self, num_classes: int, config: ShiftGCNConfig):
        super().__init__(num_classes, config, lambda: ShiftNetwork(config))
        for head in self.heads.modules():
            if isinstance(head, nn.Linear):
                nn.init.normal_(head.weight, 0, math.sqrt(2 / num_classes))

    @classmethod
    def from_published(cls, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Renamed and rearranged; `*` stands for the stream."""
        return dict(_renamed(*each) for each in weights.items() if not UNUSED.search(each[0]))


class ShiftNetwork(StreamNetwork):
    def __init__(self, config: ShiftGCNConfig):
        super().__init__()
        self.width = config.channels[-1]
        self.frames = config.frames
        self.body_index = BODY_BATCHING[config.speed.absent_bodies]
        self.normalise = BodyBatchNorm(BODIES * len(JOINTS) * 3)
        rungs = block_sizes(config.channels, config.strides)
        blocks = [ShiftBlock(*each, config.offset_step) for each in rungs]
        blocks[0].shortcut = None  # as published
        self.blocks = nn.ModuleList(blocks)

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        volume, index = self.trunk(skeletons)
        # An absent body counts like any other, as published.
        rows = F.avg_pool1d(volume.flatten(0, 1), volume.shape[3]).view(volume.shape[:3]).mean(1)
        return rows.T.to(skeletons.dtype)[index.places].mean(1)

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        volume, index = self.trunk(skeletons)
        return volume.permute(2, 0, 3, 1).to(skeletons.dtype)[index.places]

    def trunk(self, skeletons: Skeletons) -> tuple[Volume, BodyIndex]:
        skeletons = stretched(skeletons, self.frames)
        index = self.body_index(skeletons)
        bodies = skeletons.permute(0, 4, 3, 1, 2)
        bodies = self.normalise(bodies.flatten(1, 3), None).view(bodies.shape)
        volume = bodies.flatten(0, 1)[index.rows].permute(2, 1, 0, 3).contiguous()
        for block in self.blocks:
            volume = block(volume, index.copies)
        return volume, index


class ShiftBlock(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int, offset_step: float | None):
        super().__init__()
        self.space = SpatialBlock(entering, leaving)
        self.time = TemporalBlock(leaving, stride, offset_step)
        self.shortcut: nn.Module | None = Identity()
        if entering != leaving or stride != 1:
            self.shortcut = ShiftShortcut(entering, leaving, stride)

    def forward(self, volume: Volume, copies: Count | None) -> Float[Tensor, "new joint row later"]:
        made = self.time(self.space(volume, copies), copies)
        return (made if self.shortcut is None else made + self.shortcut(volume, copies)).relu()


class SpatialBlock(nn.Module):
    """Channels are shifted to other joints, mixed, and shifted back."""

    def __init__(self, entering: int, leaving: int):
        super().__init__()
        self.leave = SpaceShift(entering, len(JOINTS), 1)
        self.mask = nn.Parameter(torch.zeros(entering, len(JOINTS)))
        self.mix = Pointwise(entering, leaving)
        self.back = SpaceShift(leaving, len(JOINTS), -1)
        self.norm = BodyBatchNorm(leaving * len(JOINTS), row_axis=2)
        self.shortcut = Identity() if entering == leaving else ShiftShortcut(entering, leaving, 1)
        nn.init.normal_(self.mix.weight, 0, math.sqrt(1 / leaving))

    def forward(self, volume: Volume, copies: Count | None) -> Float[Tensor, "new joint row time"]:
        weight = (self.mask.tanh() + 1).to(volume.dtype)
        made = self.back(self.mix(self.leave(volume) * weight[..., None, None]))
        made = self.norm(made.flatten(0, 1)[None], copies).view(made.shape)
        return (made + self.shortcut(volume, copies)).relu()


class TemporalBlock(nn.Module):
    def __init__(self, channels: int, stride: int, offset_step: float | None):
        super().__init__()
        self.norm_before = BodyBatchNorm(channels, row_axis=3)
        self.before = TimeShift(channels, 1, offset_step)
        self.mix = Pointwise(channels, channels)
        self.after = TimeShift(channels, stride, offset_step)
        self.norm_after = BodyBatchNorm(channels, row_axis=3)

    def forward(self, volume: Volume, copies: Count | None) -> Float[Tensor, "dim joint row later"]:
        made = self.before(self.norm_before(volume[None], copies)[0])
        made = self.after(self.mix(made).relu())
        return self.norm_after(made[None], copies)[0]


class ShiftShortcut(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int):
        super().__init__()
        self.stride = stride
        self.mix = Pointwise(entering, leaving)
        self.norm = BodyBatchNorm(leaving, row_axis=3)

    def forward(self, volume: Volume, copies: Count | None) -> Float[Tensor, "new joint row later"]:
        return self.norm(self.mix(volume[..., :: self.stride])[None], copies)[0]


class Pointwise(nn.Linear):
    """A linear map of channels, as one matrix product."""

    def __init__(self, entering: int, leaving: int):
        super().__init__(entering, leaving)
        nn.init.kaiming_normal_(self.weight, mode="fan_out")
        nn.init.zeros_(self.bias)

    def forward(self, volume: Volume) -> Float[Tensor, "new joint row time"]:
        mixed = torch.addmm(self.bias[:, None], self.weight, volume.flatten(1))
        return mixed.view(-1, *volume.shape[1:])


def unchanged(weight: Tensor) -> Tensor:
    return weight


def by_channel(weight: Tensor) -> Tensor:
    """Theirs counts the channels of one joint after another, ours the joints of one channel."""
    return weight.view(len(JOINTS), -1).T.flatten()


def mask(weight: Tensor) -> Tensor:
    return weight[0].T


def transposed(weight: Tensor) -> Tensor:
    return weight.T


def flat(weight: Tensor) -> Tensor:
    return weight.flatten()


def matrix(weight: Tensor) -> Tensor:
    return weight.flatten(1)


UNIT = r"l(\d+)\."
# What follows from the sizes, is of the order of 1e-8 and meant to be nothing, or counts steps.
UNUSED = re.compile(r"gcn1\.shift_(in|out)$|\.xpos$|\.num_batches_tracked$")
NAMES: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
    (r"data_bn\.", "networks.*.normalise.", unchanged),
    (UNIT + r"gcn1\.Linear_weight$", "space.mix.weight", transposed),
    (UNIT + r"gcn1\.Linear_bias$", "space.mix.bias", flat),
    (UNIT + r"gcn1\.Feature_Mask$", "space.mask", mask),
    (UNIT + r"gcn1\.bn\.", "space.norm.", by_channel),
    (UNIT + r"gcn1\.down\.0\.weight$", "space.shortcut.mix.weight", matrix),
    (UNIT + r"gcn1\.down\.0\.", "space.shortcut.mix.", unchanged),
    (UNIT + r"gcn1\.down\.1\.", "space.shortcut.norm.", unchanged),
    (UNIT + r"tcn1\.bn\.", "time.norm_before.", unchanged),
    (UNIT + r"tcn1\.bn2\.", "time.norm_after.", unchanged),
    (UNIT + r"tcn1\.shift_in\.ypos$", "time.before.offsets", unchanged),
    (UNIT + r"tcn1\.shift_out\.ypos$", "time.after.offsets", unchanged),
    (UNIT + r"tcn1\.temporal_linear\.weight$", "time.mix.weight", matrix),
    (UNIT + r"tcn1\.temporal_linear\.", "time.mix.", unchanged),
    (UNIT + r"residual\.conv\.weight$", "shortcut.mix.weight", matrix),
    (UNIT + r"residual\.conv\.", "shortcut.mix.", unchanged),
    (UNIT + r"residual\.bn\.", "shortcut.norm.", unchanged),
    (r"fc\.", "heads.*.", unchanged),
)


def _renamed(name: str, weight: Tensor) -> tuple[str, Tensor]:
    for pattern, target, arranged in NAMES:
        found = re.match(pattern, name)
        if found:
            unit = f"networks.*.blocks.{int(found[1]) - 1}." if pattern.startswith(UNIT) else ""
            try:
                return unit + target + name[found.end() :], arranged(weight)
            except (RuntimeError, IndexError) as error:
                raise ValueError(f"{name} cannot have the shape {tuple(weight.shape)}") from error
    raise ValueError(f"{name} is not the name of a weight of Shift-GCN")
