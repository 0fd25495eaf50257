"""Run every clip of a data set through the frozen encoder of a cell."""

import torch

from stages.harness.run import run
from stages.harness.world import device, tensor, trained
from zsar.data.artifacts import ClipFile, FeatureFile, read, write
from zsar.params import Params
from zsar.study import Cell

ROWS = 256  # clips that are encoded at once


@torch.no_grad()
def main(cell: Cell, params: Params) -> None:
    """Write the features of every clip, and its logits over the seen classes."""
    where = device(params)
    skeletons = read(cell.clips, ClipFile).skeletons
    network = trained(cell, params, where)
    features = torch.cat(
        [
            network(tensor(skeletons[start : start + ROWS], where)).float()
            for start in range(0, len(skeletons), ROWS)
        ]
    )
    logits = network.classify(features).float()
    write(cell.features, FeatureFile(features.cpu().numpy(), logits.cpu().numpy()))


if __name__ == "__main__":
    run(main, "encoder")
