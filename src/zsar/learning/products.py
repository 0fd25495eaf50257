"""Matrix products of PyTorch on a CPU, by NumPy's OpenBLAS.

PyTorch multiplies with MKL, whose branch that is equal on every processor uses SSE2 and takes about
three times as long as OpenBLAS does with the instructions of AVX2, which are equal everywhere, too
(benchmarks/processors.py).
"""

import warnings
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.library import Library

Scalar = int | float
LEAST = 2**15  # multiplications, below which the call costs more than it gains


@cache
def multiply_with_openblas() -> Library:
    """Replace the products of float32 matrices, from here to the end of the process."""
    library = Library("aten", "IMPL")
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        for kernel in (mm, bmm, addmm, baddbmm):  # what they replace bears the same name
            library.impl(kernel.__name__, kernel, "CPU")
    return library


def mm(left: Tensor, right: Tensor) -> Tensor:
    return _product(left, right) if _large(left, right) else _small(torch.mm, left, right)


def bmm(left: Tensor, right: Tensor) -> Tensor:
    return _product(left, right) if _large(left, right) else _small(torch.bmm, left, right)


def addmm(
    added: Tensor, left: Tensor, right: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    if beta == alpha == 1 and _large(left, right):
        return _product(left, right).add_(added)
    return _small(torch.addmm, left, right, added, beta=beta, alpha=alpha)


def baddbmm(
    added: Tensor, left: Tensor, right: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor:
    if beta == alpha == 1 and _large(left, right):
        return _product(left, right).add_(added)
    return _small(torch.baddbmm, left, right, added, beta=beta, alpha=alpha)


def _large(left: Tensor, right: Tensor) -> bool:
    return left.dtype == right.dtype == torch.float32 and left.numel() * right.shape[-1] >= LEAST


def _product(left: Tensor, right: Tensor) -> Tensor:
    return torch.from_numpy(np.matmul(_array(left), _array(right)))


def _array(matrices: Tensor) -> np.ndarray:
    """Without a copy where BLAS can read it: rows or columns side by side in memory."""
    matrices = matrices.detach()
    return (matrices if 1 in matrices.stride()[-2:] else matrices.contiguous()).numpy()


def _small(function, left: Tensor, right: Tensor, *added: Tensor, **scales: Scalar) -> Tensor:
    """By PyTorch's own kernel, which is reached through a result that is there already."""
    made = left.new_empty((*left.shape[:-1], right.shape[-1]))
    return function(*added, left, right, **scales, out=made)
