"""What an alignment method is: it learns from seen clips, then scores any clip against any
class."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text


class Method(nn.Module, ABC):
    """A module that can fit and score; whatever else it holds is its own affair.

    `Settings` is a frozen dataclass without defaults; its values stand in
    settings/methods.yaml under `<name>`.
    """

    Settings: ClassVar[type]
    transductive: ClassVar[bool] = False  # true: `score` learns from the clips it is given

    @classmethod
    def needs_skeletons(cls, settings: Any) -> bool:
        """Whether clips are encoded anew; otherwise their features are there alone."""
        return False

    @abstractmethod
    def __init__(self, sizes: Sizes, settings: Any):
        super().__init__()

    @abstractmethod
    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        """Learn, and yield the mean losses after every epoch; the driver decides what happens in
        between.

        `text` covers every class of the data set, `seen` only clips of seen classes; labels index
        `text` directly.
        """

    @abstractmethod
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        """Score every clip against every class of `text`, in its order; larger means likelier."""
