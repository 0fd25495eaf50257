"""Whether features have collapsed: their deviation and effective rank."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.errors import UserError
from zsar.learning.training import Row


@dataclass(frozen=True)
class CollapseThresholds:
    """The minimum of each statistic of the features; 0 disables the check."""

    deviation: float
    rank: float


class Collapsed(UserError, ArithmeticError):
    """The features of all clips are nearly the same."""


@torch.no_grad()
def feature_stats(features: Float[Tensor, "clip dim"]) -> Row:
    """The deviation of unit vectors is 1 if they are spread evenly and 0 if they are equal.

    The effective rank is the exponential of the entropy of the singular values.
    """
    unit = F.normalize(features.float(), dim=1)
    centred = unit - unit.mean(0)
    deviation = centred.square().mean().mul(features.shape[1]).sqrt()
    shares = torch.linalg.svdvals(centred)
    shares = shares / shares.sum().clamp(min=torch.finfo(shares.dtype).tiny)
    rank = torch.special.entr(shares).sum().exp()
    return {"deviation": deviation.item(), "rank": rank.item()}


def check_collapse(row: Row, thresholds: CollapseThresholds) -> None:
    for name, least in (("deviation", thresholds.deviation), ("rank", thresholds.rank)):
        if not row[name] >= least:
            raise Collapsed(
                f"the features collapse: {name} is {row[name]:.3g}, expected {least:g} or more"
            )
