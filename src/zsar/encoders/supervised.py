"""Learning to tell the seen classes apart, the epoch chosen on held-out clips of seen classes."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR

from zsar.encoders.base import Encoder, Footage
from zsar.learning.training import Adam, Losses, Row, adam, descend


@dataclass(frozen=True)
class Training:
    optimizer: Adam
    epochs: int
    batch_size: int


def supervised(
    encoder: Encoder, train: Footage, held: Footage, settings: Training
) -> Iterator[Row]:
    """Yield losses and held-out accuracy per epoch; of equally good epochs the later one is kept."""
    if not len(held):
        raise ValueError("the epoch is chosen on held-out clips, but there are none")

    def loss(rows: Tensor) -> Losses:
        logits = encoder.classify(encoder(train.skeletons[rows]))
        return {"cross_entropy": F.cross_entropy(logits, train.labels[rows])}

    optimizer = adam(encoder, settings.optimizer)
    steps = settings.epochs * -(-len(train) // settings.batch_size)
    best, kept = -1.0, {}
    for row in descend(
        encoder,
        loss,
        optimizer,
        rows=len(train),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        schedule=CosineAnnealingLR(optimizer, steps),
    ):
        accuracy = held_accuracy(encoder, held, settings.batch_size)
        if accuracy >= best:
            best, kept = accuracy, {k: v.detach().clone() for k, v in encoder.state_dict().items()}
        yield row | {"held_accuracy": accuracy}
    encoder.load_state_dict(kept)


@torch.no_grad()
def held_accuracy(encoder: Encoder, held: Footage, batch_size: int) -> float:
    rows = torch.arange(len(held), device=held.labels.device).split(batch_size)
    hits = [(_logits(encoder, held, some).argmax(1) == held.labels[some]).sum() for some in rows]
    return torch.stack(hits).sum().item() / len(held)


def _logits(encoder: Encoder, clips: Footage, rows: Tensor) -> Float[Tensor, "clip seen"]:
    return encoder.classify(encoder(clips.skeletons[rows]))
