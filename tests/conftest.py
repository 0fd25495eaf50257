"""Shapes are types: every annotated function of the library is checked while the tests run."""

import os

import pytest
from jaxtyping import install_import_hook

from zsar.reproducible import pin

pin()  # what passes with -n passes on every processor
# Many small tensors: a second thread would only wait, and wait busily.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hook = install_import_hook("zsar", "beartype.beartype")


def pytest_configure():
    """As in a stage, where no plugin of pytest has loaded NumPy before: in the workers of xdist."""
    from zsar.learning.products import multiply_with_openblas, openblas_is_pinned

    if openblas_is_pinned():
        multiply_with_openblas()


@pytest.fixture
def double_precision():
    """For Adam makes steps of rounding errors where a gradient is nothing."""
    import torch

    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
