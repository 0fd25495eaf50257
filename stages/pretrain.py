"""Pre-train an encoder on all training clips of a protocol, without their labels."""

import torch

from stages.harness.launch import run_epochs, shared
from stages.harness.run import run
from stages.harness.write import table, weights
from zsar.cells import CACHE, RecognitionCell
from zsar.config.settings import Settings
from zsar.encoders import pretrained_weights
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import build_encoder, load_sides
from zsar.learning.distributed import rank
from zsar.learning.training import Row


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the backbone and its losses by epoch; an imported one is trained already."""
    device = configure_torch(settings)
    torch.manual_seed(settings.run.seed)
    encoder = build_encoder(cell, settings, 1).to(device)
    if path := settings.weights(cell.encoder):
        pretrained_weights.load_backbone(encoder, path)
        rows: list[Row] = [{"epoch": 0}]
    else:
        train, _ = load_sides(cell, settings, device)
        epochs = encoder.pretrain(train.skeletons, CACHE)
        rows = run_epochs(epochs, f"{cell.encoder} on {cell.dataset} ({cell.protocol})")
    if rank() == 0:
        table(cell.encoder_log, rows)
        weights(cell.weights, encoder.backbone())


if __name__ == "__main__":
    run(shared(main), RecognitionCell)
