"""PGFA without its alignment: encoder and projection learn end to end to place clips near the text
of their class.

K. Zhou, S. Zhang, Z. You, J. Hu, M. Tan, F. Liu: Zero-Shot Skeleton-Based Action Recognition With
Prototype-Guided Feature Alignment. IEEE Transactions on Image Processing 2025,
https://arxiv.org/abs/2507.00566
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.learning.losses import cosine
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text, mean_text
from zsar.methods._end_to_end import PGFAConfig, Projection
from zsar.methods.base import Method


class PGFA(Method):
    Config = PGFAConfig

    @classmethod
    def needs_skeletons(cls, config: PGFAConfig) -> bool:
        return config.encoder != "frozen"

    def __init__(self, sizes: Sizes, config: PGFAConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.projection = Projection(sizes, config, encoder)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        yield from self.projection.fit(seen, text)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.projection(clips), mean_text(text))
