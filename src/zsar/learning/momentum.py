"""Descent with momentum, its rate rising from nothing at first."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


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


def rising(optimizer: Optimizer, steps: int, every: int) -> LambdaLR:
    """Rise linearly from nothing over `steps`, each time so many have passed, then stay."""
    return LambdaLR(optimizer, lambda step: min(1.0, step // every * every / steps) if steps else 1)
