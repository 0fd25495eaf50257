"""Stages that are run by several processes on shared batches."""

import multiprocessing
import os
import tempfile
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import ProcessException, spawn
from tqdm import tqdm

from stages.harness.run import Main
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.experiment.device import configure_torch
from zsar.learning.distributed import rank
from zsar.learning.training import Row

BACKENDS = {"cuda": "nccl", "cpu": "gloo"}
FAILURE = "failure"  # the message of the first process that failed


@dataclass(frozen=True)
class Worker:
    """One of the processes; `local` is its number on its machine."""

    rank: int
    local: int
    count: int
    meeting: str


def shared(main: Main) -> Main:
    """The stage, run by as many processes as params.yaml asks for, or as torchrun has started."""

    @wraps(main)
    def stage(cell: Cell, settings: Settings) -> None:
        if dist.is_torchelastic_launched():
            place, local, count = (int(os.environ[k]) for k in ("RANK", "LOCAL_RANK", "WORLD_SIZE"))
            take_part(Worker(place, local, count, "env://"), main, cell, settings)
        elif settings.run.processes == 1:
            main(cell, settings)
        else:
            launch(settings.run.processes, main, cell, settings)

    return stage


def run_epochs(epochs: Iterable[Row], name: str) -> list[Row]:
    """The rows of all epochs, numbered; the first process shows a progress bar."""
    rows: list[Row] = []
    with tqdm(epochs, desc=name, unit="epoch", disable=rank() > 0) as bar:
        for row in bar:
            rows.append({"epoch": len(rows) + 1} | row)
            bar.set_postfix({key: f"{value:.3f}" for key, value in row.items()})
    return rows


def launch(count: int, main: Main, cell: Cell, settings: Settings) -> None:
    """Start the processes and wait for them; the first that fails ends all."""
    if configure_torch(settings).type == "cuda" and count > torch.cuda.device_count():
        shown = torch.cuda.device_count()
        raise UserError(
            f"params.yaml: run.processes is {count}, but this machine shows {shown} GPUs"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            spawn(_work, (count, folder, main, cell, settings), count, daemon=True)
        except ProcessException as failure:
            message = Path(folder, FAILURE)
            raise UserError(
                message.read_text(encoding="utf-8") if message.is_file() else _line(failure)
            ) from failure


def take_part(worker: Worker, main: Main, cell: Cell, settings: Settings) -> None:
    where = configure_torch(settings)
    if where.type == "cuda":
        torch.cuda.set_device(worker.local)  # `cuda` means this one from now on
    dist.init_process_group(
        BACKENDS[where.type], worker.meeting, rank=worker.rank, world_size=worker.count
    )
    main(cell, settings)
    dist.destroy_process_group()


def _work(number: int, count: int, folder: str, main: Main, cell: Cell, settings: Settings) -> None:
    threading.Thread(target=_leave, args=(multiprocessing.parent_process(),), daemon=True).start()
    worker = Worker(number, number, count, f"file://{folder}/meeting")
    try:
        take_part(worker, main, cell, settings)
    except Exception as error:
        # The others fail as well once this one is gone; their messages do not matter.
        with suppress(FileExistsError), Path(folder, FAILURE).open("x", encoding="utf-8") as file:
            file.write(_line(error))
        raise


def _leave(parent: Any) -> None:
    """End soon after the parent, however it ends."""
    parent.join()
    os._exit(1)


def _line(error: Exception) -> str:
    said = " ".join(str(error).split())
    if isinstance(error, UserError):
        return said
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({last.filename}:{last.lineno})"
