"""Texts that their neighbours attune: to each class are added the most similar texts of others.

Y. Chen, M. Li, Z. Rao, D. Zeng, S. Guo, J. Guo: Learning by Neighbor-Aware Semantics, Deciding by
Open-form Flows: Towards Robust Zero-Shot Skeleton Action Recognition. CVPR Findings 2026,
https://arxiv.org/abs/2511.09388
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import Amount, Count
from zsar.learning.losses import cosine
from zsar.learning.world import Clips, Text

Table = Float[Tensor, "class row width"]


@dataclass(frozen=True)
class NeighbourConfig:
    among: Literal["seen", "all"]  # all, as published, reads texts of unseen classes in training
    count: Count
    weight: Amount


POOLS: dict[str, Callable[[Text, Clips], Text]] = {
    "seen": lambda text, seen: text[seen.classes],
    "all": lambda text, seen: text,
}


def attuned(table: Table, pool: Float[Tensor, "other row width"], config: NeighbourConfig) -> Table:
    """Each text and the most similar other ones of the pool, each times its similarity."""
    own = (table[:, None, -1] == pool[None, :, -1]).all(-1)
    alike = cosine(table.mean(1), pool.mean(1)).masked_fill(own, -torch.inf)
    similarity, nearest = alike.topk(min(config.count, len(pool) - 1), dim=1)
    share = config.weight / config.count
    return table + share * (similarity[:, :, None, None] * pool[nearest]).sum(1)
