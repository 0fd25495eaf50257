"""The training loop: shuffled batches of row numbers, a row of losses per epoch."""

import math
from collections.abc import Callable, Iterator
from itertools import chain, count, islice

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim.lr_scheduler import LRScheduler

from zsar.errors import UserError
from zsar.learning.distributed import world_size

Losses = dict[str, Tensor]
Row = dict[str, float]


class Diverged(UserError, ArithmeticError):
    """A loss exploded or is not a number."""


def shuffled(rows: int, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """Random batches of all rows. A last batch of one row, or too small for every process to have
    one, is added to the batch before it."""
    batches = list(torch.randperm(rows, device=device).split(batch_size))
    if len(batches) > 1 and len(batches[-1]) < max(2, world_size()):
        batches[-2:] = [torch.cat(batches[-2:])]
    yield from batches


def full(rows: int, batch_size: int, device: torch.device) -> Iterator[Tensor]:
    """Random batches of one size; the remainder is dropped, unless there is no other batch."""
    batches = torch.randperm(rows, device=device).split(batch_size)
    yield from batches[: max(1, rows // batch_size)]


def so_many(steps: int) -> Callable[[int, int, torch.device], Iterator[Tensor]]:
    """So many batches of one size in each epoch, of which none is longer than the data."""

    def batches(rows: int, batch_size: int, device: torch.device) -> Iterator[Tensor]:
        passes = (full(rows, batch_size, device) for _ in count())
        return islice(chain.from_iterable(passes), steps)

    return batches


LAST_BATCH = {"kept": shuffled, "dropped": full}


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
    done: int = 0,
    ceiling: float = math.inf,
    scaler: GradScaler | None = None,
) -> Iterator[Row]:
    """Take a step per batch, and yield the mean of each named loss after every epoch.

    The schedule advances with every step. Losses stay on the device until the epoch is over.
    The first `done` epochs are skipped. A mean loss of `ceiling` or more, or one that is no number,
    raises `Diverged`. A `scaler` skips steps whose gradients overflow.
    """
    device = next(module.parameters()).device
    scaler = scaler or GradScaler(device.type, enabled=False)
    for epoch in range(done, epochs):
        module.train()
        sums: Losses = {}
        clips = 0
        for batch in batches(rows, batch_size, device):
            named = loss(batch)
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(torch.stack(tuple(named.values())).sum()).backward()
            scaler.step(optimizer)
            scaler.update()
            if schedule is not None:
                schedule.step()
            clips += len(batch)
            for name, value in named.items():
                sums[name] = sums.get(name, 0) + value.detach() * len(batch)
        module.eval()
        row = _means(sums, clips)
        if not all(abs(value) < ceiling for value in row.values()):
            raise Diverged(_explosion(epoch, optimizer, row))
        yield row


def _means(sums: Losses, rows: int) -> Row:
    values = torch.stack(tuple(sums.values())).div(rows).tolist()
    return dict(zip(sums, values, strict=True))


def _explosion(epoch: int, optimizer: torch.optim.Optimizer, row: Row) -> str:
    rate = optimizer.param_groups[0]["lr"]
    losses = ", ".join(f"{name} {value:.4g}" for name, value in row.items())
    return f"epoch {epoch + 1}, learning rate {rate:g}: the loss exploded ({losses})"
