"""Optimisers and learning rate schedules."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

# Epoch, as SMIE and PGFA publish it: the rate is constant within one, and 0 in the first.
from zsar.bounds import Amount, BelowOne, Rate

WarmupBy = Literal["step", "epoch"]


@dataclass(frozen=True)
class AdamConfig:
    lr: Rate
    weight_decay: Amount


@dataclass(frozen=True)
class SGDConfig:
    lr: Rate
    momentum: BelowOne
    weight_decay: Amount


def trainable(module: nn.Module) -> list[nn.Parameter]:
    return [weight for weight in module.parameters() if weight.requires_grad]


def adam(module: nn.Module, config: AdamConfig) -> Adam:
    return Adam(trainable(module), lr=config.lr, weight_decay=config.weight_decay)


def adamw(module: nn.Module, config: AdamConfig) -> AdamW:
    """Adam whose weight decay is no part of the gradient."""
    return AdamW(trainable(module), lr=config.lr, weight_decay=config.weight_decay)


def fused_adam(module: nn.Module, config: AdamConfig) -> Adam:
    """The same in one kernel, which reads and writes each weight once; rounded differently."""
    return Adam(trainable(module), lr=config.lr, weight_decay=config.weight_decay, fused=True)


def adam_with_decays(module: nn.Module, config: AdamConfig, decays: Mapping[str, float]) -> Adam:
    """Adam where some submodules, by name, have a weight decay of their own."""
    groups: dict[float, list[nn.Parameter]] = {}
    for name, weight in module.named_parameters():
        decay = decays.get(name.split(".")[0], config.weight_decay)
        groups.setdefault(decay, []).append(weight)
    parts = [{"params": each, "weight_decay": decay} for decay, each in groups.items()]
    return Adam(parts, lr=config.lr)


def sgd(module: nn.Module, config: SGDConfig) -> SGD:
    decay = config.weight_decay
    return SGD(trainable(module), config.lr, config.momentum, weight_decay=decay, fused=True)


def nesterov_sgd(module: nn.Module, config: SGDConfig) -> SGD:
    """Nesterov's momentum, where the momentum is not 0."""
    return SGD(
        trainable(module),
        config.lr,
        config.momentum,
        weight_decay=config.weight_decay,
        nesterov=config.momentum > 0,
        fused=True,
    )


def cosine_decay(epoch: float | int, epochs: int) -> float:
    """The share of the rate that a cosine leaves."""
    return 0.5 * (1 + math.cos(math.pi * epoch / epochs))


def multi_step(epoch: int, milestones: tuple[int, ...], decay: float) -> float:
    """The share of the rate that is left where each milestone takes it times `decay`."""
    return decay ** sum(epoch >= milestone for milestone in milestones)


def steps_per_change(by: WarmupBy, steps_per_epoch: int) -> int:
    return {"step": 1, "epoch": steps_per_epoch}[by]


def warmup_cosine(optimizer: Optimizer, warmup: int, steps: int, every: int) -> LambdaLR:
    """Rise linearly from 0 over `warmup` steps, then fall to 0 along a cosine; the rate changes
    once in `every` steps."""

    def share(step: int) -> float:
        step = step // every * every
        if step < warmup:
            return step / warmup
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))

    return LambdaLR(optimizer, share)


def warmup_multi_step(
    optimizer: Optimizer, warmup: int, every: int, milestones: tuple[int, ...], decay: float
) -> LambdaLR:
    """Rise linearly from 0 over `warmup` steps, changing once in `every`; then each milestone, a
    number of steps, takes the rate times `decay`."""

    def share(step: int) -> float:
        risen = min(1.0, step // every * every / warmup) if warmup else 1.0
        return risen * multi_step(step, milestones, decay)

    return LambdaLR(optimizer, share)
