"""ST-GCN: convolutions over the skeleton graph and over time, in turn, as SMIE and PGFA build it.

S. Yan, Y. Xiong, D. Lin: Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action
Recognition. AAAI 2018, https://arxiv.org/abs/1801.07455
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import Amount, BelowOne, Counts, Hops, Odd
from zsar.data.skeleton import JOINTS
from zsar.encoders.graph import GraphConvolution
from zsar.encoders.layers import (
    BODY_BATCHING,
    BodyBatchNorm,
    BodyIndex,
    Count,
    Dropout,
    Identity,
    Maps,
    channels_last,
    pooled,
)
from zsar.encoders.multi_stream import (
    MultiStreamEncoder,
    Skeletons,
    SpeedConfig,
    StreamNetwork,
    block_sizes,
)
from zsar.encoders.supervised import SupervisedConfig
from zsar.errors import UserError


@dataclass(frozen=True)
class STGCNConfig:
    channels: Counts  # of each block
    strides: Counts
    kernel: Odd  # of the temporal convolution, in frames
    dropout: BelowOne
    reach: Hops  # hops from the centre that the partitions distinguish; 1 as published
    streams: dict[str, Amount]  # each with the weight of its logits
    training: SupervisedConfig
    speed: SpeedConfig


class STGCN(MultiStreamEncoder):
    Config = STGCNConfig

    def __init__(self, num_classes: int, config: STGCNConfig):
        if config.kernel % 2 == 0:
            raise UserError(f"the kernel is {config.kernel}; expected an odd number of frames")
        super().__init__(num_classes, config, lambda: GraphNetwork(config))

    @classmethod
    def from_published(cls, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Renamed; `*` stands for the stream, and every block has the adjacency for itself."""
        found = dict(_renamed(*each) for each in weights.items() if not UNUSED.search(each[0]))
        blocks = [name for name in found if name.endswith("graph.importance")]
        if "A" in weights:
            graph = {name.replace("importance", "adjacency"): weights["A"] for name in blocks}
            found |= graph
        return found


class GraphNetwork(StreamNetwork):
    def __init__(self, config: STGCNConfig):
        super().__init__()
        self.width = config.channels[-1]
        self.body_index = BODY_BATCHING[config.speed.absent_bodies]
        self.normalise = BodyBatchNorm(3 * len(JOINTS))
        rungs = block_sizes(config.channels, config.strides)
        blocks = [GraphBlock(*each, config) for each in rungs]
        blocks[0].shortcut = None  # as published
        self.blocks = nn.ModuleList(blocks)

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        rows, index = self.trunk(skeletons)
        # An absent body counts like any other, as published.
        return pooled(rows).to(skeletons.dtype)[index.places].mean(1)

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        rows, index = self.trunk(skeletons)
        return rows.to(skeletons.dtype)[index.places]

    def trunk(self, skeletons: Skeletons) -> tuple[Maps, BodyIndex]:
        index = self.body_index(skeletons)
        bodies = skeletons.permute(0, 4, 3, 1, 2).flatten(0, 1)
        bodies = self.normalise(bodies.flatten(1, 2), None).view_as(bodies)[index.rows]
        rows = channels_last(bodies.permute(0, 2, 3, 1))
        for block in self.blocks:
            rows = block(rows, index.copies)
        return rows, index


class GraphBlock(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int, config: STGCNConfig):
        super().__init__()
        frames = config.kernel
        self.graph = GraphConvolution(entering, leaving, config.reach)
        self.graph_norm = BodyBatchNorm(leaving)
        self.time = nn.Conv2d(leaving, leaving, (frames, 1), (stride, 1), (frames // 2, 0))
        self.time_norm = BodyBatchNorm(leaving)
        self.dropout = Dropout(config.dropout)
        self.shortcut: nn.Module | None = Identity()
        if entering != leaving or stride != 1:
            self.shortcut = GraphShortcut(entering, leaving, stride)

    def forward(self, rows: Maps, copies: Count | None) -> Float[Tensor, "row leaving later joint"]:
        made = self.graph_norm(self.graph(rows), copies).relu()
        made = self.dropout(self.time_norm(self.time(made), copies))
        return (made if self.shortcut is None else made + self.shortcut(rows, copies)).relu()


class GraphShortcut(nn.Module):
    def __init__(self, entering: int, leaving: int, stride: int):
        super().__init__()
        self.stride = stride
        self.mix = nn.Conv2d(entering, leaving, 1)
        self.norm = BodyBatchNorm(leaving)

    def forward(self, rows: Maps, copies: Count | None) -> Float[Tensor, "row leaving later joint"]:
        # Frames are left out first: oneDNN of torch 2.13 crashes on a stride over few channels.
        return self.norm(self.mix(channels_last(rows[:, :, :: self.stride])), copies)


UNUSED = re.compile(r"^A$|\.num_batches_tracked$")
NAMES = (
    (r"data_bn\.", "networks.*.normalise."),
    (r"edge_importance\.(\d+)$", "networks.*.blocks.{}.graph.importance"),
    (r"st_gcn_networks\.(\d+)\.gcn\.conv\.", "networks.*.blocks.{}.graph.mix."),
    (r"st_gcn_networks\.(\d+)\.tcn\.0\.", "networks.*.blocks.{}.graph_norm."),
    (r"st_gcn_networks\.(\d+)\.tcn\.2\.", "networks.*.blocks.{}.time."),
    (r"st_gcn_networks\.(\d+)\.tcn\.3\.", "networks.*.blocks.{}.time_norm."),
    (r"st_gcn_networks\.(\d+)\.residual\.0\.", "networks.*.blocks.{}.shortcut.mix."),
    (r"st_gcn_networks\.(\d+)\.residual\.1\.", "networks.*.blocks.{}.shortcut.norm."),
    (r"fc\.", "heads.*."),
)


def _renamed(name: str, weight: Tensor) -> tuple[str, Tensor]:
    for pattern, target in NAMES:
        found = re.match(pattern, name)
        if found:
            ours = target.format(*found.groups()) + name[found.end() :]
            if not ours.endswith("graph.mix.weight"):
                return ours, weight
            if weight.ndim < 2:
                raise ValueError(f"{name} cannot have the shape {tuple(weight.shape)}")
            return ours, weight.flatten(1)
    raise ValueError(f"{name} is not the name of a weight of ST-GCN")
