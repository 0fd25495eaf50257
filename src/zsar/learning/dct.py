"""The discrete cosine transform of vectors, as a matrix."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def dct_matrix(width: int) -> Float[Tensor, "frequency dim"]:
    """The orthonormal DCT-II: times a vector, its coefficients; the transpose inverts it."""
    place, frequency = torch.arange(width).double() + 0.5, torch.arange(width).double()
    matrix = (math.pi / width * frequency[:, None] * place).cos() * math.sqrt(2 / width)
    matrix[0] /= math.sqrt(2)
    return matrix.float()
