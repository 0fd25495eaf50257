"""Shapes are types: every annotated function of the library is checked while the tests run."""

import os

import pytest
from jaxtyping import install_import_hook

from zsar.reproducible import pin

pin()  # what passes here passes on every processor
# Many small tensors: a second thread would only wait, and wait busily.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hook = install_import_hook("zsar", "beartype.beartype")


def pytest_configure():
    from zsar.learning.products import multiply_with_openblas

    multiply_with_openblas()  # as every stage does


@pytest.fixture
def double_precision():
    """For Adam makes steps of rounding errors where a gradient is nothing."""
    import torch

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
