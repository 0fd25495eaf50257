"""The contract of a skeleton encoder: it makes one feature vector of a clip and classifies it among
the seen classes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int, Int64
from torch import Tensor, nn

from zsar.errors import UserError
from zsar.learning.augment import Skeletons
from zsar.learning.downstream import ProbeConfig
from zsar.learning.mapped_clips import ClipSource
from zsar.learning.training import Row

CLIPS = 256  # that are encoded at once


@dataclass(frozen=True)
class LabelledClips:
    """Skeletons with their classes, as positions among the seen ones."""

    skeletons: ClipSource
    labels: Int[Tensor, " clip"]

    def __len__(self) -> int:
        return len(self.labels)


class Encoder(nn.Module, ABC):
    """`Config` is a frozen dataclass without defaults; its values stand in settings/encoders.yaml
    under the encoder's name. What an encoder can do is declared here.

    Features and logits have the precision of the skeletons.
    """

    Config: ClassVar[type]
    self_supervised: ClassVar[bool] = False  # `pretrain` learns without labels
    uses_unlabelled: ClassVar[bool] = False  # `fit` may learn from unseen classes, without labels
    precomputed: ClassVar[bool] = False  # features come from a file; nothing can be encoded
    measured: ClassVar[bool] = False  # features are measurements; no skeletons are encoded
    width: int
    config: Any

    @abstractmethod
    def __init__(self, num_classes: int, config: Any):
        super().__init__()
        self.config = config

    @abstractmethod
    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        """Learn from `train`; yield losses and the accuracy on `val` after every epoch.

        When the iterator ends, the module holds the weights of the epoch that was best on `val`;
        without validation clips there is no accuracy, and the last epoch is kept.
        With a folder `checkpoint_dir`, an interrupted fit resumes after its last epoch, in a
        process with the same seed, and ends with the weights of an uninterrupted one. The files in
        it stay; the caller removes them.
        """

    @classmethod
    @abstractmethod
    def num_epochs(cls, config: Any) -> int:
        """How many rows `fit` yields."""

    @abstractmethod
    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]: ...

    @abstractmethod
    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        """The features before they are pooled over bodies, time and joints."""

    @abstractmethod
    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        """Logits over the seen classes."""

    @torch.no_grad()
    def encode(self, skeletons: ClipSource) -> Float[Tensor, "clip dim"]:
        """The features of any number of clips, in evaluation mode."""
        self.eval()
        return torch.cat([self(some) for some in skeletons.split(CLIPS)])

    def backbone(self) -> nn.Module:
        """All that has weights but the head: what can be taken from another training."""
        raise UserError(f"{type(self).__name__} cannot start from the weights of another training")

    def pretrain(self, skeletons: ClipSource, checkpoint_dir: Path | None) -> Iterator[Row]:
        """Learn without labels, where the encoder is self-supervised; yield losses per epoch."""
        raise UserError(f"{type(self).__name__} is not pre-trained without labels")

    @classmethod
    def num_pretraining_epochs(cls, config: Any) -> int:
        """How many rows `pretrain` yields."""
        raise UserError(f"{cls.__name__} is not pre-trained without labels")

    @property
    def probe_config(self) -> ProbeConfig:
        """How a linear classifier is trained on the features, where it is self-supervised."""
        raise UserError(f"{type(self).__name__} is not pre-trained without labels")

    def of_measurements(
        self,
        measured: Float64[np.ndarray, "clip attribute"],
        rows: Int64[np.ndarray, " train"],
        labels: Int64[np.ndarray, " train"],
    ) -> tuple[Float32[np.ndarray, "clip dim"], Float32[np.ndarray, "clip seen"]]:
        """Features and logits of all clips, where they are measurements; the rows are those of
        training clips, of these seen classes."""
        raise UserError(f"{type(self).__name__} encodes skeletons")

    def set_unlabelled_clips(self, skeletons: ClipSource) -> None:
        """Clips of any class, from which `fit` learns without labels."""
        raise UserError(f"{type(self).__name__} learns from labelled clips only")

    @classmethod
    def from_published(cls, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights that the authors released, under our names; ValueError names one that is not
        known."""
        raise ValueError(f"no weights of {cls.__name__} were released")
