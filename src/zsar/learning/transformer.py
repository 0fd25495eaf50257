"""Transformer blocks whose layers are modulated by a condition, such as a time.

W. Peebles, S. Xie: Scalable Diffusion Models with Transformers. ICCV 2023,
https://arxiv.org/abs/2212.09748. Several streams of tokens, each with weights of its own, attend
jointly: P. Esser et al.: Scaling Rectified Flow Transformers for High-Resolution Image Synthesis.
ICML 2024, https://arxiv.org/abs/2403.03206
"""

import math
from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Tokens = Float[Tensor, "row token dim"]
TokenStreams = list[Float[Tensor, "row _ dim"]]  # of different lengths
Condition = Float[Tensor, "row dim"]
FREQUENCIES = 128  # of a time, each as a cosine and a sine
EPSILON = 1e-6  # of the layer norms


class TimeEmbedding(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.mlp = mlp(2 * FREQUENCIES, width)

    def forward(self, time: Float[Tensor, " row"]) -> Condition:
        return self.mlp(waves(time))


def waves(time: Float[Tensor, " row"]) -> Float[Tensor, "row wave"]:
    """Cosines, then sines, of the time at each frequency."""
    place = torch.arange(FREQUENCIES, device=time.device) / FREQUENCIES
    angles = time[:, None] * (-math.log(10000) * place).exp()
    return torch.cat((angles.cos(), angles.sin()), dim=1)


def mlp(before: int, width: int) -> nn.Sequential:
    """What makes a condition of something."""
    return nn.Sequential(nn.Linear(before, width), nn.SiLU(), nn.Linear(width, width))


def modulation(width: int, count: int) -> nn.Linear:
    """So many shifts, scales and gates of a condition; at the start they are zero."""
    return zeroed(nn.Linear(width, count * width))


def zeroed(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def modulated(tokens: Tokens, shift: Condition, scale: Condition) -> Tokens:
    normal = F.layer_norm(tokens, tokens.shape[2:], eps=EPSILON)
    return normal * (1 + scale[:, None]) + shift[:, None]


class Stream(nn.Module):
    """The weights of one stream of tokens in a block."""

    def __init__(self, width: int):
        super().__init__()
        self.modulation = modulation(width, 6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width)
        )


Change = Callable[[TokenStreams], TokenStreams]


def unchanged(streams: TokenStreams) -> TokenStreams:
    return streams


class JointBlock(nn.Module):
    """Attention among the tokens of all streams, then an MLP for each."""

    def __init__(self, streams: int, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.streams = nn.ModuleList([Stream(width) for _ in range(streams)])

    def forward(
        self, streams: TokenStreams, condition: Condition, between: Change = unchanged
    ) -> TokenStreams:
        """`between` changes the tokens after attention."""
        active = F.silu(condition)
        all_weights = cast(list[Stream], list(self.streams))
        parts = [weights.modulation(active).chunk(6, dim=1) for weights in all_weights]
        each = list(zip(all_weights, streams, parts, strict=True))
        qkv = [weights.qkv(modulated(own, *part[:2])) for weights, own, part in each]
        attended = self._attend(torch.cat(qkv, dim=1)).split([own.shape[1] for own in streams], 1)
        tokens = between(
            [
                own + part[2][:, None] * weights.proj(found)
                for (weights, own, part), found in zip(each, attended, strict=True)
            ]
        )
        return [
            own + part[5][:, None] * weights.mlp(modulated(own, *part[3:5]))
            for (weights, _, part), own in zip(each, tokens, strict=True)
        ]

    def _attend(self, qkv: Float[Tensor, "row token all"]) -> Tokens:
        query, key, value = qkv.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (query @ key.mT * query.shape[-1] ** -0.5).softmax(-1)
        return (weights @ value).transpose(1, 2).flatten(2)


class Output(nn.Module):
    """From tokens to what they predict; at the start it is zero."""

    def __init__(self, width: int, after: int):
        super().__init__()
        self.modulation = modulation(width, 2)
        self.linear = zeroed(nn.Linear(width, after))

    def forward(self, tokens: Tokens, condition: Condition) -> Float[Tensor, "row token after"]:
        shift, scale = self.modulation(F.silu(condition)).chunk(2, dim=1)
        return self.linear(modulated(tokens, shift, scale))
