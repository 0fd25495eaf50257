"""ST-GCN as SMIE and PGFA build it: convolutions over the skeleton graph and over time, in turn."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from zsar.data.skeleton import JOINTS
from zsar.encoders.bodies import CASTS, Cast
from zsar.encoders.graph import GraphConvolution
from zsar.encoders.layers import BatchNorm, Count, Dropout, Maps, Same, channels_last, pooled
from zsar.encoders.streamed import Network, Speed, Streamed, ladder
from zsar.encoders.streams import Skeletons
from zsar.encoders.supervised import Training
from zsar.errors import Complaint


@dataclass(frozen=True)
class Recipe:
    channels: tuple[int, ...]  # of each block
    strides: tuple[int, ...]
    kernel: int  # frames that a temporal convolution sees
    dropout: float
    reach: int  # hops from the centre that the adjacency tells apart; 1 as published
    streams: dict[str, float]  # each with the weight of its logits
    training: Training
    speed: Speed


class STGCN(Streamed):
    Settings = Recipe

    def __init__(self, seen: int, settings: Recipe):
        if settings.kernel % 2 == 0:
            raise Complaint(f"the kernel is {settings.kernel}; expected an odd number of frames")
        super().__init__(seen, settings, lambda: GraphNetwork(settings))


class GraphNetwork(Network):
    def __init__(self, settings: Recipe):
        super().__init__()
        self.width = settings.channels[-1]
        self.cast = CASTS[settings.speed.absent_bodies]
        self.normalise = BatchNorm(3 * len(JOINTS))
        rungs = ladder(settings.channels, settings.strides)
        blocks = [Block(*each, settings) for each in rungs]
        blocks[0].shortcut = None  # as published
        self.blocks = nn.ModuleList(blocks)

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        rows, cast = self.trunk(skeletons)
        # A body that is not there counts like any other, as published.
        return pooled(rows).to(skeletons.dtype)[cast.places].mean(1)

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        rows, cast = self.trunk(skeletons)
        return rows.to(skeletons.dtype)[cast.places]

    def trunk(self, skeletons: Skeletons) -> tuple[Maps, Cast]:
        cast = self.cast(skeletons)
        bodies = skeletons.permute(0, 4, 3, 1, 2).flatten(0, 1)
        bodies = self.normalise(bodies.flatten(1, 2), None).view_as(bodies)[cast.rows]
        rows = channels_last(bodies.permute(0, 2, 3, 1))
        for block in self.blocks:
            rows = block(rows, cast.copies)
        return rows, cast


class Block(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int, settings: Recipe):
        super().__init__()
        frames = settings.kernel
        self.graph = GraphConvolution(entering, leaving, settings.reach)
        self.graph_norm = BatchNorm(leaving)
        self.time = nn.Conv2d(leaving, leaving, (frames, 1), (stride, 1), (frames // 2, 0))
        self.time_norm = BatchNorm(leaving)
        self.dropout = Dropout(settings.dropout)
        self.shortcut: nn.Module | None = Same()
        if entering != leaving or stride != 1:
            self.shortcut = Shortcut(entering, leaving, stride)

    def forward(self, rows: Maps, copies: Count | None) -> Float[Tensor, "row leaving later joint"]:
        made = self.graph_norm(self.graph(rows), copies).relu()
        made = self.dropout(self.time_norm(self.time(made), copies))
        return (made if self.shortcut is None else made + self.shortcut(rows, copies)).relu()


class Shortcut(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int):
        super().__init__()
        self.stride = stride
        self.mix = nn.Conv2d(entering, leaving, 1)
        self.norm = BatchNorm(leaving)

    def forward(self, rows: Maps, copies: Count | None) -> Float[Tensor, "row leaving later joint"]:
        # Frames are left out first: oneDNN of torch 2.13 crashes on a stride over few channels.
        return self.norm(self.mix(channels_last(rows[:, :, :: self.stride])), copies)
