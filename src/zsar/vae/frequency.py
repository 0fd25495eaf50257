"""Cross-aligned VAEs that weight the frequencies of their inputs and calibrate the alignment.

W. Wu, Z. Guo, C. Chen, H. Xue, A. Lu: Frequency-Semantic Enhanced Variational Autoencoder for
Zero-Shot Skeleton-based Action Recognition. ICCV 2025, https://arxiv.org/abs/2506.22179
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, Count, Finite, Positive, Whole
from zsar.learning.dct import dct_matrix
from zsar.learning.losses import rows_of_other_classes
from zsar.learning.training import Losses
from zsar.vae.model import AlignedVAE, Gaussian, Output
from zsar.vae.step import Batch, LossWeights

TERMS = ("motion", "text", "motion_kl", "text_kl", "calibration")


@dataclass(frozen=True)
class BandConfig:
    """Bands of neighbouring frequencies of a feature vector, each with a learned weight."""

    count: Count
    boosted: Whole  # coefficients that may be boosted; all later ones are damped
    strength: Finite  # at the start; of all bands, and learned


class Bands(nn.Module):
    """Boosts and damps bands of frequencies of a vector, which are entries, not points in time."""

    dct: Tensor
    band: Tensor
    slope: Tensor

    def __init__(self, width: int, config: BandConfig):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(config.count))
        self.strength = nn.Parameter(torch.tensor(config.strength))
        bounds, band = bounds_of_bands(width, config.count), torch.arange(config.count)
        self.register_buffer("dct", dct_matrix(width), persistent=False)
        # The last coefficient is in no band.
        places = torch.searchsorted(bounds, torch.arange(width), right=True) - 1
        self.register_buffer("band", places, persistent=False)
        boost, damp = 1 - band / config.count, band / config.count - 2
        slope = torch.where(bounds[1:] <= config.boosted, boost, damp)
        self.register_buffer("slope", slope, persistent=False)

    def forward(self, inputs: Float[Tensor, "*rows dim"]) -> Float[Tensor, "*rows dim"]:
        gains = 1 + F.pad(self.weights * self.strength * self.slope, (0, 1))
        return inputs @ self.dct.T * gains[self.band] @ self.dct


def bounds_of_bands(width: int, count: int) -> Int[Tensor, " bound"]:
    """The first coefficient of each band, and the end of the last."""
    return torch.linspace(0, width - 1, count + 1).long()


class FrequencyVAE(AlignedVAE):
    def __init__(
        self, features: int, text: int, parts: int, latent: int, output: Output, bands: BandConfig
    ):
        super().__init__(features, text, parts, latent, output)
        self.motion_bands, self.text_bands = Bands(features, bands), Bands(text, bands)

    def encode_motion(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip both"]:
        return super().encode_motion(self.motion_bands(features))

    def encode_text(self, text: Float[Tensor, "part class width"]) -> Float[Tensor, "class both"]:
        return super().encode_text(self.text_bands(text))


@dataclass(frozen=True)
class CalibrationConfig:
    """The term in the place of cross reconstruction."""

    weight: Amount
    scale: Positive  # of the squared errors, where the logistic function is about linear
    negatives: Literal["other_class", "any"]  # any, as published, includes the clip itself


def calibrated_losses(
    model: AlignedVAE,
    batch: Batch,
    weights: LossWeights,
    config: CalibrationConfig,
    negatives: Int[Tensor, " clip"],
) -> Losses:
    """The weighted terms; each clip's text should be nearer to what is decoded from the clip than
    to what is decoded from its negative."""
    own_text = batch.text.index_select(1, batch.targets)
    motion = Gaussian.of(model.encode_motion(batch.features))
    text = Gaussian.of(model.encode_text(batch.text).index_select(0, batch.targets))
    latents = motion.sample(batch.noise[0]), text.sample(batch.noise[1])
    motions = [model.activated(model.motion_decoder(each[None])[0]) for each in latents]
    texts = [model.activated(model.text_decoder(model.split_parts(each))) for each in latents]
    nearer = squares(own_text, texts[0][:, negatives]) - squares(own_text, texts[0])
    farther = -squares(batch.features[None], motions[1][None])  # the motion has no negatives
    calibration = [(-each / config.scale).sigmoid().mean() for each in (nearer, farther)]
    return {
        "motion": F.mse_loss(motions[0], batch.features),
        "text": (texts[1] - own_text).square().mean((1, 2)).sum(),
        "motion_kl": weights.motion_kl * motion.kl(),
        "text_kl": weights.text_kl * text.kl(),
        "calibration": config.weight * weights.cross * torch.stack(calibration).sum(),
    }


def squares(
    one: Float[Tensor, "part clip width"], other: Float[Tensor, "part clip width"]
) -> Float[Tensor, " clip"]:
    """Squared distances."""
    return (one - other).square().sum((0, 2))


def calibrated_step(
    model: AlignedVAE, batch: Batch, weights: LossWeights, config: CalibrationConfig
) -> Losses:
    """Set the model's gradients; return the weighted terms."""
    model.zero_grad()
    negatives = NEGATIVES[config.negatives](batch.targets)
    losses = calibrated_losses(model, batch, weights, config, negatives)
    torch.stack(tuple(losses.values())).sum().backward()
    return {name: value.detach() for name, value in losses.items()}


def any_rows(labels: Int[Tensor, " clip"]) -> Int[Tensor, " clip"]:
    return torch.randperm(len(labels), device=labels.device)


NEGATIVES = {"other_class": rows_of_other_classes, "any": any_rows}
