"""Train the skeleton encoder of a cell on its seen classes."""

from typing import Any

import numpy as np
import torch

from stages.harness.launch import run_epochs, shared
from stages.harness.run import run
from stages.harness.write import table, weights
from zsar import encoders
from zsar.cells import CACHE, Cell
from zsar.config.settings import Settings, base
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read
from zsar.encoders import pretrained_weights
from zsar.encoders.base import Encoder, LabelledClips
from zsar.errors import UserError
from zsar.experiment.features import extract
from zsar.experiment.inputs import device, tensor
from zsar.learning.distributed import rank
from zsar.learning.losses import positions


def main(cell: Cell, settings: Settings) -> None:
    """Write the weights of the epoch that did best on held-out clips of seen classes, where nothing
    is held out of the last, and the features and logits of every clip."""
    where = device(settings)
    clips, split = read(cell.clips, ClipFile), read(cell.classes, SplitFile)
    seen = tensor(split.seen, where)

    def footage(rows) -> LabelledClips:
        labels = tensor(clips.labels[rows], where)
        return LabelledClips(tensor(clips.skeletons[rows], where), positions(labels, seen))

    kind = encoders.encoder(base(cell.encoder))
    if clips.derived.all() and not kind.precomputed:
        given = f"{cell.dataset}/{cell.preprocess}/{cell.split}/precomputed"
        raise UserError(f"{cell.clips} holds features without skeletons; their cell is {given}")
    shape: Any = settings.of("encoders", cell.encoder, kind.Settings)
    torch.manual_seed(settings.run.seed)
    network: Any = kind(len(seen), shape).to(where)
    _start(network, cell, settings, split, clips.skeletons)
    lessons = network.fit(footage(split.train_seen), footage(split.held_seen), CACHE)
    rows = run_epochs(lessons, f"{cell.place} ({cell.phase})")
    if rank() == 0:
        table(cell.lessons, rows)
        weights(cell.weights, network)
    extract(cell, network.eval().requires_grad_(False), where)


def _start(
    network: Encoder, cell: Cell, settings: Settings, split: SplitFile, skeletons: np.ndarray
) -> None:
    """Give the network what has been learnt before, if it is to start from that."""
    if path := settings.weights(cell.encoder):
        classes = pretrained_weights.load_backbone(network, path)
        if cell.phase == "test":  # in validation, fewer classes are seen than the network has
            pretrained_weights.check_num_classes(classes, len(split.seen), len(split.unseen), path)
    elif network.uses_unlabelled:
        rows = read(cell.training, TrainingFile).rows
        network.watch(tensor(skeletons[rows], device(settings)))


if __name__ == "__main__":
    run(shared(main))
