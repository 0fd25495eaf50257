"""RelationNet: project the clip into text space, and learn to tell which text it is related to."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.critic import Critic
from zsar.learning.losses import positions
from zsar.learning.training import AdamConfig, Losses, Row, adam, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

PAIRS = 2**16  # clip-text pairs that are scored at once


@dataclass(frozen=True)
class RelationNetConfig:
    hidden: tuple[int, ...]  # of the comparison
    optimizer: AdamConfig
    epochs: int
    batch_size: int


class RelationNet(Method):
    Settings = RelationNetConfig

    def __init__(self, sizes: Sizes, settings: RelationNetConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.project = nn.Linear(sizes.features, sizes.text)
        self.critic = Critic(sizes.text, sizes.text, settings.hidden)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        words = normalised_text(text[classes])
        related = F.one_hot(positions(seen.labels, classes), len(classes)).to(words.dtype)

        def loss(rows: Tensor) -> Losses:
            found = self.relations(seen.features[rows], words).sigmoid()
            return {"relation": F.mse_loss(found, related[rows])}

        yield from descend(
            self,
            loss,
            adam(self, self.settings.optimizer),
            rows=len(seen),
            batch_size=self.settings.batch_size,
            epochs=self.settings.epochs,
        )

    def relations(
        self, features: Float[Tensor, "clip dim"], words: Float[Tensor, "class width"]
    ) -> Float[Tensor, "clip class"]:
        """As logits, which still differ where the relations themselves are all but 0 or 1."""
        return self.critic.grid(self.project(features).relu(), words)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        words = normalised_text(text)
        parts = clips.features.split(max(1, PAIRS // len(words)))
        return torch.cat([self.relations(part, words) for part in parts])
