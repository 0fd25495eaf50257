"""DeViSE: project the clip into text space and rank the right class first."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.learning.losses import cosine, hinge, positions
from zsar.learning.training import AdamConfig, Losses, Row, adam, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class DeViSEConfig:
    margin: float
    optimizer: AdamConfig
    epochs: int
    batch_size: int


class DeViSE(Method):
    Settings = DeViSEConfig

    def __init__(self, sizes: Sizes, settings: DeViSEConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.project = nn.Linear(sizes.features, sizes.text, bias=False)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        words = text.pooled[classes].mean(1)
        right = positions(seen.labels, classes)

        def loss(rows: Tensor) -> Losses:
            scores = cosine(self.project(seen.features[rows]), words)
            return {"rank": hinge(scores, right[rows], self.settings.margin)}

        yield from descend(
            self,
            loss,
            adam(self, self.settings.optimizer),
            rows=len(seen),
            batch_size=self.settings.batch_size,
            epochs=self.settings.epochs,
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.project(clips.features), text.pooled.mean(1))
