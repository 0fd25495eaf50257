"""ST-GCN written down layer by layer: float32, eager, every body computed."""

import torch
from torch import Tensor, nn

from zsar.data.skeleton import JOINTS
from zsar.encoders.graph import PARTITIONS, adjacency
from zsar.encoders.stgcn import STGCNConfig


class PlainSTGCN(nn.Module):
    def __init__(self, config: STGCNConfig):
        super().__init__()
        self.width = config.channels[-1]
        self.normalise = nn.BatchNorm1d(3 * len(JOINTS))
        widths = list(zip((3, *config.channels), config.channels, config.strides, strict=False))
        self.blocks = nn.Sequential(
            *(Block(*each, config, shortcut=i > 0) for i, each in enumerate(widths))
        )

    def forward(self, skeletons: Tensor) -> Tensor:
        clips, _, frames, joints, bodies = skeletons.shape
        signals = skeletons.permute(0, 4, 3, 1, 2).reshape(clips * bodies, joints * 3, frames)
        rows = self.normalise(signals).view(clips * bodies, joints, 3, frames).permute(0, 2, 3, 1)
        return self.blocks(rows.contiguous()).mean((2, 3)).view(clips, bodies, -1).mean(1)


class Block(nn.Module):
    def __init__(
        self, entering: int, leaving: int, stride: int, config: STGCNConfig, shortcut: bool
    ):
        super().__init__()
        self.mix = nn.Conv2d(entering, PARTITIONS * leaving, 1)
        self.register_buffer("adjacency", adjacency(config.reach))
        self.importance = nn.Parameter(torch.ones_like(self.adjacency))
        span = config.kernel
        self.frames = nn.Sequential(
            nn.BatchNorm2d(leaving),
            nn.ReLU(),
            nn.Conv2d(leaving, leaving, (span, 1), (stride, 1), (span // 2, 0)),
            nn.BatchNorm2d(leaving),
            nn.Dropout(config.dropout),
        )
        self.shortcut = None
        if shortcut and (entering, stride) == (leaving, 1):
            self.shortcut = nn.Identity()
        elif shortcut:
            mixed = nn.Conv2d(entering, leaving, 1, (stride, 1))
            self.shortcut = nn.Sequential(mixed, nn.BatchNorm2d(leaving))

    def forward(self, rows: Tensor) -> Tensor:
        sent = self.mix(rows).unflatten(1, (PARTITIONS, -1))
        flow = self.adjacency * self.importance
        made = self.frames(torch.einsum("nkctv,kvw->nctw", sent, flow).contiguous())
        return (made if self.shortcut is None else made + self.shortcut(rows)).relu()
