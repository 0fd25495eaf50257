"""PGFA with prototype-guided alignment: the clips that are scored draw the classes to them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.learning.aligner import Aligner, PGFAConfig
from zsar.learning.losses import cosine
from zsar.learning.prototypes import one_shot_prototypes, prototypes
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text, mean_text
from zsar.methods.base import Method


@dataclass(frozen=True)
class AlignedPGFAConfig(PGFAConfig):
    alpha: float  # share of a class' clips that its prototype is made of, the surest ones


class AlignedPGFA(Method):
    Settings = AlignedPGFAConfig
    transductive = True

    @classmethod
    def needs_skeletons(cls, settings: AlignedPGFAConfig) -> bool:
        return settings.encoder != "frozen"

    def __init__(self, sizes: Sizes, settings: AlignedPGFAConfig):
        super().__init__(sizes, settings)
        self.alpha = settings.alpha
        self.aligner = Aligner(sizes, settings)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        yield from self.aligner.learn(seen, text)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        motion, words = self.aligner(clips), mean_text(text)
        return cosine(motion, prototypes(motion, words, self.alpha))

    @torch.no_grad()
    def one_shot(
        self,
        clips: Clips,
        text: Text,
        shown: Clips,
        classes: Int[Tensor, " shown"],
        rounds: int,
        stay: bool,
    ) -> Iterator[Float[Tensor, "clip class"]]:
        """Scores where clips of some classes of `text` are shown, before and after each round; they
        may `stay` among the clips of their classes."""
        motion, exemplars, words = self.aligner(clips), self.aligner(shown), mean_text(text)
        for count in range(rounds + 1):
            known = exemplars, classes, count, stay
            yield cosine(motion, one_shot_prototypes(motion, words, self.alpha, *known))
