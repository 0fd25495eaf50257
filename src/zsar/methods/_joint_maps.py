"""Training on the feature maps of a frozen encoder, whose clips are augmented anew in every batch.
STAR and Neuron share it."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import BatchSize, BelowOne, Epochs, Whole
from zsar.encoders.base import CLIPS, Encoder
from zsar.encoders.reuse import FrozenEncoder
from zsar.learning.augment import AugmentationConfig, Skeletons, augment
from zsar.learning.body_maps import BodyMaps, Maps, mean_body
from zsar.learning.optim import SGDConfig, nesterov_sgd, warmup_multi_step
from zsar.learning.training import Losses, Row, descend, full
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class JointMapConfig:
    augmentation: AugmentationConfig
    augmented_at_test: bool  # as published: scores depend on random numbers
    optimizer: SGDConfig
    epochs: Epochs
    milestones: tuple[Whole, ...]  # epochs from which the rate is less
    decay: BelowOne  # to this share
    batch_size: BatchSize


class JointMapMethod(Method):
    """A method of clips as maps of features by time and joint."""

    config: JointMapConfig

    @classmethod
    def needs_skeletons(cls, config: JointMapConfig) -> bool:
        return True

    def __init__(self, sizes: Sizes, config: JointMapConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.encoder = FrozenEncoder(encoder)

    def over_bodies(self, maps: BodyMaps) -> Maps:
        return mean_body(maps)

    def augmented_maps(self, skeletons: Skeletons) -> Maps:
        augmented = augment(skeletons, self.config.augmentation)
        return self.over_bodies(self.encoder.maps(augmented))

    def plain_maps(self, skeletons: Skeletons) -> Maps:
        return self.over_bodies(self.encoder.maps(skeletons))

    def descend(
        self, learner: nn.Module, seen: Clips, losses: Callable[[Maps, Tensor], Losses]
    ) -> Iterator[Row]:
        """Train `learner`, which holds this method, on the maps of batches and their rows."""
        config = self.config
        optimizer = nesterov_sgd(learner, config.optimizer)
        steps = max(1, len(seen) // config.batch_size)
        milestones = tuple(steps * epoch for epoch in config.milestones)
        yield from descend(
            learner,
            lambda rows: losses(self.augmented_maps(seen.skeletons[rows]), rows),
            optimizer,
            rows=len(seen),
            batch_size=config.batch_size,
            epochs=config.epochs,
            schedule=warmup_multi_step(optimizer, 0, 1, milestones, config.decay),
            batches=full,
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return torch.cat([self.score_maps(maps, text) for maps in self.test_maps(clips)])

    def test_maps(self, clips: Clips) -> Iterator[Maps]:
        """Of so many clips at a time."""
        at_test = self.config.augmented_at_test
        maps_of = self.augmented_maps if at_test else self.plain_maps
        return map(maps_of, clips.skeletons.split(CLIPS))

    @abstractmethod
    def score_maps(self, maps: Maps, text: Text) -> Float[Tensor, "clip class"]: ...
