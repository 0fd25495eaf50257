"""Kinematic scores and those of a learned method, added with a weight that the validation phase
chooses.

Of this project: docs/kinematics.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from zsar import methods
from zsar.bounds import Probability
from zsar.encoders.base import Encoder
from zsar.kinematics.calibration import CalibrationConfig
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._calibrated import CalibratedKinematics
from zsar.methods._learned import learned_settings
from zsar.methods.base import Method


@dataclass(frozen=True)
class KinematicFusedConfig:
    """`settings` are those of the learned method, which `Config.at` fills in."""

    learned: str
    settings: dict[str, Any]
    shares: Annotated[list[Probability], Field(min_length=1)]  # of the kinematic scores, candidates
    calibration: CalibrationConfig


class KinematicFused(Method):
    Config = KinematicFusedConfig
    kinematic = True
    share: Tensor

    def __init__(self, sizes: Sizes, config: KinematicFusedConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.learned = methods.method(config.learned)(sizes, _inner(config), encoder)
        self.kinematics = CalibratedKinematics(sizes, config.calibration, None)
        self.register_buffer("share", torch.tensor(config.shares[0]))

    @classmethod
    def needs_skeletons(cls, config: KinematicFusedConfig) -> bool:
        return methods.method(config.learned).needs_skeletons(_inner(config))

    @classmethod
    def num_epochs(cls, config: KinematicFusedConfig) -> int:
        return methods.method(config.learned).num_epochs(_inner(config)) * len(config.shares)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        """A row for every epoch of the learned method and every share, so that the epoch that is
        chosen is both."""
        for _ in self.kinematics.fit(seen, text):
            for row in self.learned.fit(seen, text):
                for share in self.config.shares:
                    self.share.fill_(share)
                    yield row

    @property
    def unseen_texts(self) -> bool:
        return self.learned.unseen_texts

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        learned, kinematic = (
            _standardised(each.score(clips, text)) for each in (self.learned, self.kinematics)
        )
        return (1 - self.share) * learned + self.share * kinematic


def _inner(config: KinematicFusedConfig) -> Any:
    return learned_settings("kinematic_fused", config.learned, config.settings)


def _standardised(scores: Float[Tensor, "clip class"]) -> Float[Tensor, "clip class"]:
    """Of each clip alone: mean 0 and deviation 1 over the classes."""
    centred = scores.double() - scores.double().mean(1, keepdim=True)
    deviation = centred.square().mean(1, keepdim=True).sqrt()
    return centred / deviation.clamp(min=1e-12)
