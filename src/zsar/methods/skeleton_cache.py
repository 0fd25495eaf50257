"""Skeleton-Cache: the scores of a learned method, refined by caches of the clips before.

J. Zhu, A. Zhu, H. Rahmani, J. Liu, M. Bennamoun, Q. Ke: Boosting Skeleton-based Zero-Shot Action
Recognition with Training-Free Test-Time Adaptation. NeurIPS 2025, https://arxiv.org/abs/2512.11458
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from zsar import methods
from zsar.bounds import Amount
from zsar.encoders.base import Encoder
from zsar.encoders.reuse import PooledMaps
from zsar.learning.skeleton_cache import (
    PARTS,
    PHASES,
    CacheConfig,
    descriptors,
    refined,
    slot_weights,
)
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._learned import learned_settings
from zsar.methods.base import Method

Candidates = Annotated[list[Amount], Field(min_length=1)]


@dataclass(frozen=True)
class SkeletonCacheConfig:
    """`settings` are those of the learned method, which `Config.at` fills in."""

    learned: str
    settings: dict[str, Any]
    strengths: Candidates  # alpha, what the caches count beside the learned scores
    sharpnesses: Candidates  # beta, how near an entry has to be
    whole: Amount  # gamma, what the descriptor of the whole counts beside parts and phases
    order: Literal["shuffled", "given"]  # of the clips; given as published
    cache: CacheConfig


ORDERS: dict[str, Callable[..., Tensor]] = {"shuffled": torch.randperm, "given": torch.arange}


class SkeletonCache(Method):
    Config = SkeletonCacheConfig
    transductive = True
    strength: Tensor
    sharpness: Tensor

    @classmethod
    def needs_skeletons(cls, config: SkeletonCacheConfig) -> bool:
        return True

    def __init__(self, sizes: Sizes, config: SkeletonCacheConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.learned = methods.method(config.learned)(sizes, _inner(config), encoder)
        self.described = PooledMaps(encoder, descriptors)
        self.register_buffer("strength", torch.tensor(config.strengths[0]))
        self.register_buffer("sharpness", torch.tensor(config.sharpnesses[0]))

    @classmethod
    def num_epochs(cls, config: SkeletonCacheConfig) -> int:
        epochs = methods.method(config.learned).num_epochs(_inner(config))
        return epochs * len(config.strengths) * len(config.sharpnesses)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        """A row for every epoch of the learned method and every pair of candidates, so that the
        epoch that is chosen is all three; as published the pair is chosen on the test labels."""
        for row in self.learned.fit(seen, text):
            for strength, sharpness in product(self.config.strengths, self.config.sharpnesses):
                self.strength.fill_(strength)
                self.sharpness.fill_(sharpness)
                yield row

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        """The scores depend on the order of the clips, which is random."""
        described, scores = self.described(clips.skeletons), self.learned.score(clips, text)
        order = ORDERS[self.config.order](len(clips), device=scores.device)
        weights = equal_weights(scores, self.config.whole)
        settings = self.strength, self.sharpness, self.config.cache
        found = refined(described[order], scores[order], weights, *settings)
        return found.scores[order.argsort()]


def equal_weights(scores: Float[Tensor, "clip class"], whole: float) -> Float[Tensor, "class slot"]:
    """Parts count alike, and so do phases, in every class; as published a language model weighs
    them for each class."""
    classes = scores.shape[1]
    parts, phases = scores.new_ones(classes, len(PARTS)), scores.new_ones(classes, PHASES)
    return slot_weights(parts, phases, scores.new_full((classes,), whole))


def _inner(config: SkeletonCacheConfig) -> Any:
    return learned_settings("skeleton_cache", config.learned, config.settings)
