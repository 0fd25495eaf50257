"""What a stage knows of the machine: settings on which no result depends, so it is not in the file
of its own settings."""

import ctypes
import json
import os
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress

from zsar.cells import MACHINE
from zsar.processes import cluster, executor

MMAP_THRESHOLD = -3  # of mallopt
LARGE = 4 * 2**20  # bytes


def machine() -> dict[str, str | int]:
    """`workers` and `scheduler` of params.yaml; one worker for who calls no pipeline."""
    if not MACHINE.is_file():
        return {"workers": 1, "scheduler": ""}
    return json.loads(MACHINE.read_text(encoding="utf-8"))


def cores() -> int:
    """That this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_memory_back() -> None:
    """Let large arrays have pages of their own, which go back to the system with them: else, after
    a few steps of a large network, most of the memory that it holds is unused."""
    # Trap: read when PyTorch makes its first tensor. It asks for large pages: fewer faults.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    with suppress(AttributeError, TypeError):  # another library than glibc
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)


def short_calls() -> AbstractContextManager[Executor]:
    """Workers for many short calls: a Dask cluster where there is one, else one for each core."""
    scheduler = str(machine()["scheduler"])
    return cluster(scheduler) if scheduler else executor(cores())
