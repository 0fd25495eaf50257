"""What a stage knows of the machine: settings on which no result depends, so it is not in the file
of its own settings."""

import json
import os
from concurrent.futures import Executor
from contextlib import AbstractContextManager

from zsar.cells import MACHINE
from zsar.processes import cluster, executor


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


def short_calls() -> AbstractContextManager[Executor]:
    """Workers for many short calls: a Dask cluster where there is one, else one for each core."""
    scheduler = str(machine()["scheduler"])
    return cluster(scheduler) if scheduler else executor(cores())
