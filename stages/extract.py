"""Run every clip of a data set through the frozen encoder of a cell."""

import torch

from stages.harness.launch import shared
from stages.harness.run import run
from stages.harness.world import device, tensor, trained
from zsar.data.artifacts import ClipFile, FeatureFile, read, write
from zsar.learning.together import completed, rank, runs
from zsar.params import Params
from zsar.study import Cell

ROWS = 256  # clips that are encoded at once


@torch.no_grad()
def main(cell: Cell, params: Params) -> None:
    """Write the features of every clip, and its logits over the seen classes."""
    where = device(params)
    skeletons = read(cell.clips, ClipFile).skeletons
    network = trained(cell, params, where)
    features = torch.empty(len(skeletons), network.width, device=where)
    for start in runs(len(skeletons), ROWS)[rank()]:
        some = slice(start, start + ROWS)
        features[some] = network(tensor(skeletons[some], where)).float()
    features = completed(features, ROWS)
    if rank() > 0:
        return
    logits = network.classify(features).float()
    write(cell.features, FeatureFile(features.cpu().numpy(), logits.cpu().numpy()))


if __name__ == "__main__":
    run(shared(main), "encoder")
