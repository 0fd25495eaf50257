"""Pre-train an encoder on all training clips of a protocol, without their labels."""

import torch

from stages.harness.launch import shared, taught
from stages.harness.run import run
from stages.harness.world import device
from stages.harness.write import table, weights
from stages.recognition import footage, newborn
from zsar.config.settings import Settings
from zsar.encoders import imported
from zsar.learning.together import rank
from zsar.learning.training import Row
from zsar.study import CACHE, Cell


def main(cell: Cell, settings: Settings) -> None:
    """Write the backbone and its losses by epoch; an imported one has learnt already."""
    where = device(settings)
    torch.manual_seed(settings.run.seed)
    network, kept = newborn(cell, settings, 1).to(where), None
    if path := settings.weights(cell.encoder):
        imported.start(network, path)
        rows: list[Row] = [{"epoch": 0}]
    else:
        train, _ = footage(cell, settings, where)
        kept = network.checkpoint(train.skeletons, CACHE)
        lessons = network.pretrain(train.skeletons, kept)
        rows = taught(lessons, f"{cell.encoder} on {cell.dataset} ({cell.split})")
    if rank() == 0:
        table(cell.lessons, rows)
        weights(cell.weights, network.backbone)
        if kept:
            kept.forget()


if __name__ == "__main__":
    run(shared(main))
