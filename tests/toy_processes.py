"""The same work done by two processes that know of each other."""

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def in_two(work: Callable[[Path], dict], folder: Path) -> list[dict]:
    """What each process found; both may write into the folder's `side`."""
    (folder / "side").mkdir()
    mp.spawn(_process, (work, folder), nprocs=2)
    return [pickle.loads((folder / f"{number}.pickle").read_bytes()) for number in range(2)]


def _process(number: int, work: Callable[[Path], dict], folder: Path) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=number, world_size=2)
    (folder / f"{number}.pickle").write_bytes(pickle.dumps(work(folder / "side")))
    dist.destroy_process_group()
