"""The texts of a class as one vector."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.world import Text


def spoken(text: Text) -> Float[Tensor, "class width"]:
    """What all sources say of each class, on average."""
    return text.pooled.mean(1)


def unit(text: Text) -> Float[Tensor, "class width"]:
    """The same, with length one."""
    return F.normalize(spoken(text), dim=1)
