"""A pre-trained encoder that goes on learning, now with labels."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from zsar.encoders.base import Encoder, LabelledClips
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend


@dataclass(frozen=True)
class FinetuningConfig:
    optimizer: AdamConfig
    epochs: int
    batch_size: int


def finetune(encoder: Encoder, train: LabelledClips, settings: FinetuningConfig) -> Iterator[Row]:
    """Teach encoder and head together; the last epoch stays."""

    def loss(rows: Tensor) -> Losses:
        logits = encoder.classify(encoder(train.skeletons[rows]))
        return {"cross_entropy": F.cross_entropy(logits, train.labels[rows])}

    yield from descend(
        encoder,
        loss,
        adam(encoder, settings.optimizer),
        rows=len(train),
        batch_size=settings.batch_size,
        epochs=settings.epochs,
    )
