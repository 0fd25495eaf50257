"""PGFA with prototype-guided alignment: prototypes of the clips that are scored replace the texts.

K. Zhou, S. Zhang, Z. You, J. Hu, M. Tan, F. Liu: Zero-Shot Skeleton-Based Action Recognition With
Prototype-Guided Feature Alignment. IEEE Transactions on Image Processing 2025,
https://arxiv.org/abs/2507.00566
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.bounds import Share
from zsar.encoders.base import Encoder
from zsar.learning.losses import cosine
from zsar.learning.prototypes import one_shot_prototypes, prototypes
from zsar.learning.world import Clips, Sizes, Text, mean_text
from zsar.methods._end_to_end import EndToEndMethod, PGFAConfig


@dataclass(frozen=True)
class AlignedPGFAConfig(PGFAConfig):
    alpha: Share  # share of a class's clips that make its prototype, those of least entropy


class AlignedPGFA(EndToEndMethod):
    Config = AlignedPGFAConfig
    transductive = True
    one_shot = True

    def __init__(self, sizes: Sizes, config: AlignedPGFAConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.alpha = config.alpha

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        projected = self.projection(clips)
        return cosine(projected, prototypes(projected, mean_text(text), self.alpha))

    @torch.no_grad()
    def score_one_shot(
        self,
        query: Clips,
        text: Text,
        support: Clips,
        classes: Int[Tensor, " support"],
        rounds: int,
        keep_support: bool,
    ) -> Iterator[Float[Tensor, "query class"]]:
        query_vectors, support_vectors = self.projection(query), self.projection(support)
        for count in range(rounds + 1):
            known = support_vectors, classes, count, keep_support
            vectors = one_shot_prototypes(query_vectors, mean_text(text), self.alpha, *known)
            yield cosine(query_vectors, vectors)
