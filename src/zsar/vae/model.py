"""Cross-aligned VAEs: a VAE of motion and one of text with a common latent space.

E. Schönfeld, S. Ebrahimi, S. Sinha, T. Darrell, Z. Akata: Generalized Zero- and Few-Shot Learning
via Aligned Variational Autoencoders. CVPR 2019, https://arxiv.org/abs/1812.01784
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.errors import UserError

Output = Literal["linear", "relu"]
Noise = Literal["dimension", "row"]


class Affine(nn.Module):
    """Linear layers side by side, one for each part of the text."""

    def __init__(self, parts: int, before: int, after: int, bound: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(parts, before, after).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(parts, 1, after))

    def forward(self, inputs: Float[Tensor, "part row before"]) -> Float[Tensor, "part row after"]:
        return torch.baddbmm(self.bias, inputs, self.weight)

    def set_grads(
        self, inputs: Float[Tensor, "part row before"], grad: Float[Tensor, "part row after"]
    ) -> None:
        """Set the gradients of the weights, from the gradient of a loss at the outputs."""
        self.weight.grad = torch.bmm(inputs.mT, grad)
        self.bias.grad = grad.sum(1, keepdim=True)

    def input_grad(self, grad: Float[Tensor, "part row after"]) -> Float[Tensor, "part row before"]:
        """The gradient at the inputs, from that at the outputs."""
        return torch.bmm(grad, self.weight.mT)


@dataclass(frozen=True)
class Gaussian:
    """One normal distribution per row, with independent dimensions."""

    mean: Float[Tensor, "*rows latent"]
    logvar: Float[Tensor, "*rows latent"]
    std: Float[Tensor, "*rows latent"]

    @classmethod
    def of(cls, params: Float[Tensor, "*rows both"]) -> "Gaussian":
        """From mean and logvar, side by side."""
        mean, logvar = params.chunk(2, dim=-1)
        return cls(mean, logvar, (0.5 * logvar).exp())

    def __getitem__(self, row: int) -> "Gaussian":
        return Gaussian(self.mean[row], self.logvar[row], self.std[row])

    def sample(self, noise: Float[Tensor, "*rows latent"]) -> Float[Tensor, "*rows latent"]:
        return torch.addcmul(self.mean, self.std, noise)

    def kl(self) -> Float[Tensor, ""]:
        """The Kullback-Leibler divergence from the standard normal, mean over rows."""
        excess = self.mean.square() + self.std.square() - self.logvar - 1
        return excess.sum() * (0.5 / len(excess))

    def distance(self, other: "Gaussian") -> Float[Tensor, "*rows"]:
        """The 2-Wasserstein distance of each row to its counterpart."""
        gaps = (self.mean - other.mean).square() + (self.std - other.std).square()
        return gaps.sum(-1).sqrt()


class AlignedVAE(nn.Module):
    """Encoders and decoders of one layer; text may come in parts that share the latent equally."""

    def __init__(self, features: int, text: int, parts: int, latent: int, output: Output):
        super().__init__()
        if latent % parts:
            raise UserError(f"latent is {latent}, which {parts} texts cannot share equally")
        share = latent // parts
        self.parts, self.latent, self.output = parts, latent, output
        self.motion_encoder = Affine(1, features, 2 * latent, glorot(features, latent))
        self.text_encoder = Affine(parts, text, 2 * share, glorot(text, share))
        self.motion_decoder = Affine(1, latent, features, glorot(latent, features))
        self.text_decoder = Affine(parts, share, text, glorot(share, text))

    def encode_motion(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip both"]:
        """Mean and logvar of clips."""
        return self.motion_encoder(features[None])[0]

    def encode_text(self, text: Float[Tensor, "part class width"]) -> Float[Tensor, "class both"]:
        """Mean and logvar of classes."""
        halves = self.text_encoder(text).chunk(2, dim=2)
        return torch.cat([self.join_parts(half) for half in halves], dim=1)

    def activated(self, decoded: Float[Tensor, "*rows width"]) -> Float[Tensor, "*rows width"]:
        return decoded.relu() if self.output == "relu" else decoded

    def join_parts(self, shares: Float[Tensor, "part row share"]) -> Float[Tensor, "row latent"]:
        return shares.transpose(0, 1).flatten(1)

    def split_parts(self, latents: Float[Tensor, "row latent"]) -> Float[Tensor, "part row share"]:
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
