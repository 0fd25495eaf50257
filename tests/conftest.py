"""Shapes are types: every annotated function of the library is checked while the tests run."""

import os

from jaxtyping import install_import_hook

# Many small tensors: a second thread would only wait, and wait busily.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hook = install_import_hook("zsar", "beartype.beartype")
