"""Pre-train an encoder on all training clips of a protocol, without their labels."""

import torch

from stages.harness.launch import run_epochs, shared
from stages.harness.run import run
from stages.harness.write import table, weights
from zsar.cells import CACHE, Cell
from zsar.config.settings import Settings
from zsar.encoders import pretrained_weights
from zsar.experiment.inputs import device
from zsar.experiment.recognition import build_encoder, labelled_clips
from zsar.learning.distributed import rank
from zsar.learning.training import Row


def main(cell: Cell, settings: Settings) -> None:
    """Write the backbone and its losses by epoch; an imported one has learnt already."""
    where = device(settings)
    torch.manual_seed(settings.run.seed)
    network, kept = build_encoder(cell, settings, 1).to(where), None
    if path := settings.weights(cell.encoder):
        pretrained_weights.load_backbone(network, path)
        rows: list[Row] = [{"epoch": 0}]
    else:
        train, _ = labelled_clips(cell, settings, where)
        kept = network.checkpoint(train.skeletons, CACHE)
        lessons = network.pretrain(train.skeletons, kept)
        rows = run_epochs(lessons, f"{cell.encoder} on {cell.dataset} ({cell.split})")
    if rank() == 0:
        table(cell.lessons, rows)
        weights(cell.weights, network.backbone)
        if kept:
            kept.forget()


if __name__ == "__main__":
    run(shared(main))
