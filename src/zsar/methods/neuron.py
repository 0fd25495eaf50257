"""Neuron: prototypes of joints and of frames grow over three rounds, and meet texts that say more
from round to round.

Y. Chen, J. Guo, S. Guo, D. Tao: Neuron: Learning Context-Aware Evolving Representations for
Zero-Shot Skeleton Action Recognition. CVPR 2025, https://arxiv.org/abs/2411.11288
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Count, Positive, Whole
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.body_maps import Maps
from zsar.learning.evolving_prototypes import ROUNDS, Space, Time
from zsar.learning.losses import positions
from zsar.learning.training import Losses, Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._joint_maps import JointMapConfig, JointMapMethod

LEVELS = tuple(f"{kind}_{number}" for kind in ("space", "time") for number in range(1, ROUNDS + 1))


@dataclass(frozen=True)
class NeuronConfig(JointMapConfig):
    sentences: tuple[Count, ...]  # how many of the sources tell each of LEVELS, in this order
    prototypes: Count  # of joints, and of frames
    faded: Whole  # more in each round: of each joint, those prototypes that fit it least
    scale: Positive  # from cosines to logits
    # mean: of the likelihoods by joints and by frames; either, as published: the one that is right
    answer: Literal["mean", "either"]


class Neuron(JointMapMethod):
    Config = NeuronConfig
    config: NeuronConfig

    def __init__(self, sizes: Sizes, config: NeuronConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        if len(config.sentences) != len(LEVELS) or sum(config.sentences) != sizes.sources:
            raise UserError(
                f"methods.neuron.sentences is {list(config.sentences)}; expected"
                f" {len(LEVELS)} counts that share out the {sizes.sources} text sources"
            )
        widths = sizes.features, sizes.text, config.prototypes
        self.space, self.time = Space(*widths, config.faded), Time(*widths)

    @property
    def reads_labels(self) -> bool:
        return self.config.answer == "either"

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        texts = self.level_texts(text.pooled[classes])
        targets = positions(seen.labels, classes)
        yield from self.descend(
            self, seen, lambda maps, rows: self.losses(self.logits(maps, texts), targets[rows])
        )

    def losses(
        self, logits: Float[Tensor, "level clip class"], targets: Int[Tensor, " clip"]
    ) -> Losses:
        each = zip(LEVELS, logits, strict=True)
        return {level: F.cross_entropy(own, targets) / len(LEVELS) for level, own in each}

    def level_texts(
        self, pooled: Float[Tensor, "class source width"]
    ) -> Float[Tensor, "level class width"]:
        """A cosine with the mean of unit vectors is the mean of the cosines with them."""
        levels = F.normalize(pooled, dim=2).split(self.config.sentences, dim=1)
        return torch.stack([sentences.mean(1) for sentences in levels])

    def logits(
        self, maps: Maps, texts: Float[Tensor, "level class width"]
    ) -> Float[Tensor, "level clip class"]:
        rounds = [*self.space(maps.mean(2).transpose(1, 2)), *self.time(maps.mean(3).mT)]
        return self.config.scale * torch.stack(rounds) @ texts.mT

    def score_maps(self, maps: Maps, text: Text) -> Float[Tensor, "clip class"]:
        """The logarithm of the mean likelihood by the last rounds of both."""
        # The logarithm, because likelihoods shrink with the number of candidates.
        return self.last_rounds(maps, text).softmax(2).mean(0).log()

    @torch.no_grad()
    def score_knowing(
        self, clips: Clips, text: Text, truth: Int[Tensor, " clip"]
    ) -> Float[Tensor, "clip class"]:
        """Those of the frames where they are right, those of the joints elsewhere."""
        parts = [self.last_rounds(maps, text) for maps in self.test_maps(clips)]
        joints, frames = torch.cat(parts, dim=1)
        right = frames.argmax(1) == truth
        return torch.where(right[:, None], frames, joints)

    def last_rounds(self, maps: Maps, text: Text) -> Float[Tensor, "branch clip class"]:
        return self.logits(maps, self.level_texts(text.pooled))[ROUNDS - 1 :: ROUNDS]
