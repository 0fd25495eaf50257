"""No encoder at all: the features were made elsewhere, and their skeletons are not here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.learning.training import Row


@dataclass(frozen=True)
class PrecomputedConfig:
    """There is nothing to set."""


class Precomputed(Encoder):
    """Stands where methods expect an encoder, and tells those that need one that there is none."""

    Settings = PrecomputedConfig
    precomputed = True

    def __init__(self, seen: int, settings: PrecomputedConfig):
        super().__init__(seen, settings)
        self.settings = settings
        self.nothing = nn.Parameter(torch.zeros(1))  # an encoder has weights, on some device

    def fit(
        self, train: LabelledClips, held: LabelledClips, side: Path | None = None
    ) -> Iterator[Row]:
        """Learn nothing; how well held-out clips are told apart is not known."""
        yield {"held_accuracy": float("nan")}

    def forward(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip dim"]:
        self._complain()

    def maps(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip body dim time joint"]:
        self._complain()

    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        self._complain()

    def _complain(self) -> NoReturn:
        raise UserError(
            "this method encodes skeletons, but the features were given without any; choose a"
            " method or settings that need features alone (such as devise, or encoder: frozen)"
        )
