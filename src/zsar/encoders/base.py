"""What a skeleton encoder is: it turns a clip into one vector and tells the seen classes apart."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from zsar.errors import UserError
from zsar.learning.training import Row


@dataclass(frozen=True)
class LabelledClips:
    """Skeletons with their classes, as positions among the seen ones."""

    skeletons: Float[Tensor, "clip xyz frame joint body"]
    labels: Int[Tensor, " clip"]

    def __len__(self) -> int:
        return len(self.labels)


class Encoder(nn.Module, ABC):
    """`Settings` is a frozen dataclass without defaults; its values stand in
    settings/encoders.yaml.

    Features and logits come in the precision of the skeletons.
    """

    Settings: ClassVar[type]
    uses_unlabelled: ClassVar[bool] = False  # learns from unseen classes too, without labels
    precomputed: ClassVar[bool] = False  # features come from a file; nothing can be encoded
    width: int

    @abstractmethod
    def __init__(self, seen: int, settings: Any):
        super().__init__()

    @abstractmethod
    def fit(
        self, train: LabelledClips, held: LabelledClips, side: Path | None = None
    ) -> Iterator[Row]:
        """Learn from `train`, and yield losses and the accuracy on `held` after every epoch.

        When the iterator ends, the module holds the weights of the epoch that did best on `held`;
        where nothing is held out, there is no accuracy, and those of the last epoch.
        With a folder `side`, a fit that was killed goes on from its last epoch, in a process that
        was seeded alike, and ends with the weights of an undisturbed one.
        """

    @abstractmethod
    def forward(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip dim"]: ...

    @abstractmethod
    def maps(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip body dim time joint"]:
        """The features before they are pooled over bodies, time and joints."""

    def watch(self, skeletons: Float[Tensor, "clip xyz frame joint body"]) -> None:
        """Be shown clips of any class, for `fit` to learn from without labels."""
        raise UserError(f"{type(self).__name__} learns from labelled clips only")

    def body(self) -> nn.Module:
        """All that has weights but the head: what can be taken over from elsewhere."""
        raise UserError(f"{type(self).__name__} cannot start from the weights of another")

    @abstractmethod
    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        """Logits over the seen classes."""
