"""ST-GCN as SMIE and PGFA build it: convolutions over the skeleton graph and over time, in turn."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.data.skeleton import JOINTS
from zsar.encoders.base import Encoder, Footage
from zsar.encoders.graph import PARTITIONS, adjacency
from zsar.encoders.supervised import Training, supervised
from zsar.learning.training import Row


@dataclass(frozen=True)
class Settings:
    channels: tuple[int, ...]  # of each block
    strides: tuple[int, ...]
    kernel: int  # frames a temporal convolution sees
    dropout: float
    reach: int  # hops from the centre that the adjacency tells apart; the published one: 1
    training: Training


class STGCN(Encoder):
    Settings = Settings

    def __init__(self, seen: int, settings: Settings):
        super().__init__(seen, settings)
        self.settings = settings
        self.width = settings.channels[-1]
        self.normalise = nn.BatchNorm1d(3 * len(JOINTS))
        widths = zip((3, *settings.channels), settings.channels, settings.strides, strict=False)
        self.blocks = nn.Sequential(*(Block(*each, settings) for each in widths))
        self.blocks[0].shortcut = Nothing()
        self.head = nn.Linear(self.width, seen)

    def fit(self, train: Footage, held: Footage) -> Iterator[Row]:
        yield from supervised(self, train, held, self.settings.training)

    def forward(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip dim"]:
        # A body that is not there counts like any other, as published.
        return self.maps(skeletons).mean((3, 4)).mean(1)

    def maps(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip body dim time joint"]:
        clips, _, frames, joints, _ = skeletons.shape
        signals = skeletons.permute(0, 4, 3, 1, 2).reshape(-1, 3 * joints, frames)
        bodies = self.normalise(signals).unflatten(1, (joints, 3)).permute(0, 2, 3, 1)
        return self.blocks(bodies.contiguous()).unflatten(0, (clips, -1))

    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        return self.head(features)


class Nothing(nn.Module):
    def forward(self, bodies: Tensor) -> float:
        return 0.0


class GraphConvolution(nn.Module):
    """Each joint sums what its neighbours send, mixed by channel, partition by partition."""

    def __init__(self, entering: int, leaving: int, reach: int):
        super().__init__()
        self.mix = nn.Conv2d(entering, PARTITIONS * leaving, 1)
        self.register_buffer("adjacency", adjacency(reach))
        self.importance = nn.Parameter(torch.ones(PARTITIONS, len(JOINTS), len(JOINTS)))

    def forward(
        self, bodies: Float[Tensor, "row entering time joint"]
    ) -> Float[Tensor, "row leaving time joint"]:
        sent = self.mix(bodies).unflatten(1, (PARTITIONS, -1))
        return torch.einsum("nkctv,kvw->nctw", sent, self.adjacency * self.importance).contiguous()


class Block(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int, settings: Settings):
        super().__init__()
        self.graph = GraphConvolution(entering, leaving, settings.reach)
        self.frames = nn.Sequential(
            nn.BatchNorm2d(leaving),
            nn.ReLU(),
            nn.Conv2d(
                leaving, leaving, (settings.kernel, 1), (stride, 1), (settings.kernel // 2, 0)
            ),
            nn.BatchNorm2d(leaving),
            nn.Dropout(settings.dropout),
        )
        self.shortcut = (
            nn.Identity()
            if entering == leaving and stride == 1
            else nn.Sequential(
                nn.Conv2d(entering, leaving, 1, (stride, 1)), nn.BatchNorm2d(leaving)
            )
        )

    def forward(
        self, bodies: Float[Tensor, "row entering time joint"]
    ) -> Float[Tensor, "row leaving newtime joint"]:
        return (self.frames(self.graph(bodies)) + self.shortcut(bodies)).relu()
