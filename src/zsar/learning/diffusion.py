"""Noise that is added to skeleton features, and a transformer that predicts it from their text.

J. Do, M. Kim: Bridging the Skeleton-Text Modality Gap: Diffusion-Powered Modality Alignment for
Zero-shot Skeleton-based Action Recognition. ICCV 2025, https://arxiv.org/abs/2411.10745
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from zsar.bounds import Count, Width
from zsar.learning.transformer import Change, JointBlock, Output, TimeEmbedding, mlp, unchanged

BETAS = 0.00085, 0.012  # of Stable Diffusion 2.1
Features = Float[Tensor, "clip dim"]
Texts = Float[Tensor, "clip row width"]  # tokens, and the pooled text as the last row


@dataclass(frozen=True)
class NetworkConfig:
    width: Width
    depth: Count
    heads: Count


class NoisePredictor(nn.Module):
    """The features of a clip are one token; those of its text are others."""

    def __init__(self, features: int, text: int, tokens: int, config: NetworkConfig):
        super().__init__()
        width = config.width
        self.embed, self.embed_text = nn.Linear(features, width), nn.Linear(text, width)
        self.positions = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.time, self.pooled = TimeEmbedding(width), mlp(text, width)
        self.blocks = nn.ModuleList(
            [JointBlock(2, width, config.heads) for _ in range(config.depth)]
        )
        self.output = Output(width, features)

    def forward(
        self,
        noisy: Features,
        step: Int[Tensor, " clip"],
        texts: Texts,
        between: Change = unchanged,
    ) -> Features:
        """`between` changes the tokens of each block after attention."""
        condition = self.time(step.to(noisy.dtype)) + self.pooled(texts[:, -1])
        tokens = [self.embed(noisy)[:, None], self.embed_text(texts[:, :-1]) + self.positions]
        for block in self.blocks:
            tokens = block(tokens, condition, between)
        return self.output(tokens[0], condition)[:, 0]


def kept_shares(steps: int) -> Float[Tensor, " step"]:
    """The share of the variance that is not noise, after so many steps."""
    low, high = (beta**0.5 for beta in BETAS)
    return (1 - torch.linspace(low, high, steps).square()).cumprod(0)


def noised(features: Features, noise: Features, kept: Float[Tensor, " clip"]) -> Features:
    return kept[:, None].sqrt() * features + (1 - kept[:, None]).sqrt() * noise


def denoised(noisy: Features, noise: Features, kept: Float[Tensor, " clip"]) -> Features:
    """The features, if this is their noise."""
    return (noisy - (1 - kept[:, None]).sqrt() * noise) / kept[:, None].sqrt()


def noise_errors(
    predicted: Float[Tensor, "clip dim"], noise: Float[Tensor, "clip dim"]
) -> Float[Tensor, " clip"]:
    return (predicted - noise).square().mean(1)


@dataclass(frozen=True)
class Noised:
    """Clips of a batch, with what was drawn for them."""

    features: Features
    targets: Int[Tensor, " clip"]
    noise: Features
    step: Int[Tensor, " clip"]
    kept: Float[Tensor, " clip"]

    @property
    def noisy(self) -> Features:
        return noised(self.features, self.noise, self.kept)


def with_noise(
    features: Features, targets: Int[Tensor, " clip"], kept: Float[Tensor, " step"]
) -> Noised:
    """A random step for each clip, and noise."""
    step = torch.randint(len(kept), targets.shape, device=targets.device)
    return Noised(features, targets, torch.randn_like(features), step, kept[step])
