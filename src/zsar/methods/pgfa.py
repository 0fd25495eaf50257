"""PGFA: train encoder and projection end to end, so that clips lie near the text of their class."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.learning.aligner import Aligner, PGFAConfig
from zsar.learning.losses import cosine
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text, mean_text
from zsar.methods.base import Method


class PGFA(Method):
    Settings = PGFAConfig

    @classmethod
    def needs_skeletons(cls, settings: PGFAConfig) -> bool:
        return settings.encoder != "frozen"

    def __init__(self, sizes: Sizes, settings: PGFAConfig):
        super().__init__(sizes, settings)
        self.aligner = Aligner(sizes, settings)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        yield from self.aligner.learn(seen, text)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.aligner(clips), mean_text(text))
