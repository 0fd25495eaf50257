"""Every clip of a data set, run through the frozen encoder of a cell."""

import numpy as np
import torch

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read, write
from zsar.data.files import feature_folders
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.experiment.inputs import tensor
from zsar.learning.distributed import gather_blocks, rank, row_blocks

ROWS = 256  # clips that are encoded at once


def extract(cell: Cell, network: Encoder, where: torch.device) -> None:
    """Write the features of every clip, and its logits over the seen classes."""
    clips = read(cell.clips, ClipFile)
    made = (
        imported_features(cell, clips)
        if network.precomputed
        else encoded_features(network, clips, where)
    )
    if rank() == 0:
        write(cell.features, made)


@torch.no_grad()
def encoded_features(network: Encoder, clips: ClipFile, where: torch.device) -> FeatureFile:
    """Every process encodes its runs of rows, and then has them all."""
    features = torch.empty(len(clips.labels), network.width, device=where)
    for start in row_blocks(len(features), ROWS)[rank()]:
        some = slice(start, start + ROWS)
        features[some] = network(tensor(clips.skeletons[some], where)).float()
    features = gather_blocks(features, ROWS)
    logits = network.classify(features).float()
    return FeatureFile(features.cpu().numpy(), logits.cpu().numpy())


def imported_features(cell: Cell, clips: ClipFile) -> FeatureFile:
    """The features that came with the clips; of clips of the other phase nothing is known."""
    split = read(cell.classes, SplitFile)
    found = feature_folders.phase(cell.given, cell.phase, np.array(split.seen))
    where = np.isin(clips.subjects, list(found))  # in row order, as the pieces are
    labels = np.concatenate([piece.labels for piece in found.values()])
    if not np.array_equal(clips.labels[where], labels):
        raise UserError(
            f"{cell.given} holds other clips than {cell.clips}; `dvc repro` makes it anew"
        )
    features, logits = (
        np.full((len(where), width), np.nan, dtype=np.float32)
        for width in (next(iter(found.values())).features.shape[1], len(split.seen))
    )
    features[where] = np.concatenate([piece.features for piece in found.values()])
    known = {part: piece.logits for part, piece in found.items() if piece.logits is not None}
    logits[np.isin(clips.subjects, list(known))] = np.concatenate(list(known.values()))
    return FeatureFile(features, logits)
