"""Stochastic gradient descent with momentum."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Momentum:
    """Settings of stochastic gradient descent."""

    lr: float
    momentum: float
    weight_decay: float


def sgd(module: nn.Module, settings: Momentum) -> torch.optim.SGD:
    learnt = [weight for weight in module.parameters() if weight.requires_grad]
    decay = settings.weight_decay
    return torch.optim.SGD(learnt, settings.lr, settings.momentum, weight_decay=decay, fused=True)
