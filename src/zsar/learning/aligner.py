"""Skeletons and words brought into one space by contrast, the encoder learning along or not."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.contrast import CONTRASTS, Pairs, Terms
from zsar.learning.momentum import Momentum, rising, sgd
from zsar.learning.sight import SIGHTS
from zsar.learning.training import Losses, Row, descend, full
from zsar.learning.words import unit
from zsar.learning.world import Clips, Sizes, Text

CLIPS = 256  # that are encoded at once


@dataclass(frozen=True)
class Alignment:
    encoder: Literal["frozen", "fine_tuned", "from_scratch"]
    loss: Literal[
        "kl", "kl+margin", "kl+cosface", "kl+sphereface", "mse", "kl+mse", "kl+kd", "kl+motion"
    ]
    terms: Terms
    temperature: float
    temperature_learnt: bool  # the published one is meant to be learnt and never is
    optimizer: Momentum
    epochs: int
    warmup: int  # epochs
    warmup_by: Literal["step", "epoch"]  # epoch, as published: a whole first one learns nothing
    batch_size: int


class Aligner(nn.Module):
    def __init__(self, sizes: Sizes, settings: Alignment):
        super().__init__()
        self.settings = settings
        self.sight = SIGHTS[settings.encoder]()
        self.project = nn.Linear(sizes.features, sizes.text)
        warmth = torch.tensor(-math.log(settings.temperature))
        self.log_scale = nn.Parameter(warmth, requires_grad=settings.temperature_learnt)

    def learn(self, seen: Clips, text: Text) -> Iterator[Row]:
        """Train on the seen clips, epoch by epoch."""
        settings, words = self.settings, unit(text)
        self.sight.meet(seen.encoder)

        def loss(rows: Tensor) -> Losses:
            motion, labels = F.normalize(self._placed(seen, rows), dim=1), seen.labels[rows]
            same = labels[:, None] == labels
            pairs = Pairs(motion, words[labels], same, self.log_scale.exp())
            return CONTRASTS[settings.loss](pairs, settings.terms)

        optimizer = sgd(self, settings.optimizer)
        steps = max(1, len(seen) // settings.batch_size)
        every = {"step": 1, "epoch": steps}[settings.warmup_by]
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            schedule=rising(optimizer, settings.warmup * steps, every),
            batches=full,
        )

    @torch.no_grad()
    def forward(self, clips: Clips) -> Float[Tensor, "clip width"]:
        """Where the clips lie among the words."""
        rows = torch.arange(len(clips), device=clips.labels.device)
        return torch.cat([self._placed(clips, some) for some in rows.split(CLIPS)])

    def _placed(self, clips: Clips, rows: Int[Tensor, " some"]) -> Float[Tensor, "some width"]:
        return self.project(self.sight(clips, rows))
