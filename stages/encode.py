"""Train the skeleton encoder of a cell on its seen classes."""

from typing import Any

import numpy as np
import torch

from stages.harness.launch import shared, taught
from stages.harness.run import run
from stages.harness.world import device, tensor
from stages.harness.write import table, weights
from zsar import encoders
from zsar.data.artifacts import ClipFile, SplitFile, TrainingFile, read
from zsar.encoders import imported
from zsar.encoders.base import Encoder, Footage
from zsar.errors import Complaint
from zsar.learning.losses import positions
from zsar.learning.together import rank
from zsar.params import Params
from zsar.study import CACHE, Cell


def main(cell: Cell, params: Params) -> None:
    """Write the weights of the epoch that did best on held-out clips of seen classes; where nothing
    is to be held out, of the last."""
    where = device(params)
    clips, split = read(cell.clips, ClipFile), read(cell.classes, SplitFile)
    seen = tensor(split.seen, where)

    def footage(rows) -> Footage:
        labels = tensor(clips.labels[rows], where)
        return Footage(tensor(clips.skeletons[rows], where), positions(labels, seen))

    kind = encoders.encoder(cell.encoder)
    if clips.derived.all() and not kind.given:
        given = f"{cell.dataset}/{cell.split}/given"
        raise Complaint(f"{cell.clips} holds features without skeletons; their cell is {given}")
    if params.held_out and not len(split.held_seen) and not kind.given:
        raise Complaint(
            f"{cell.place} ({cell.phase}): held_out is {params.held_out:g}, but no class has a clip"
            " to spare; expected more training clips, or held_out: 0"
        )
    settings: Any = params.of("encoders", cell.encoder, cell.dataset, kind.Settings)
    torch.manual_seed(params.run.seeds[0])
    network: Any = kind(len(seen), settings).to(where)
    _start(network, cell, params, split, clips.skeletons)
    lessons = network.fit(footage(split.train_seen), footage(split.held_seen), CACHE)
    rows = taught(lessons, f"{cell.place} ({cell.phase})")
    if rank() == 0:
        table(cell.lessons, rows)
        weights(cell.weights, network)


def _start(
    network: Encoder, cell: Cell, params: Params, split: SplitFile, skeletons: np.ndarray
) -> None:
    """Give the network what has been learnt before, if it is to start from that."""
    if path := params.weights(cell.encoder, cell.dataset):
        classes = imported.start(network, path)
        if cell.phase == "test":  # in validation, fewer classes are seen than the network has
            imported.suit(classes, len(split.seen), len(split.unseen), path)
    elif network.unlabelled:
        rows = read(cell.training, TrainingFile).rows
        network.watch(tensor(skeletons[rows], device(params)))


if __name__ == "__main__":
    run(shared(main), "encoder")
