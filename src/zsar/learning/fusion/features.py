"""Fusions in which the features of one text attend to those of another."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.learning.fusion.base import Design, Fusion


class CA2(Fusion):
    """The mean over all pairs of texts, each with itself included."""

    def __init__(self, sources: int, width: int, design: Design):
        super().__init__(sources, width, design)
        self.width = width
        self.normal = nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.scale = nn.Parameter(torch.tensor(width**-0.5))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        every = texts.unbind(1)
        return torch.stack([self.pair(one, other) for one in every for other in every]).mean(0)

    def pair(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        return self.attended(one, other)

    def attended(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        """For each feature of one text a mixture of the other's."""
        query, key, value = self.looked_up(one, other)
        fit = (self.scale * query[:, :, None] * key[:, None]).softmax(2)
        return (fit @ value[:, :, None])[:, :, 0]

    def looked_up(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> tuple[Tensor, Tensor, Tensor]:
        # The published modules normalise both texts with the weights of the first.
        query, looked = self.normal(one), self.normal(other)
        return self.query(query), self.key(looked), self.value(looked)


class CA1(CA2):
    """Text after text: what it offers is weighed feature by feature, and replaces the last."""

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            query, key, value = self.looked_up(fused, other)
            fused = (self.scale * query * key).softmax(1) * value
        return fused


class CA3(CA2):
    """As CA2, but a text with itself stays as it is."""

    def pair(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        return one if one is other else self.attended(one, other)


class CA4(CA2):
    """Text after text adds what the fused one attends to."""

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            fused = fused + self.attended(fused, other)
        return fused
