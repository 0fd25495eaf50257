"""Train the skeleton encoder of a cell on its seen classes."""

from typing import Any

import numpy as np
import torch

from stages.extract import extract
from stages.harness.launch import shared, taught
from stages.harness.run import run
from stages.harness.world import device, tensor
from stages.harness.write import table, weights
from zsar import encoders
from zsar.config.settings import Settings, base
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read
from zsar.encoders import imported
from zsar.encoders.base import Encoder, Footage
from zsar.errors import Complaint
from zsar.learning.losses import positions
from zsar.learning.together import rank
from zsar.study import CACHE, Cell


def main(cell: Cell, settings: Settings) -> None:
    """Write the weights of the epoch that did best on held-out clips of seen classes, where nothing
    is held out of the last, and the features and logits of every clip."""
    where = device(settings)
    clips, split = read(cell.clips, ClipFile), read(cell.classes, SplitFile)
    seen = tensor(split.seen, where)

    def footage(rows) -> Footage:
        labels = tensor(clips.labels[rows], where)
        return Footage(tensor(clips.skeletons[rows], where), positions(labels, seen))

    kind = encoders.encoder(base(cell.encoder))
    if clips.derived.all() and not kind.given:
        given = f"{cell.dataset}/{cell.preprocess}/{cell.split}/given"
        raise Complaint(f"{cell.clips} holds features without skeletons; their cell is {given}")
    shape: Any = settings.of("encoders", cell.encoder, kind.Settings)
    torch.manual_seed(settings.run.seed)
    network: Any = kind(len(seen), shape).to(where)
    _start(network, cell, settings, split, clips.skeletons)
    lessons = network.fit(footage(split.train_seen), footage(split.held_seen), CACHE)
    rows = taught(lessons, f"{cell.place} ({cell.phase})")
    if rank() == 0:
        table(cell.lessons, rows)
        weights(cell.weights, network)
    extract(cell, network.eval().requires_grad_(False), where)


def _start(
    network: Encoder, cell: Cell, settings: Settings, split: SplitFile, skeletons: np.ndarray
) -> None:
    """Give the network what has been learnt before, if it is to start from that."""
    if path := settings.weights(cell.encoder):
        classes = imported.start(network, path)
        if cell.phase == "test":  # in validation, fewer classes are seen than the network has
            imported.suit(classes, len(split.seen), len(split.unseen), path)
    elif network.unlabelled:
        rows = read(cell.training, TrainingFile).rows
        network.watch(tensor(skeletons[rows], device(settings)))


if __name__ == "__main__":
    run(shared(main))
