"""Pre-train an encoder on all training clips of a protocol, without their labels."""

import torch
from tqdm import tqdm

from stages.harness.launch import shared
from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import table, weights
from stages.recognition import footage, newborn
from zsar.learning.together import rank
from zsar.params import Params
from zsar.study import CACHE, Cell


def main(cell: Cell, params: Params) -> None:
    """Write the backbone and its losses by epoch."""
    where = device(params)
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


if __name__ == "__main__":
    run(shared(main), "encoder")
