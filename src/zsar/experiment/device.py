"""The device of a run, how many trainings it has room for, and arrays as tensors on it."""

import os

import numpy as np
import torch
from torch import Tensor

from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.experiment.machine import cores, give_memory_back, machine
from zsar.learning.mapped_clips import ClipSource, MappedClips
from zsar.learning.products import multiply_with_openblas, openblas_is_pinned
from zsar.reproducible import pin


def configure_torch(settings: Settings) -> torch.device:
    """The device of this run; everything is set that could make two runs differ."""
    if settings.run.reproducible:
        pin()  # again, for who calls no stage: PyTorch reads it when it computes first
        if openblas_is_pinned():  # for such a one it is not
            multiply_with_openblas()
    give_memory_back()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As use_deterministic_algorithms, without loading a compiler.
    torch.set_deterministic_debug_mode("error")
    # All that is computed is written first, so what was in memory before does not matter.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010
    torch.set_float32_matmul_precision("highest")
    torch.set_num_threads(settings.run.threads)
    wanted = settings.run.device
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("params.yaml: run.device is 'cuda', but this machine shows no CUDA device")
    return torch.device(
        "cuda" if wanted == "auto" and torch.cuda.is_available() else wanted.replace("auto", "cpu")
    )


def gpus(device: torch.device) -> list[str]:
    """The names that CUDA_VISIBLE_DEVICES has for the GPUs that may be used."""
    if device.type != "cuda":
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return named.split(",") if named else [str(k) for k in range(torch.cuda.device_count())]


def workers(device: torch.device, settings: Settings) -> int:
    """Trainings at once, by `run.workers`; no result depends on it, so no stage does."""
    wanted = machine()["workers"]
    if isinstance(wanted, int):
        return wanted
    return len(gpus(device)) or max(1, cores() // settings.run.threads)


def clip_source(skeletons: np.ndarray, rows: np.ndarray, device: torch.device) -> ClipSource:
    """These rows: in the memory of a GPU, or where they are in their file."""
    if device.type != "cpu":
        return tensor(skeletons[rows], device)
    return MappedClips(torch.from_numpy(skeletons), tensor(rows, device))


def tensor(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(array)).to(device)
