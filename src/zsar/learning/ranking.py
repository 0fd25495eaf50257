"""Hinge losses that rank the right class of a clip before the others."""

from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor

from zsar.learning.losses import hinge

Ranking = Callable[
    [Float[Tensor, "clip width"], Float[Tensor, "class width"], Int[Tensor, " clip"], float],
    Float[Tensor, ""],
]


def wrong_classes(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """Every wrong class should score lower by the margin."""
    return hinge(motion @ words.T, right, margin)


def every_class(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    margin: float,
) -> Float[Tensor, ""]:
    """As published: the right class pays the margin to itself, and only the right text learns."""
    scores = motion @ words.detach().T
    hits = (motion * words[right]).sum(1, keepdim=True)
    return (margin + scores - hits).clamp(min=0).sum(1).mean()


RANKINGS: dict[str, Ranking] = {"wrong_classes": wrong_classes, "every_class": every_class}
