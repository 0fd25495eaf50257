"""The nearest of many vectors by cosine, block by block, so that memory stays bounded."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


@torch.no_grad()
def nearest(
    queries: Float[Tensor, "query dim"],
    gallery: Float[Tensor, "entry dim"],
    count: int,
    block: int,
) -> Int[Tensor, "query count"]:
    """The entries of greatest cosine, best first; of equal ones the earlier.

    At no time are more than `block` cosines of a query held, nor more queries than that at once.
    """
    return torch.cat([_nearest(some, gallery, count, block) for some in queries.split(block)])


def _nearest(queries: Tensor, gallery: Tensor, count: int, block: int) -> Tensor:
    unit = F.normalize(queries, dim=1)
    best = queries.new_empty(len(queries), 0)
    found = torch.empty(len(queries), 0, dtype=torch.long, device=queries.device)
    for start in range(0, len(gallery), block):
        cosines = unit @ F.normalize(gallery[start : start + block], dim=1).T
        top, places = _greatest(cosines, count)
        best, order = torch.cat((best, top), 1).sort(dim=1, descending=True, stable=True)
        found = torch.cat((found, places + start), 1).gather(1, order)
        best, found = best[:, :count], found[:, :count]
    return found


def _greatest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    if count == 1:
        top, places = values.max(1, keepdim=True)
        return top, places
    top, places = values.sort(dim=1, descending=True, stable=True)
    return top[:, :count], places[:, :count]


def voted(labels: Int[Tensor, "query count"]) -> Int[Tensor, " query"]:
    """The label that most neighbours have; of equally frequent ones the smallest."""
    votes = F.one_hot(labels, int(labels.max()) + 1).sum(1)
    return votes.argmax(1)
