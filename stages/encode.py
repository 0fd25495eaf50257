"""Train the skeleton encoders of a cell on its seen classes, one for each phase and seed."""

import shutil
from functools import partial
from typing import Any

import numpy as np
import torch

from stages.harness.finished import Training, run_unfinished
from stages.harness.launch import epochs_of
from stages.harness.write import table, weights
from zsar import encoders
from zsar.cells import PHASES, Cell
from zsar.config.settings import Settings, without_layers
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, TrainingFile, read, write
from zsar.encoders import pretrained_weights
from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.experiment.device import clip_source, configure_torch, tensor
from zsar.experiment.features import encoded_features
from zsar.experiment.imported_features import imported_features
from zsar.experiment.measurements import load_measurements
from zsar.learning.distributed import rank
from zsar.learning.losses import positions
from zsar.processes import Job, Report


def main(cell: Cell, settings: Settings) -> None:
    """Write the weights of the epoch that was best on held-out clips of seen classes (without any,
    of the last epoch), and the features and logits of every clip."""
    kind = encoders.encoder(without_layers(cell.encoder))
    config: Any = settings.of("encoders", cell.encoder, kind.Config)
    steps = kind.num_epochs(config)
    phases = [cell.in_phase(each) for each in reversed(PHASES)]  # the longer ones first
    seeds = [each.with_seed(seed) for each in phases for seed in settings.run.seeds]
    trainings = [
        Training(
            Job(f"{each.phase}, seed {each.seed}", partial(train, each, settings), steps),
            each.weights.parent,
        )
        for each in seeds
    ]
    read_files = [cell.clips, cell.measurements, *sorted(cell.given.rglob("*"))]
    read_files += [path for each in phases for path in (each.split_file, each.training)]
    run_unfinished("encode", cell, trainings, read_files, cell.key, settings)
    shutil.rmtree(cell.in_phase("").checkpoints, ignore_errors=True)


def train(cell: Cell, settings: Settings, report: Report) -> None:
    """One encoder, from its first weights to the features of all clips."""
    device = configure_torch(settings)
    clips, split = read(cell.clips, ClipFile), read(cell.split_file, SplitFile)
    seen = tensor(split.seen, device)

    def labelled(rows) -> LabelledClips:
        labels = positions(tensor(clips.labels[rows], device), seen)
        return LabelledClips(clip_source(clips.skeletons, rows, device), labels)

    kind = encoders.encoder(without_layers(cell.encoder))
    if clips.derived.all() and not kind.precomputed:
        expected = f"{cell.dataset}/{cell.preprocess}/{cell.split}/precomputed"
        raise UserError(f"{cell.clips} holds features without skeletons; their cell is {expected}")
    config: Any = settings.of("encoders", cell.encoder, kind.Config)
    torch.manual_seed(cell.seed)
    encoder = kind(len(seen), config).to(device)
    _start(encoder, cell, settings, split, clips.skeletons)
    epochs = encoder.fit(labelled(split.train_seen), labelled(split.held_seen), cell.checkpoints)
    rows = epochs_of(epochs, report)
    encoder.eval().requires_grad_(False)
    if encoder.measured:
        trained = np.asarray(split.train_seen)
        labels = np.searchsorted(split.seen, clips.labels[trained])
        features = FeatureFile(*encoder.of_measurements(load_measurements(cell), trained, labels))
    elif encoder.precomputed:
        features = imported_features(cell, clips)
    else:
        features = encoded_features(encoder, clips, device)
    if rank() == 0:
        table(cell.encoder_log, rows)
        weights(cell.weights, encoder)
        write(cell.features, features)


def _start(
    encoder: Encoder, cell: Cell, settings: Settings, split: SplitFile, skeletons: np.ndarray
) -> None:
    """Give the encoder imported weights, or the unlabelled clips that it may learn from."""
    if path := settings.weights(cell.encoder):
        classes = pretrained_weights.load_backbone(encoder, path)
        if cell.phase == "test":  # in validation, fewer classes are seen than the weights have
            pretrained_weights.check_num_classes(classes, len(split.seen), len(split.unseen), path)
    elif encoder.uses_unlabelled:
        rows = read(cell.training, TrainingFile).rows
        encoder.set_unlabelled_clips(clip_source(skeletons, rows, configure_torch(settings)))
