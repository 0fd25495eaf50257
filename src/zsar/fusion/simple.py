"""Fusions that treat every class alike: sums, linear layers and convolutions along the features."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.fusion.base import Fusion, FusionConfig, narrowed


class Concat(Fusion):
    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = sources * width

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return texts.flatten(1)


class Add(Fusion):
    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = width

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return texts.sum(1)


class WeightedAdd(Add):
    """The sum with a learned weight per source."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.normal = nn.LayerNorm(width)
        self.shares = nn.Parameter(torch.ones(sources, 1))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return (self.shares * self.normal(texts)).sum(1)


class Linear(Fusion):
    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.normal = nn.LayerNorm(sources * width)
        self.linear = nn.Linear(sources * width, self.width, bias=False)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return self.linear(self.normal(texts.flatten(1)))


class MLP(Fusion):
    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.mlp = narrowed(sources * width, width, self.width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return self.mlp(texts.flatten(1))


class Conv(Fusion):
    """A filter over neighbouring features of all texts."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = width
        self.conv = nn.Conv1d(sources, 1, design.kernel, padding=design.kernel // 2)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return self.conv(texts)[:, 0]


class ConvLinear(Conv):
    """The filtered features, and a linear layer that widens them."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.linear = nn.Linear(width, self.width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return self.linear(super().forward(texts))
