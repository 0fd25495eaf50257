"""The features of every clip of a data set by the encoder of a cell."""

import torch

from zsar.data.artifacts import ClipFile, FeatureFile
from zsar.encoders.base import Encoder
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
