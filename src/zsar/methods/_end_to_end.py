"""Contrastive training of a projection into text space, end to end with the encoder or on frozen
features. PGFA with and without its alignment share it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import BatchSize, Epochs, Positive, Share, Whole
from zsar.encoders.base import CLIPS, Encoder
from zsar.encoders.reuse import ENCODER_MODES
from zsar.learning.contrastive import CONTRASTIVE_LOSSES, ContrastiveConfig, Pairs
from zsar.learning.optim import SGDConfig, WarmupBy, sgd, steps_per_change, warmup_multi_step
from zsar.learning.training import Losses, Row, descend, full
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method


@dataclass(frozen=True)
class PGFAConfig:
    encoder: Literal["frozen", "fine_tuned", "from_scratch"]
    loss: Literal[
        "kl", "kl+margin", "kl+cosface", "kl+sphereface", "mse", "kl+mse", "kl+kd", "kl+motion"
    ]
    terms: ContrastiveConfig
    temperature: Positive
    temperature_learnt: bool  # the published code does not train it
    optimizer: SGDConfig
    epochs: Epochs
    warmup: Whole  # epochs
    warmup_by: WarmupBy  # epoch as published
    milestones: tuple[Whole, ...]  # epochs from which the rate is less; published: 50 and 80
    decay: Share  # to this share
    batch_size: BatchSize
    init: Literal["torch", "kaiming_fan_out"]  # of the projection; the latter as published


def kaiming_fan_out(layer: nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    nn.init.zeros_(layer.bias)


INITIALISATIONS: dict[str, Callable[[nn.Linear], None]] = {
    "torch": lambda layer: None,  # as the layer is made
    "kaiming_fan_out": kaiming_fan_out,
}


class Projection(nn.Module):
    """Clips as vectors in text space."""

    def __init__(self, sizes: Sizes, config: PGFAConfig, encoder: Encoder | None):
        super().__init__()
        self.config = config
        self.project = nn.Linear(sizes.features, sizes.text)
        INITIALISATIONS[config.init](self.project)
        log_scale = torch.tensor(-math.log(config.temperature))
        self.log_scale = nn.Parameter(log_scale, requires_grad=config.temperature_learnt)
        self.encoder = ENCODER_MODES[config.encoder](encoder)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        config, text_features = self.config, normalised_text(text)

        def loss(rows: Tensor) -> Losses:
            projected, labels = F.normalize(self._projected(seen, rows), dim=1), seen.labels[rows]
            same = labels[:, None] == labels
            pairs = Pairs(projected, text_features[labels], same, self.log_scale.exp())
            return CONTRASTIVE_LOSSES[config.loss](pairs, config.terms)

        optimizer = sgd(self, config.optimizer)
        steps = max(1, len(seen) // config.batch_size)
        schedule = warmup_multi_step(
            optimizer,
            config.warmup * steps,
            steps_per_change(config.warmup_by, steps),
            tuple(steps * epoch for epoch in config.milestones),
            config.decay,
        )
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=config.batch_size,
            epochs=config.epochs,
            schedule=schedule,
            batches=full,
        )

    @torch.no_grad()
    def forward(self, clips: Clips) -> Float[Tensor, "clip width"]:
        rows = torch.arange(len(clips), device=clips.labels.device)
        return torch.cat([self._projected(clips, some) for some in rows.split(CLIPS)])

    def _projected(self, clips: Clips, rows: Int[Tensor, " some"]) -> Float[Tensor, "some width"]:
        if self.encoder is None:
            return self.project(clips.features[rows])
        return self.project(self.encoder(clips.skeletons[rows]))


class EndToEndMethod(Method):
    """A method that trains a projection in this way; what it does at test is its own."""

    @classmethod
    def needs_skeletons(cls, config: PGFAConfig) -> bool:
        return config.encoder != "frozen"

    def __init__(self, sizes: Sizes, config: PGFAConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.projection = Projection(sizes, config, encoder)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        yield from self.projection.fit(seen, text)
