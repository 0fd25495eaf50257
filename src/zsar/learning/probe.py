"""A linear classifier on features that stay as they are, which tells how much they hold."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import MultiStepLR

from zsar.learning.momentum import Momentum, sgd
from zsar.learning.training import Losses, Row, descend


@dataclass(frozen=True)
class Probe:
    optimizer: Momentum
    deviation: float  # of the weights it starts from
    epochs: int
    drops: tuple[int, ...]  # epochs before which the rate drops
    drop: float  # to this share
    batch_size: int


def probed(
    head: nn.Linear,
    features: Float[Tensor, "clip dim"],
    labels: Int[Tensor, " clip"],
    settings: Probe,
) -> Iterator[Row]:
    """Teach the head, from anew, which features have which label."""
    nn.init.normal_(head.weight, std=settings.deviation)
    nn.init.zeros_(head.bias)

    def loss(rows: Tensor) -> Losses:
        return {"cross_entropy": F.cross_entropy(head(features[rows]), labels[rows])}

    optimizer = sgd(head, settings.optimizer)
    schedule = MultiStepLR(optimizer, settings.drops, settings.drop)
    epochs, batch_size = settings.epochs, settings.batch_size
    for row in descend(
        head, loss, optimizer, rows=len(labels), batch_size=batch_size, epochs=epochs
    ):
        schedule.step()
        yield row


@torch.no_grad()
def accuracy(
    head: nn.Linear, features: Float[Tensor, "clip dim"], labels: Int[Tensor, " clip"]
) -> float:
    return (head(features).argmax(1) == labels).double().mean().item()
