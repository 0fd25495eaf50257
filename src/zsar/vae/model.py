"""A motion and a text autoencoder whose latents are to mean the same."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.errors import UserError

Output = Literal["linear", "relu"]
Noise = Literal["dimension", "row"]


class Affine(nn.Module):
    """Affine maps side by side, one for each part."""

    def __init__(self, parts: int, before: int, after: int, bound: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(parts, before, after).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(parts, 1, after))

    def forward(self, inputs: Float[Tensor, "part row before"]) -> Float[Tensor, "part row after"]:
        return torch.baddbmm(self.bias, inputs, self.weight)

    def learn(
        self, inputs: Float[Tensor, "part row before"], slopes: Float[Tensor, "part row after"]
    ) -> None:
        """Take as gradients what the slopes of a loss at the outputs amount to."""
        self.weight.grad = torch.bmm(inputs.mT, slopes)
        self.bias.grad = slopes.sum(1, keepdim=True)

    def back(self, slopes: Float[Tensor, "part row after"]) -> Float[Tensor, "part row before"]:
        """The slopes at the inputs."""
        return torch.bmm(slopes, self.weight.mT)


@dataclass(frozen=True)
class Gaussian:
    """One normal distribution per row, its dimensions independent."""

    mean: Float[Tensor, "*rows latent"]
    logarithm: Float[Tensor, "*rows latent"]  # of the variance
    deviation: Float[Tensor, "*rows latent"]

    @classmethod
    def of(cls, code: Float[Tensor, "*rows both"]) -> "Gaussian":
        """Mean and logarithm lie side by side in a code."""
        mean, logarithm = code.chunk(2, dim=-1)
        return cls(mean, logarithm, (0.5 * logarithm).exp())

    def __getitem__(self, row: int) -> "Gaussian":
        return Gaussian(self.mean[row], self.logarithm[row], self.deviation[row])

    def sample(self, noise: Float[Tensor, "*rows latent"]) -> Float[Tensor, "*rows latent"]:
        return torch.addcmul(self.mean, self.deviation, noise)

    def divergence(self) -> Float[Tensor, ""]:
        """The Kullback-Leibler divergence from the standard normal, mean over rows."""
        excess = self.mean.square() + self.deviation.square() - self.logarithm - 1
        return excess.sum() * (0.5 / len(excess))

    def distance(self, other: "Gaussian") -> Float[Tensor, "*rows"]:
        """The 2-Wasserstein distance of each row to its counterpart."""
        gaps = (self.mean - other.mean).square() + (self.deviation - other.deviation).square()
        return gaps.sum(-1).sqrt()


class AlignedVAE(nn.Module):
    """Encoders and decoders of one layer; text may come in parts that share the latent equally."""

    def __init__(self, motion: int, words: int, parts: int, latent: int, output: Output):
        super().__init__()
        if latent % parts:
            raise UserError(f"latent is {latent}, which {parts} texts cannot share equally")
        share = latent // parts
        self.parts, self.latent, self.output = parts, latent, output
        self.see = Affine(1, motion, 2 * latent, glorot(motion, latent))
        self.read = Affine(parts, words, 2 * share, glorot(words, share))
        self.move = Affine(1, latent, motion, glorot(latent, motion))
        self.write = Affine(parts, share, words, glorot(share, words))

    def code_motion(self, motion: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip both"]:
        return self.see(motion[None])[0]

    def code_text(self, words: Float[Tensor, "part class width"]) -> Float[Tensor, "class both"]:
        return torch.cat([self.joined(half) for half in self.read(words).chunk(2, dim=2)], dim=1)

    def joined(self, shares: Float[Tensor, "part row share"]) -> Float[Tensor, "row latent"]:
        return shares.transpose(0, 1).flatten(1)

    def shared(self, latents: Float[Tensor, "row latent"]) -> Float[Tensor, "part row share"]:
        return latents.view(len(latents), self.parts, -1).transpose(0, 1)


def glorot(before: int, after: int) -> float:
    """The bound of the uniform weights that the published models start from: Glorot's, halved."""
    return 0.5 * (6 / (before + after)) ** 0.5


def sample_noise(
    kind: Noise, shape: tuple[int, ...], parts: int, latent: int, device: torch.device
) -> Float[Tensor, "*shape latent"]:
    """Standard normal numbers: one for every dimension, or one that a whole part shares."""
    draws = {"dimension": latent, "row": parts}[kind]
    drawn = torch.randn(*shape, draws, 1, device=device)
    return drawn.expand(*shape, draws, latent // draws).flatten(-2)
