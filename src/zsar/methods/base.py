"""The contract of an alignment method: it learns from seen clips and scores any clip against any
class."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from jaxtyping import Float, Int
from torch import Tensor, nn

from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text


class Method(nn.Module, ABC):
    """`Config` is a frozen dataclass without defaults; its values stand in settings/methods.yaml
    under the method's name. What a method can do is declared here."""

    Config: ClassVar[type]
    transductive: ClassVar[bool] = False  # `score` learns from the clips that it is given
    one_shot: ClassVar[bool] = False  # `score_one_shot` is there
    kinematic: ClassVar[bool] = False  # is given measurements and structured descriptions

    @property
    def unseen_texts(self) -> bool:
        """Whether `fit` learns from the texts of classes that none of its clips shows."""
        return False

    @property
    def reads_labels(self) -> bool:
        """Whether its settings ask for a published test that knows the labels of the clips; such
        numbers are never results."""
        return False

    @classmethod
    def needs_skeletons(cls, config: Any) -> bool:
        """Whether it encodes clips itself; if not, it is given features alone and no encoder."""
        return False

    @abstractmethod
    def __init__(self, sizes: Sizes, config: Any, encoder: Encoder | None):
        """`encoder` is the frozen encoder that made the features."""
        super().__init__()

    @abstractmethod
    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        """Learn, and yield the mean losses after every epoch; the caller decides what happens
        between epochs.

        `text` covers every class of the data set, `seen` only clips of seen classes; labels index
        `text` directly.
        """

    @classmethod
    def num_epochs(cls, config: Any) -> int:
        """How many rows `fit` yields: the `epochs` of the settings, or one without."""
        return getattr(config, "epochs", 1)

    @abstractmethod
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        """Score every clip against every class of `text`, in its order; larger means likelier."""

    def score_knowing(
        self, clips: Clips, text: Text, truth: Int[Tensor, " clip"]
    ) -> Float[Tensor, "clip class"]:
        """The same where `reads_labels`: `truth` is the place in `text` of the class of each clip,
        -1 where that is no candidate."""
        raise NotImplementedError(f"{type(self).__name__} reads no labels")

    def score_one_shot(
        self,
        query: Clips,
        text: Text,
        support: Clips,
        classes: Int[Tensor, " support"],
        rounds: int,
        keep_support: bool,
    ) -> Iterator[Float[Tensor, "query class"]]:
        """Scores where one clip of each of some `classes` of `text` is known: before the first
        round, and after each."""
        raise UserError(
            f"{type(self).__name__} has no one-shot protocol; expected one that has it, such as"
            " pgfa_aligned"
        )
