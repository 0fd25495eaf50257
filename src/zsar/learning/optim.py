"""Optimisers and learning rate schedules."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


@dataclass(frozen=True)
class SGDConfig:
    """Settings of stochastic gradient descent."""

    lr: float
    momentum: float
    weight_decay: float


def sgd(module: nn.Module, settings: SGDConfig) -> torch.optim.SGD:
    learnt = [weight for weight in module.parameters() if weight.requires_grad]
    decay = settings.weight_decay
    return torch.optim.SGD(learnt, settings.lr, settings.momentum, weight_decay=decay, fused=True)


# Epoch, as SMIE and PGFA publish it: the rate stands still within one; the first learns nothing.
WarmupBy = Literal["step", "epoch"]


def pace(by: WarmupBy, steps: int) -> int:
    """After how many steps the rate changes, where an epoch has `steps`."""
    return {"step": 1, "epoch": steps}[by]


def warm_cosine(optimizer: Optimizer, warm: int, steps: int, every: int) -> LambdaLR:
    """Rise linearly from nothing over `warm` steps, then fall to nothing along a cosine; the rate
    changes each time `every` steps have passed."""

    def share(step: int) -> float:
        step = step // every * every
        if step < warm:
            return step / warm
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))

    return LambdaLR(optimizer, share)


def warm_steps(
    optimizer: Optimizer, warm: int, every: int, milestones: tuple[int, ...], decay: float
) -> LambdaLR:
    """Rise linearly from nothing over `warm` steps, each time `every` have passed, then stay, but
    for the share `decay` that each milestone (a number of steps) leaves of the rate."""

    def share(step: int) -> float:
        risen = min(1.0, step // every * every / warm) if warm else 1.0
        return risen * decay ** sum(step >= milestone for milestone in milestones)

    return LambdaLR(optimizer, share)
