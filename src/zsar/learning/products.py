"""Matrix products of PyTorch on a CPU, by NumPy's OpenBLAS.

PyTorch multiplies with MKL, whose branch that is equal on every processor uses SSE2. OpenBLAS, told
to use the instructions of AVX2, is equal on every processor, too, and two to three times as fast.
It has one thread here, whatever `run.threads` says. Products that compiled code or an operation in
place asks for stay with MKL.
"""

import warnings
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch
from threadpoolctl import threadpool_info
from torch import Tensor
from torch.library import Library

from zsar.reproducible import INSTRUCTIONS

Scalar = int | float
Product = Callable[..., Tensor]  # one of PyTorch's own
LEAST = 2**15  # multiplications, below which the call costs more than it gains


def openblas_is_pinned() -> bool:
    """Whether NumPy has OpenBLAS, loaded with the instructions that are equal everywhere."""
    wanted = INSTRUCTIONS["OPENBLAS_CORETYPE"], int(INSTRUCTIONS["OPENBLAS_NUM_THREADS"])
    found = [
        (each["architecture"], each["num_threads"])
        for each in threadpool_info()
        if each["internal_api"] == "openblas"
    ]
    return bool(found) and all(each == wanted for each in found)


@cache
def multiply_with_openblas() -> Library:
    """Replace the products of float32 matrices, from here to the end of the process."""
    library = Library("aten", "IMPL")
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        for name, kernel in KERNELS.items():
            library.impl(name, kernel, "CPU")
    return library


def _multiply(function: Product, dims: int, left: Tensor, right: Tensor) -> Tensor:
    if _large(left, right, dims):
        return _product(left, right)
    return _small(function, left, right)


def _multiply_and_add(
    function: Product,
    dims: int,
    added: Tensor,
    left: Tensor,
    right: Tensor,
    *,
    beta: Scalar = 1,
    alpha: Scalar = 1,
) -> Tensor:
    if beta == alpha == 1 and _large(left, right, dims):
        return _product(left, right).add_(added)
    return _small(function, left, right, added, beta=beta, alpha=alpha)


KERNELS = {  # by the name of what they replace
    "mm": partial(_multiply, torch.mm, 2),
    "bmm": partial(_multiply, torch.bmm, 3),
    "addmm": partial(_multiply_and_add, torch.addmm, 2),
    "baddbmm": partial(_multiply_and_add, torch.baddbmm, 3),
}


def _large(left: Tensor, right: Tensor, dims: int) -> bool:
    """Worth the call; shapes that do not fit are left to PyTorch, which says so."""
    return (
        left.dtype == right.dtype == torch.float32
        and left.ndim == right.ndim == dims
        and left.shape[:-2] == right.shape[:-2]
        and left.shape[-1] == right.shape[-2]
        and left.numel() * right.shape[-1] >= LEAST
    )


def _product(left: Tensor, right: Tensor) -> Tensor:
    with np.errstate(all="ignore"):  # as PyTorch, which does not warn of what is not finite
        return torch.from_numpy(np.matmul(_array(left), _array(right)))


def _array(matrices: Tensor) -> np.ndarray:
    """Without a copy where BLAS can read it: rows or columns side by side in memory."""
    matrices = matrices.detach()
    return (matrices if 1 in matrices.stride()[-2:] else matrices.contiguous()).numpy()


def _small(
    function: Product, left: Tensor, right: Tensor, *added: Tensor, **scales: Scalar
) -> Tensor:
    """By PyTorch's own kernel, which is reached through a result that is there already."""
    made = left.new_empty((*left.shape[:-1], right.shape[-1]))
    return function(*added, left, right, **scales, out=made)
