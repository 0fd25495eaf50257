"""DeViSE: project the clip into text space and rank the true class first.

A. Frome, G. Corrado, J. Shlens, S. Bengio, J. Dean, M. Ranzato, T. Mikolov: DeViSE: A Deep
Visual-Semantic Embedding Model. NeurIPS 2013, https://papers.nips.cc/paper/5204
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import Amount, BatchSize, Epochs
from zsar.encoders.base import Encoder
from zsar.learning.losses import cosine, hinge, positions
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class DeViSEConfig:
    margin: Amount
    optimizer: AdamConfig
    epochs: Epochs
    batch_size: BatchSize


class DeViSE(Method):
    Config = DeViSEConfig

    def __init__(self, sizes: Sizes, config: DeViSEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.project = nn.Linear(sizes.features, sizes.text, bias=False)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        text_features = text.pooled[classes].mean(1)
        targets = positions(seen.labels, classes)

        def loss(rows: Tensor) -> Losses:
            scores = cosine(self.project(seen.features[rows]), text_features)
            return {"rank": hinge(scores, targets[rows], self.config.margin)}

        yield from descend(
            self,
            loss,
            adam(self, self.config.optimizer),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.project(clips.features), text.pooled.mean(1))
