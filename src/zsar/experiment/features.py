"""The features of every clip of a data set: by the encoder of a cell, or from the files that came
with the clips."""

import numpy as np
import torch

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read
from zsar.data.files import feature_folders
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.experiment.device import tensor
from zsar.learning.distributed import gather_blocks, rank, row_blocks

ROWS = 256  # clips that are encoded at once


@torch.no_grad()
def encoded_features(encoder: Encoder, clips: ClipFile, device: torch.device) -> FeatureFile:
    """Every process encodes its blocks of rows, and then has all rows."""
    features = torch.empty(len(clips.labels), encoder.width, device=device)
    for start in row_blocks(len(features), ROWS)[rank()]:
        some = slice(start, start + ROWS)
        features[some] = encoder(tensor(clips.skeletons[some], device)).float()
    features = gather_blocks(features, ROWS)
    logits = encoder.classify(features).float()
    return FeatureFile(features.cpu().numpy(), logits.cpu().numpy())


def imported_features(cell: Cell, clips: ClipFile) -> FeatureFile:
    """The features that came with the clips; those of clips of the other phase are unknown."""
    split = read(cell.split_file, SplitFile)
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
