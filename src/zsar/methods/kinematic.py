"""Kinematic: what a class was described to measure against what a clip does; nothing is learned.

Of this project: docs/kinematics.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.kinematics.evidence import expectation, scores
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method


@dataclass(frozen=True)
class KinematicConfig:
    """There is nothing to set."""


class Kinematic(Method):
    Config = KinematicConfig
    kinematic = True

    def __init__(self, sizes: Sizes, config: KinematicConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        yield {}

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        found = scores(clips.measured, expectation(text.described))
        return torch.from_numpy(found).to(clips.labels.device)
