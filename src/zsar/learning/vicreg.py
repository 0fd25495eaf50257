"""VICReg's losses, as UmURL uses them: invariance, variance and covariance of vectors.

A. Bardes, J. Ponce, Y. LeCun: VICReg. ICLR 2022, https://arxiv.org/abs/2105.04906
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Amount
from zsar.learning.training import Losses

Vectors = Float[Tensor, "modality clip dim"]
ROOM = 1e-4  # keeps the gradient of a deviation finite


@dataclass(frozen=True)
class VICRegWeights:
    consistency: Amount
    variance: Amount
    covariance: Amount


def umurl_losses(alone: Vectors, fused: Vectors, weights: VICRegWeights) -> Losses:
    """The loss of UmURL, as weighted terms.

    A modality alone agrees with the same modality fused, and with the other modalities.
    """
    every = torch.cat((alone, fused))
    return {
        "intra": weights.consistency * invariance(alone, fused),
        "inter": weights.consistency * invariance(alone, alone.mean(0).expand_as(alone)),
        "variance": weights.variance * torch.stack([variance(each) for each in every]).sum(),
        "covariance": weights.covariance * torch.stack([covariance(each) for each in every]).sum(),
    }


def invariance(left: Vectors, right: Vectors) -> Float[Tensor, ""]:
    return len(left) * F.mse_loss(left, right)


def variance(vectors: Float[Tensor, "clip dim"]) -> Float[Tensor, ""]:
    """How far the deviation of each dimension falls short of one."""
    return (1 - (vectors.var(0) + ROOM).sqrt()).relu().mean()


def covariance(vectors: Float[Tensor, "clip dim"]) -> Float[Tensor, ""]:
    """The squares of the covariances between dimensions, per dimension.

    All squares of X'X add up to those of XX', which is the smaller where dimensions are many.
    """
    clips, dim = vectors.shape
    centred = vectors - vectors.mean(0)
    smaller = centred @ centred.T if clips < dim else centred.T @ centred
    diagonal = centred.square().sum(0).square().sum()
    return (smaller.square().sum() - diagonal) / ((clips - 1) ** 2 * dim)
