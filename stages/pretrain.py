"""Pre-train encoders on all training clips of a protocol, without their labels, one per seed."""

import shutil
from typing import Any

import torch

from stages.harness.launch import epochs_of, run_trainings, seed_jobs
from stages.harness.write import table, weights
from zsar import encoders
from zsar.cells import RecognitionCell
from zsar.config.settings import Settings, without_layers
from zsar.encoders import pretrained_weights
from zsar.experiment.device import configure_torch
from zsar.experiment.recognition import build_encoder, load_sides
from zsar.learning.distributed import rank
from zsar.learning.training import Row
from zsar.processes import Report


def main(cell: RecognitionCell, settings: Settings) -> None:
    """Write the backbone and its losses by epoch; an imported one is trained already."""
    kind = encoders.encoder(without_layers(cell.encoder))
    config: Any = settings.of("encoders", cell.encoder, kind.Config)
    steps = 0 if settings.weights(cell.encoder) else kind.num_pretraining_epochs(config)
    jobs = seed_jobs(pretrain, cell, settings, steps)
    run_trainings(jobs, cell.key, settings)
    shutil.rmtree(cell.checkpoints, ignore_errors=True)


def pretrain(cell: RecognitionCell, settings: Settings, report: Report) -> None:
    """One encoder."""
    device = configure_torch(settings)
    torch.manual_seed(cell.seed)
    encoder = build_encoder(cell, settings, 1).to(device)
    if path := settings.weights(cell.encoder):
        pretrained_weights.load_backbone(encoder, path)
        rows: list[Row] = [{"epoch": 0}]
    else:
        train, _ = load_sides(cell, settings, device)
        rows = epochs_of(encoder.pretrain(train.skeletons, cell.checkpoints), report)
    if rank() == 0:
        table(cell.encoder_log, rows)
        weights(cell.weights, encoder.backbone())
