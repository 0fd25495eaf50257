"""CLIP-style global alignment: a linear projection, and a contrastive loss of clips and texts.

A. Radford et al.: Learning Transferable Visual Models From Natural Language Supervision. ICML 2021,
https://arxiv.org/abs/2103.00020
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import BatchSize, Epochs, Positive
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.contrastive import symmetric_kl
from zsar.learning.losses import cosine
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text, mean_text, normalised_text
from zsar.methods.base import Method

# Which texts of a batch are positives of a clip. In CLIP only its own text is, so that the equal
# texts of other clips of its class are negatives.
POSITIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "same_class": lambda labels: (labels[:, None] == labels).float(),
    "own_clip": lambda labels: torch.eye(len(labels), device=labels.device),
}


@dataclass(frozen=True)
class GlobalCLIPConfig:
    positives: Literal["same_class", "own_clip"]
    temperature: Positive  # at the start
    min_temperature: Positive  # that learning cannot go below
    optimizer: AdamConfig
    epochs: Epochs
    batch_size: BatchSize

    def __post_init__(self) -> None:
        if self.min_temperature > self.temperature:
            raise UserError(
                f"min_temperature is {self.min_temperature:g}, above temperature,"
                f" {self.temperature:g}"
            )


class GlobalCLIP(Method):
    Config = GlobalCLIPConfig

    def __init__(self, sizes: Sizes, config: GlobalCLIPConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.project = nn.Linear(sizes.features, sizes.text)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        text_features = normalised_text(text)
        positives = POSITIVES[self.config.positives]

        def loss(rows: Tensor) -> Losses:
            labels = seen.labels[rows]
            same = positives(labels)
            cosines = cosine(self.project(seen.features[rows]), text_features[labels])
            target = same / same.sum(1, keepdim=True)
            return {"contrast": symmetric_kl(self.scale() * cosines, target)}

        yield from descend(
            self,
            loss,
            adam(self, self.config.optimizer),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )

    def scale(self) -> Float[Tensor, ""]:
        return self.log_scale.exp().clamp(max=1 / self.config.min_temperature)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.project(clips.features), mean_text(text))
