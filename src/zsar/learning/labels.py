"""Which clips keep their labels where labels are scarce."""

import torch
from jaxtyping import Int
from torch import Tensor


def labelled(labels: Int[Tensor, " clip"], share: float) -> Int[Tensor, " row"]:
    """Rows of a random share of each class, at least one of each, ascending."""
    order = torch.randperm(len(labels), device=labels.device)
    chosen = [_some(order[labels[order] == label], share) for label in labels.unique()]
    return torch.cat(chosen).sort().values


def _some(rows: Int[Tensor, " row"], share: float) -> Int[Tensor, " some"]:
    return rows[: max(1, round(share * len(rows)))]
