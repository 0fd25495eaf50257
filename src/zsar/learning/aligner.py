"""Skeletons and words brought into one space by contrast, the encoder learning along or not."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.contrastive import CONTRASTIVE_LOSSES, ContrastiveConfig, Pairs
from zsar.learning.optim import SGDConfig, WarmupBy, pace, sgd, warm_steps
from zsar.learning.sight import SIGHTS
from zsar.learning.training import Losses, Row, descend, full
from zsar.learning.world import Clips, Sizes, Text, normalised_text

CLIPS = 256  # that are encoded at once


@dataclass(frozen=True)
class PGFAConfig:
    encoder: Literal["frozen", "fine_tuned", "from_scratch"]
    loss: Literal[
        "kl", "kl+margin", "kl+cosface", "kl+sphereface", "mse", "kl+mse", "kl+kd", "kl+motion"
    ]
    terms: ContrastiveConfig
    temperature: float
    temperature_learnt: bool  # the published one is meant to be learnt and never is
    optimizer: SGDConfig
    epochs: int
    warmup: int  # epochs
    warmup_by: WarmupBy  # epoch as published
    milestones: tuple[int, ...]  # epochs from which the rate is less; published: 50 and 80
    decay: float  # to this share
    batch_size: int
    initialisation: Literal[
        "torch", "kaiming_fan_out"
    ]  # of the projection; the latter as published


def kaiming_fan_out(layer: nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    nn.init.zeros_(layer.bias)


INITIALISATIONS: dict[str, Callable[[nn.Linear], None]] = {
    "torch": lambda layer: None,  # as the layer is made
    "kaiming_fan_out": kaiming_fan_out,
}


class Aligner(nn.Module):
    def __init__(self, sizes: Sizes, settings: PGFAConfig):
        super().__init__()
        self.settings = settings
        self.sight = SIGHTS[settings.encoder]()
        self.project = nn.Linear(sizes.features, sizes.text)
        INITIALISATIONS[settings.initialisation](self.project)
        warmth = torch.tensor(-math.log(settings.temperature))
        self.log_scale = nn.Parameter(warmth, requires_grad=settings.temperature_learnt)

    def learn(self, seen: Clips, text: Text) -> Iterator[Row]:
        """Train on the seen clips, epoch by epoch."""
        settings, words = self.settings, normalised_text(text)
        self.sight.meet(seen.encoder)

        def loss(rows: Tensor) -> Losses:
            motion, labels = F.normalize(self._placed(seen, rows), dim=1), seen.labels[rows]
            same = labels[:, None] == labels
            pairs = Pairs(motion, words[labels], same, self.log_scale.exp())
            return CONTRASTIVE_LOSSES[settings.loss](pairs, settings.terms)

        optimizer = sgd(self, settings.optimizer)
        steps = max(1, len(seen) // settings.batch_size)
        schedule = warm_steps(
            optimizer,
            settings.warmup * steps,
            pace(settings.warmup_by, steps),
            tuple(steps * epoch for epoch in settings.milestones),
            settings.decay,
        )
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            schedule=schedule,
            batches=full,
        )

    @torch.no_grad()
    def forward(self, clips: Clips) -> Float[Tensor, "clip width"]:
        """Where the clips lie among the words."""
        rows = torch.arange(len(clips), device=clips.labels.device)
        return torch.cat([self._placed(clips, some) for some in rows.split(CLIPS)])

    def _placed(self, clips: Clips, rows: Int[Tensor, " some"]) -> Float[Tensor, "some width"]:
        return self.project(self.sight(clips, rows))
