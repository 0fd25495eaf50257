"""What stages share that evaluate an encoder on all classes, by an official protocol."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from zsar import encoders
from zsar.cells import METRICS, Cell
from zsar.config.settings import Settings, base
from zsar.data.artifacts import ClipFile, read
from zsar.data.protocols.sides import sides
from zsar.dataset_info import dataset_info
from zsar.encoders.base import LabelledClips
from zsar.encoders.umurl import UmURL
from zsar.errors import UserError
from zsar.experiment.inputs import tensor
from zsar.learning.downstream import nearest_neighbours

# Coordinates: the protocol stands in the place of the split, `all` in that of the phase.


def metrics(cell: Cell, name: str) -> Path:
    """Apart from the metrics of zero-shot cells, which have other columns."""
    return METRICS / "recognition" / cell.place / name


def labelled_clips(
    cell: Cell, settings: Settings, where: torch.device
) -> tuple[LabelledClips, LabelledClips]:
    """The training and the test clips of the protocol; a label is the class's own number."""
    clips = read(cell.clips, ClipFile)
    origins = (clips.subjects, clips.cameras, clips.setups)
    known = dataset_info(cell.dataset, settings.dataset, clips.subjects)
    found = sides(clips.labels, *origins, dataset=known, protocol=cell.split)
    train, test = (
        LabelledClips(tensor(clips.skeletons[rows], where), tensor(clips.labels[rows], where))
        for rows in (found.train, found.test)
    )
    return train, test


def build_encoder(cell: Cell, settings: Settings, classes: int) -> UmURL:
    """The encoder of the cell before it has learnt anything."""
    kind = encoders.encoder(base(cell.encoder))
    if not issubclass(kind, UmURL):
        raise UserError(f"{cell.encoder} is not pre-trained without labels; expected umurl")
    return kind(classes, settings.of("encoders", cell.encoder, kind.Settings))


def pretrained(source: Cell, settings: Settings, classes: int, where: torch.device) -> UmURL:
    """The encoder with the backbone that was pre-trained in this cell, and a new head.

    It has the shape that it has there, whatever data set it goes on to.
    """
    network = build_encoder(source, settings, classes)
    network.backbone.load_state_dict(load_file(source.weights))
    return network.to(where).eval()


def classes(*footage: LabelledClips) -> int:
    return 1 + max(int(each.labels.max()) for each in footage)


def nearest_labels(gallery: Tensor, labels: Tensor, queries: Tensor, block: int) -> Tensor:
    return labels[nearest_neighbours(queries, gallery, 1, block)[:, 0]]


def per_cent(answers: Tensor, labels: Tensor) -> float:
    return 100 * (answers == labels).double().mean().item()
