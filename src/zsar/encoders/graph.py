"""The skeleton as a graph: which joint hands its features to which, in three partitions."""

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.data.skeleton import BONES, CENTRE, JOINTS

PARTITIONS = 3  # a joint itself, its neighbours that are not nearer the centre, those that are


def adjacency(reach: int) -> Float[Tensor, "partition joint joint"]:
    """From row to column: each column's inflow sums to one over all partitions and rows.

    Distances from the centre are known up to `reach` hops; what lies farther is equally far. The published matrix
    has reach 1, so that only the edges around the centre and its neighbours are told apart.
    """
    links = torch.eye(len(JOINTS))
    for child, parent in BONES:
        links[child, parent] = links[parent, child] = 1
    flow = links / links.sum(0)
    hops = _hops(links, reach)
    itself = torch.eye(len(JOINTS), dtype=torch.bool)
    nearer = hops[:, None] < hops[None, :]
    return torch.stack([flow * part for part in (itself, ~itself & ~nearer, nearer)])


def _hops(links: Float[Tensor, "joint joint"], reach: int) -> Float[Tensor, " joint"]:
    """From the centre to every joint; infinite beyond the reach."""
    hops = torch.full((len(links),), float("inf"))
    for h in range(reach, -1, -1):
        hops[links.matrix_power(h)[CENTRE] > 0] = h
    return hops
