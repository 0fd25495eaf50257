"""Pre-train an encoder on all training clips of a protocol, without their labels."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from tqdm import tqdm

from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import table, weights
from stages.recognition import footage, newborn
from zsar.learning.together import rank
from zsar.params import Params
from zsar.study import CACHE, Cell

BACKENDS = {"cuda": "nccl", "cpu": "gloo"}


def main(cell: Cell, params: Params) -> None:
    """Write the backbone and its losses by epoch.

    Processes that torchrun starts share every batch.
    """
    with joined(device(params)) as where:
        train, _ = footage(cell, params, where)
        torch.manual_seed(params.run.seeds[0])
        network = newborn(cell, params, 1).to(where)
        kept = network.checkpoint(train.skeletons, CACHE)
        lessons = network.pretrain(train.skeletons, kept)
        rows: list[dict[str, float]] = []
        name = f"{cell.encoder} on {cell.dataset} ({cell.split})"
        with tqdm(lessons, desc=name, unit="epoch", disable=rank() > 0) as bar:
            for row in bar:
                rows.append({"epoch": len(rows) + 1} | row)
                bar.set_postfix({key: f"{value:.3f}" for key, value in row.items()})
        if rank() == 0:
            table(cell.lessons, rows)
            weights(cell.weights, network.backbone)
            kept.forget()


@contextmanager
def joined(where: torch.device) -> Iterator[torch.device]:
    """The device of this process, and the way to the others where torchrun has started any."""
    if "RANK" not in os.environ:
        yield where
        return
    own = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if where.type == "cuda" else where
    dist.init_process_group(BACKENDS[own.type])
    try:
        yield own
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    run(main, "encoder")
