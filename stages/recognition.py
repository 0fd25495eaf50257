"""What stages share that evaluate an encoder on all classes, by an official protocol."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from stages.harness.world import tensor
from zsar import encoders
from zsar.config.settings import Settings, base
from zsar.data.artifacts import ClipFile, read
from zsar.data.protocols.sides import sides
from zsar.encoders.base import Footage
from zsar.encoders.umurl import UmURL
from zsar.errors import Complaint
from zsar.facts import facts
from zsar.learning.neighbours import nearest
from zsar.study import METRICS, Cell

# Coordinates: the protocol stands in the place of the split, `all` in that of the phase.


def metrics(cell: Cell, name: str) -> Path:
    """Apart from the metrics of zero-shot cells, which have other columns."""
    return METRICS / "recognition" / cell.place / name


def footage(cell: Cell, settings: Settings, where: torch.device) -> tuple[Footage, Footage]:
    """The training and the test clips of the protocol; a label is the class's own number."""
    clips = read(cell.clips, ClipFile)
    origins = (clips.subjects, clips.cameras, clips.setups)
    known = facts(cell.dataset, settings.dataset, clips.subjects)
    found = sides(clips.labels, *origins, dataset=known, protocol=cell.split)
    train, test = (
        Footage(tensor(clips.skeletons[rows], where), tensor(clips.labels[rows], where))
        for rows in (found.train, found.test)
    )
    return train, test


def newborn(cell: Cell, settings: Settings, classes: int) -> UmURL:
    """The encoder of the cell before it has learnt anything."""
    kind = encoders.encoder(base(cell.encoder))
    if not issubclass(kind, UmURL):
        raise Complaint(f"{cell.encoder} is not pre-trained without labels; expected umurl")
    return kind(classes, settings.of("encoders", cell.encoder, kind.Settings))


def pretrained(source: Cell, settings: Settings, classes: int, where: torch.device) -> UmURL:
    """The encoder with the backbone that was pre-trained in this cell, and a new head.

    It has the shape that it has there, whatever data set it goes on to.
    """
    network = newborn(source, settings, classes)
    network.backbone.load_state_dict(load_file(source.weights))
    return network.to(where).eval()


def classes(*footage: Footage) -> int:
    return 1 + max(int(each.labels.max()) for each in footage)


def nearest_labels(gallery: Tensor, labels: Tensor, queries: Tensor, block: int) -> Tensor:
    return labels[nearest(queries, gallery, 1, block)[:, 0]]


def per_cent(answers: Tensor, labels: Tensor) -> float:
    return 100 * (answers == labels).double().mean().item()
