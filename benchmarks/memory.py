"""The peak memory of a function, measured in a process of its own."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

GIB = 2**30


def peak(device: torch.device, prepare: Callable[..., Callable[[], Any]], *given: Any) -> float:
    """Peak GiB of two calls of the prepared function; on a GPU with what was allocated before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        return processes.submit(_peak, device, prepare, given).result()


def _peak(device: torch.device, prepare: Callable[..., Callable[[], Any]], given: tuple) -> float:
    work = prepare(*given)
    before = held("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    work(), work()
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / GIB
    return held("VmHWM") - before


def held(kind: str) -> float:
    """GiB of this process: VmRSS now, VmHWM at most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (each for each in lines if each.startswith(kind))
    return int(line.split()[1]) * 1024 / GIB
