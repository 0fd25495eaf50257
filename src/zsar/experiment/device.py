"""The device of a run, and arrays as tensors on it."""

import os

import numpy as np
import torch
from torch import Tensor

from zsar.config.settings import Settings
from zsar.errors import UserError


def configure_torch(settings: Settings) -> torch.device:
    """The device of this run; everything is set that could make two runs differ."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As use_deterministic_algorithms, without loading a compiler.
    torch.set_deterministic_debug_mode("error")
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(settings.run.threads)
    wanted = settings.run.device
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("params.yaml: run.device is 'cuda', but this machine shows no CUDA device")
    return torch.device(
        "cuda" if wanted == "auto" and torch.cuda.is_available() else wanted.replace("auto", "cpu")
    )


def tensor(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(array)).to(device)
