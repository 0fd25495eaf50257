"""The contract of a fusion: one vector of all texts of a class."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import Count, Odd

Strategy = Literal[
    "concat",
    "add",
    "weighted_add",
    "linear",
    "mlp",
    "conv",
    "sa",
    "msca",
    "mha",
    "former",
    "conv_1",
    "aff",
    "iaff",
    "af_1",
    "af_2",
    "af_3",
    "af_4",
    "ca_1",
    "ca_2",
    "ca_3",
    "ca_4",
]


@dataclass(frozen=True)
class FusionConfig:
    """The strategy, and its sizes where it has a choice."""

    strategy: Strategy
    ratio: Count  # width of the result in widths of a text
    layers: Count
    heads: Count
    kernel: Odd


class Fusion(nn.Module, ABC):
    """A module of a number of texts and their width; `width` is that of the result."""

    width: int

    @abstractmethod
    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__()

    @abstractmethod
    def forward(
        self, texts: Float[Tensor, "class source width"]
    ) -> Float[Tensor, "class fused"]: ...


def narrowed(before: int, inner: int, after: int) -> nn.Sequential:
    """Two linear layers without biases, a normalisation before each."""
    return nn.Sequential(
        nn.LayerNorm(before),
        nn.Linear(before, inner, bias=False),
        nn.GELU(),
        nn.LayerNorm(inner),
        nn.Linear(inner, after, bias=False),
    )
