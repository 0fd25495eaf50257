"""A VAE of motion with a latent of its own, its style, beside the one that it shares with the text.

S.-W. Li, Z.-X. Wei, W.-J. Chen, Y.-H. Yu, C.-Y. Yang, J. Y.-j. Hsu: SA-DVAE: Improving Zero-Shot
Skeleton-Based Action Recognition by Disentangled Variational Autoencoders. ECCV 2024,
https://arxiv.org/abs/2407.13460
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.training import Losses
from zsar.vae.model import Affine, AlignedVAE, Gaussian, Noise, Output, glorot, sample_noise


class DisentangledVAE(AlignedVAE):
    """Only the semantic part of a motion's latent has to agree with the text."""

    def __init__(self, features: int, text: int, semantic: int, style: int, output: Output):
        super().__init__(features, text, 1, semantic, output)
        both = semantic + style
        self.motion_encoder = Affine(1, features, 2 * both, glorot(features, both))
        self.motion_decoder = Affine(1, both, features, glorot(both, features))

    def encode_motion(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip both"]:
        """Mean and logvar of the semantic part."""
        halves = self.motion_encoder(features[None])[0].chunk(2, dim=1)
        return torch.cat([half[:, : self.latent] for half in halves], dim=1)

    def encode_style(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip both"]:
        halves = self.motion_encoder(features[None])[0].chunk(2, dim=1)
        return torch.cat([half[:, self.latent :] for half in halves], dim=1)

    def decode_motion(
        self, semantic: Float[Tensor, "clip semantic"], style: Float[Tensor, "clip style"]
    ) -> Float[Tensor, "clip dim"]:
        return self.activated(self.motion_decoder(torch.cat((semantic, style), dim=1)[None])[0])

    def decode_text(self, semantic: Float[Tensor, "clip semantic"]) -> Float[Tensor, "clip width"]:
        return self.activated(self.text_decoder(semantic[None])[0])


@dataclass(frozen=True)
class Latents:
    """One sample of each latent of some clips and their texts."""

    motion: Float[Tensor, "clip semantic"]
    style: Float[Tensor, "clip style"]
    text: Float[Tensor, "clip semantic"]


@dataclass(frozen=True)
class Codes:
    """The distributions of these latents."""

    motion: Gaussian
    style: Gaussian
    text: Gaussian

    @classmethod
    def of(cls, model: DisentangledVAE, features: Tensor, text_features: Tensor) -> "Codes":
        return cls(
            Gaussian.of(model.encode_motion(features)),
            Gaussian.of(model.encode_style(features)),
            Gaussian.of(model.encode_text(text_features[None])),
        )

    def sample(self, noise: Noise) -> Latents:
        return Latents(*(sampled(code, noise) for code in (self.motion, self.style, self.text)))


def sampled(code: Gaussian, noise: Noise) -> Float[Tensor, "clip latent"]:
    clips, latent = code.mean.shape
    return code.sample(sample_noise(noise, (clips,), 1, latent, code.mean.device))


@dataclass(frozen=True)
class Factors:
    """The weights of the terms beside the reconstruction of each modality from itself."""

    motion_kl: float
    text_kl: float  # and of the total correlation
    cross: float


def disentangled_losses(
    model: DisentangledVAE,
    discriminator: nn.Module,
    features: Float[Tensor, "clip dim"],
    text_features: Float[Tensor, "clip width"],
    codes: Codes,
    latents: Latents,
    weights: Factors,
) -> Losses:
    """The weighted terms. The style of a clip also serves to decode it from its text."""
    from_text = model.decode_motion(latents.text, latents.style)
    cross = F.mse_loss(from_text, features)
    cross = cross + F.mse_loss(model.decode_text(latents.motion), text_features)
    own = model.decode_motion(latents.motion, latents.style)
    return {
        "motion": F.mse_loss(own, features),
        "text": F.mse_loss(model.decode_text(latents.text), text_features),
        "motion_kl": weights.motion_kl * (codes.motion.kl() + codes.style.kl()),
        "text_kl": weights.text_kl * codes.text.kl(),
        "cross": weights.cross * cross,
        "correlation": weights.text_kl * correlation(discriminator, latents.motion, latents.style),
    }


def discriminator(width: int) -> nn.Sequential:
    """The logit that both parts of a latent belong to one clip."""
    hidden = width // 4
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))


def correlation(
    discriminator: nn.Module,
    semantic: Float[Tensor, "clip semantic"],
    style: Float[Tensor, "clip style"],
) -> Float[Tensor, ""]:
    """How sure the discriminator is; nothing is to be learnt from one part about the other."""
    return discriminator(torch.cat((semantic, style), dim=1)).sigmoid().mean()


def discriminator_loss(
    discriminator: nn.Module,
    semantic: Float[Tensor, "clip semantic"],
    style: Float[Tensor, "clip style"],
    orders: tuple[Tensor, Tensor],
) -> Float[Tensor, ""]:
    """Tell pairs from those of which each part was brought into another order."""
    shuffled = semantic[orders[0]], style[orders[1]]
    pairs, mixed = (discriminator(torch.cat(both, dim=1)) for both in ((semantic, style), shuffled))
    return (F.softplus(-pairs).mean() + F.softplus(mixed).mean()) / 2
