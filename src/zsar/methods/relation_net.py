"""RelationNet: project the clip into text space, and learn to compare it with a text.

F. Sung, Y. Yang, L. Zhang, T. Xiang, P. Torr, T. Hospedales: Learning to Compare: Relation Network
for Few-Shot Learning. CVPR 2018, https://arxiv.org/abs/1711.06025
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import BatchSize, Epochs, Width
from zsar.encoders.base import Encoder
from zsar.learning.critic import Critic
from zsar.learning.losses import positions
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

PAIRS = 2**16  # clip-text pairs that are scored at once


@dataclass(frozen=True)
class RelationNetConfig:
    hidden: tuple[Width, ...]  # of the comparison
    optimizer: AdamConfig
    epochs: Epochs
    batch_size: BatchSize


class RelationNet(Method):
    Config = RelationNetConfig

    def __init__(self, sizes: Sizes, config: RelationNetConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.project = nn.Linear(sizes.features, sizes.text)
        self.critic = Critic(sizes.text, sizes.text, config.hidden)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        text_features = normalised_text(text[classes])
        related = F.one_hot(positions(seen.labels, classes), len(classes)).to(text_features.dtype)

        def loss(rows: Tensor) -> Losses:
            found = self.relations(seen.features[rows], text_features).sigmoid()
            return {"relation": F.mse_loss(found, related[rows])}

        yield from descend(
            self,
            loss,
            adam(self, self.config.optimizer),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )

    def relations(
        self, features: Float[Tensor, "clip dim"], text_features: Float[Tensor, "class width"]
    ) -> Float[Tensor, "clip class"]:
        """As logits, which still differ where the relations themselves are all but 0 or 1."""
        return self.critic.grid(self.project(features).relu(), text_features)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        text_features = normalised_text(text)
        parts = clips.features.split(max(1, PAIRS // len(text_features)))
        return torch.cat([self.relations(part, text_features) for part in parts])
