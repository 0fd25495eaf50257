"""The one loop that learners share: shuffled batches of row numbers, a step each, a row of losses per epoch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

Losses = dict[str, Tensor]
Row = dict[str, float]


@dataclass(frozen=True)
class Adam:
    """Settings of the optimizer most recipes use."""

    lr: float
    weight_decay: float


class Diverged(ArithmeticError):
    """A loss stopped being a finite number."""


def adam(module: nn.Module, settings: Adam) -> torch.optim.Adam:
    learnt = [weight for weight in module.parameters() if weight.requires_grad]
    return torch.optim.Adam(learnt, lr=settings.lr, weight_decay=settings.weight_decay)


def shuffled(rows: int, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """A pass over all rows in random batches; a last batch of one row joins the batch before it."""
    batches = list(torch.randperm(rows, device=device).split(batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    yield from batches


def full(rows: int, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """Random batches of one size; what is left waits for the next pass, unless it is all there is."""
    batches = torch.randperm(rows, device=device).split(batch_size)
    yield from batches[: max(1, rows // batch_size)]


def descend(
    module: nn.Module,
    loss: Callable[[Tensor], Losses],
    optimizer: torch.optim.Optimizer,
    *,
    rows: int,
    batch_size: int,
    epochs: int,
    schedule: LRScheduler | None = None,
    batches: Callable[[int, int, torch.device], Iterator[Tensor]] = shuffled,
) -> Iterator[Row]:
    """Take a step per batch, and yield the mean of each named loss after every epoch.

    The schedule advances with every step. Losses stay on the device until the epoch is over.
    """
    device = next(module.parameters()).device
    for epoch in range(epochs):
        module.train()
        sums: Losses = {}
        taken = 0
        for batch in batches(rows, batch_size, device):
            named = loss(batch)
            optimizer.zero_grad(set_to_none=True)
            torch.stack(tuple(named.values())).sum().backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
            taken += len(batch)
            for name, value in named.items():
                sums[name] = sums.get(name, 0) + value.detach() * len(batch)
        module.eval()
        yield _means(sums, taken, epoch, optimizer)


def _means(sums: Losses, rows: int, epoch: int, optimizer: torch.optim.Optimizer) -> Row:
    values = torch.stack(tuple(sums.values())).div(rows).tolist()
    row = dict(zip(sums, values, strict=True))
    if not all(abs(value) < float("inf") for value in values):
        rate = optimizer.param_groups[0]["lr"]
        raise Diverged(
            f"epoch {epoch + 1}: the loss is no longer finite at learning rate {rate:g}: {row}"
        )
    return row
