"""How far two clouds of points are apart, as the maximum mean discrepancy."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def discrepancy(
    motion: Float[Tensor, "clip width"],
    words: Float[Tensor, "class width"],
    right: Int[Tensor, " clip"],
    sharpness: float,
) -> Float[Tensor, ""]:
    """Between the clips and the words of their classes; each class is seen once, by weight."""
    weights = torch.bincount(right, minlength=len(words)).to(motion.dtype) / len(right)
    among_clips = kernel(motion, motion, sharpness).mean()
    among_words = weights @ kernel(words, words, sharpness) @ weights
    between = kernel(motion, words, sharpness).mean(0) @ weights
    return among_clips + among_words - 2 * between


def kernel(
    left: Float[Tensor, "left width"], right: Float[Tensor, "right width"], sharpness: float
) -> Float[Tensor, "left right"]:
    squares = left.square().sum(1)[:, None] + right.square().sum(1) - 2 * left @ right.T
    return (-sharpness * squares.clamp(min=0)).exp()
