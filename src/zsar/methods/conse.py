"""ConSE: a clip is the mean of the texts of seen classes, weighted by what the encoder's classifier
makes of it. Nothing is trained: the yardstick of methods that are.

M. Norouzi, T. Mikolov, S. Bengio, Y. Singer, J. Shlens, A. Frome, G. Corrado, J. Dean: Zero-Shot
Learning by Convex Combination of Semantic Embeddings. ICLR 2014, https://arxiv.org/abs/1312.5650
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Count, Positive
from zsar.encoders.base import Encoder
from zsar.encoders.reuse import FrozenEncoder
from zsar.errors import UserError
from zsar.learning.losses import cosine, positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text, mean_text
from zsar.methods.base import Method


@dataclass(frozen=True)
class ConSEConfig:
    classes: Count  # likeliest seen ones that count
    temperature: Positive  # of the classifier's logits


class ConSE(Method):
    """Texts are compared as differences from the mean text of the seen classes."""

    Config = ConSEConfig
    seen_texts: Tensor
    centre: Tensor

    @classmethod
    def needs_skeletons(cls, config: ConSEConfig) -> bool:
        return True

    def __init__(self, sizes: Sizes, config: ConSEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        if encoder is None or encoder.precomputed or encoder.measured:
            raise UserError(
                "conse reads the classifier of a trained encoder; features and"
                " measurements that were given have none"
            )
        self.config, self.encoder = config, FrozenEncoder(encoder)
        device = next(self.encoder.encoder.parameters()).device
        seen = self.encoder.classify(torch.zeros(1, sizes.features, device=device)).shape[1]
        self.register_buffer("seen_texts", torch.zeros(seen, sizes.text))
        self.register_buffer("centre", torch.zeros(sizes.text))

    @torch.no_grad()
    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        """Nothing but the texts of the seen classes is kept."""
        if len(seen.classes) != len(self.seen_texts):
            raise UserError(
                f"conse needs training clips of all {len(self.seen_texts)} seen classes that the"
                f" encoder knows; {len(seen.classes)} have some"
            )
        texts, targets = mean_text(text)[seen.classes], positions(seen.labels, seen.classes)
        self.centre.copy_(texts.mean(0))
        self.seen_texts.copy_(texts - self.centre)
        yield {"classifier": F.cross_entropy(self._logits(seen), targets).item()}

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        logits = self._logits(clips)
        likeliest = logits.topk(min(self.config.classes, logits.shape[1]), dim=1)
        weights = torch.zeros_like(logits).scatter(
            1, likeliest.indices, likeliest.values.softmax(1)
        )
        return cosine(weights @ self.seen_texts, mean_text(text) - self.centre)

    def _logits(self, clips: Clips) -> Float[Tensor, "clip seen"]:
        return self.encoder.classify(clips.features) / self.config.temperature
