"""The same sums on every x86-64 processor.

Numerical libraries choose instructions by the processor that they run on, and other instructions
round in another way; after an epoch of training no digit is left in common. Here they are told to
use those of AVX2, which every x86-64 processor since 2015 has, and MKL the branch that it promises
to be equal everywhere.
"""

import os
import sys

INSTRUCTIONS = {
    "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions
    "MKL_CBWR": "COMPATIBLE",  # linear algebra of PyTorch
    "OPENBLAS_CORETYPE": "Haswell",  # that of NumPy and SciPy, and large products of PyTorch
    "OPENBLAS_NUM_THREADS": "1",
    # NumPy before and since 2.4 has other names; it ignores those that it does not know.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"
    " AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
}


def pin() -> None:
    """Fix the instructions of this process and of those that it starts.

    NumPy must not be imported yet, and PyTorch not have computed anything.
    """
    os.environ.update(INSTRUCTIONS)


def restart_pinned() -> None:
    """Begin this program anew with fixed instructions, unless it has them: for a script that does
    what stages do. Call it first."""
    if not pinned():
        pin()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def pinned() -> bool:
    return all(os.environ.get(name) == value for name, value in INSTRUCTIONS.items())
