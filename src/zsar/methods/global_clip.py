"""CLIP-style global alignment: a linear projection, and contrast among clips and texts."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.learning.contrastive import symmetric_kl
from zsar.learning.losses import cosine
from zsar.learning.training import AdamConfig, Losses, Row, adam, descend
from zsar.learning.world import Clips, Sizes, Text, mean_text, normalised_text
from zsar.methods.base import Method

# Which texts of a batch are right for a clip; in CLIP its own alone, so its class mates' are wrong.
POSITIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "same_class": lambda labels: (labels[:, None] == labels).float(),
    "own_clip": lambda labels: torch.eye(len(labels), device=labels.device),
}


@dataclass(frozen=True)
class GlobalCLIPConfig:
    positives: Literal["same_class", "own_clip"]
    temperature: float  # at the start
    coldest: float  # temperature that learning cannot go below
    optimizer: AdamConfig
    epochs: int
    batch_size: int


class GlobalCLIP(Method):
    Settings = GlobalCLIPConfig

    def __init__(self, sizes: Sizes, settings: GlobalCLIPConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.project = nn.Linear(sizes.features, sizes.text)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(settings.temperature)))

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        words = normalised_text(text)
        positives = POSITIVES[self.settings.positives]

        def loss(rows: Tensor) -> Losses:
            labels = seen.labels[rows]
            right = positives(labels)
            cosines = cosine(self.project(seen.features[rows]), words[labels])
            target = right / right.sum(1, keepdim=True)
            return {"contrast": symmetric_kl(self.scale() * cosines, target)}

        yield from descend(
            self,
            loss,
            adam(self, self.settings.optimizer),
            rows=len(seen),
            batch_size=self.settings.batch_size,
            epochs=self.settings.epochs,
        )

    def scale(self) -> Float[Tensor, ""]:
        return self.log_scale.exp().clamp(max=1 / self.settings.coldest)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.project(clips.features), mean_text(text))
