"""Features from a file, in the place of an encoder; there are no skeletons to encode."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.encoders.base import Encoder, LabelledClips, Skeletons
from zsar.errors import UserError
from zsar.learning.training import Row


@dataclass(frozen=True)
class PrecomputedConfig:
    """There is nothing to set."""


class Precomputed(Encoder):
    Config = PrecomputedConfig
    precomputed = True

    def __init__(self, num_classes: int, config: PrecomputedConfig):
        super().__init__(num_classes, config)
        self.nothing = nn.Parameter(torch.zeros(1))  # an encoder has weights, on some device

    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        """Learn nothing; the accuracy on held-out clips is not known."""
        yield {"val_accuracy": float("nan")}

    @classmethod
    def num_epochs(cls, config: PrecomputedConfig) -> int:
        return 1

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        self._refuse()

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        self._refuse()

    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UserError("features that come from a file are all there is; no clip can be encoded")
