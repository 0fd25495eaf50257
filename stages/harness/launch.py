"""Trainings of a stage: many at once in a process each, or one after the other by several
processes that share every batch."""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import ProcessException, spawn

from zsar.cells import RecognitionCell
from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.experiment.device import configure_torch, gpus, workers
from zsar.learning.distributed import rank
from zsar.learning.training import Row
from zsar.processes import Job, Report, end_with_parent, one_line, run_jobs

BACKENDS = {"cuda": "nccl", "cpu": "gloo"}
FAILURE = "failure"  # the message of the first process that failed


@dataclass(frozen=True)
class Member:
    """One of the processes that share batches; `local` is its number on its machine."""

    rank: int
    local: int
    count: int
    meeting: str


def run_trainings(jobs: Sequence[Job], title: str, settings: Settings) -> list[Any]:
    """Run all of them, `run.workers` at once, and return their results; or by `run.processes`
    together, or as torchrun has started this process, then without."""
    if dist.is_torchelastic_launched():
        place, local, count = (int(os.environ[k]) for k in ("RANK", "LOCAL_RANK", "WORLD_SIZE"))
        take_part(Member(place, local, count, "env://"), jobs, title, settings)
    elif shares_batches(settings):
        launch(settings.run.processes, jobs, title, settings)
    else:
        device = configure_torch(settings)
        return run_jobs(jobs, workers(device, settings), title, gpus(device))
    return []


def shares_batches(settings: Settings) -> bool:
    """Whether several processes train an encoder together."""
    return dist.is_torchelastic_launched() or getattr(settings.run, "processes", 1) > 1


def seed_jobs(
    work: Callable[[RecognitionCell, Settings, Report], Any],
    cell: RecognitionCell,
    settings: Settings,
    steps: int,
) -> list[Job]:
    """The work with every seed."""
    return [
        Job(f"seed {seed}", partial(work, cell.with_seed(seed), settings), steps)
        for seed in settings.run.seeds
    ]


def epochs_of(epochs: Iterable[Row], report: Report) -> list[Row]:
    """The rows of all epochs, numbered and reported."""
    rows: list[Row] = []
    for row in epochs:
        rows.append({"epoch": len(rows) + 1} | row)
        report(row)
    return rows


def launch(count: int, jobs: Sequence[Job], title: str, settings: Settings) -> None:
    """Start the processes and wait for them; the first that fails ends all."""
    if configure_torch(settings).type == "cuda" and count > torch.cuda.device_count():
        shown = torch.cuda.device_count()
        raise UserError(
            f"params.yaml: run.processes is {count}, but this machine shows {shown} GPUs"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            spawn(_work, (count, folder, jobs, title, settings), count, daemon=True)
        except ProcessException as failure:
            message = Path(folder, FAILURE)
            raise UserError(
                message.read_text(encoding="utf-8") if message.is_file() else one_line(failure)
            ) from failure


def take_part(member: Member, jobs: Sequence[Job], title: str, settings: Settings) -> None:
    where = configure_torch(settings)
    if where.type == "cuda":
        torch.cuda.set_device(member.local)  # `cuda` means this one from now on
    dist.init_process_group(
        BACKENDS[where.type], member.meeting, rank=member.rank, world_size=member.count
    )
    run_jobs(jobs, 1, title, quiet=rank() > 0)
    dist.destroy_process_group()


def _work(
    number: int, count: int, folder: str, jobs: Sequence[Job], title: str, settings: Settings
) -> None:
    end_with_parent()
    member = Member(number, number, count, f"file://{folder}/meeting")
    try:
        take_part(member, jobs, title, settings)
    except Exception as error:
        # The others fail as well once this one is gone; their messages do not matter.
        with suppress(FileExistsError), Path(folder, FAILURE).open("x", encoding="utf-8") as file:
            file.write(one_line(error))
        raise
