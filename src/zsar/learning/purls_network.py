"""PURLS's network: texts of parts guide attention over joints and times of a clip, and are compared
with what it finds.

A. Zhu, Q. Ke, M. Gong, J. Bailey: Part-aware Unified Representation of Language and Skeleton for
Zero-shot Action Recognition. CVPR 2024, https://arxiv.org/abs/2406.13327
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import BelowOne, Count, Positive, Width
from zsar.learning.training import Losses
from zsar.learning.world import Sizes, Text

Cells = Float[Tensor, "clip cell dim"]
SlotTexts = Float[Tensor, "class slot width"]  # of each source one; the last describes the whole


@dataclass(frozen=True)
class PURLSNetworkConfig:
    heads: Count
    key_width: Width  # of each head
    hidden: Width
    dropout: BelowOne
    temperature: Positive  # the multiplier of the logits is ln(1 / temperature) at the start


class PURLSNetwork(nn.Module):
    """Attention over the cells of a clip, then one projection of all slots into text space."""

    def __init__(self, sizes: Sizes, config: PURLSNetworkConfig):
        super().__init__()
        slots, keys = sizes.sources, config.heads * config.key_width
        # Scores are averaged over the heads before the softmax, so the heads are one.
        self.scale = 1 / (config.heads * math.sqrt(config.key_width))
        self.query = nn.Linear(sizes.text, keys, bias=False)
        self.key = nn.Linear(sizes.features, keys, bias=False)
        self.project = nn.Sequential(
            nn.BatchNorm1d(slots * sizes.features),
            nn.Dropout(config.dropout),
            nn.Linear(slots * sizes.features, config.hidden),
            nn.SiLU(),
            nn.BatchNorm1d(config.hidden),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, slots * sizes.text),
            nn.Tanh(),
            nn.Unflatten(1, (slots, sizes.text)),
        )
        start = math.log(1 / config.temperature)
        self.multipliers = nn.Parameter(torch.full((slots,), start))

    def attend(
        self, cells: Cells, texts: Float[Tensor, "*clip guide width"]
    ) -> Float[Tensor, "clip guide dim"]:
        """What each guiding text sees of a clip."""
        scores = self.scale * self.query(texts) @ self.key(cells).mT
        return scores.softmax(-1) @ cells

    def embed(self, attended: Float[Tensor, "clip slot dim"]) -> Float[Tensor, "clip slot width"]:
        return self.project(attended.flatten(1))

    def loss(self, cells: Cells, texts: Float[Tensor, "clip slot width"]) -> Losses:
        """Clips and texts of a batch find each other, in both directions, summed over slots.

        Other clips of a class count as negatives, as published. Their texts are equal, so that the
        gradient is that of all clips of the class as positives.
        """
        embedded = self.embed(self.attend(cells, texts))
        grids = embedded.transpose(0, 1) @ texts.permute(1, 2, 0)
        logits = self.multipliers[:, None, None] * grids
        hits = [logits.log_softmax(dim).diagonal(dim1=1, dim2=2) for dim in (2, 1)]
        clips, texts = (-each.mean(1).sum() for each in hits)
        return {"clips_to_texts": clips, "texts_to_clips": texts}


def grid_cells(
    time_cells: int, maps: Float[Tensor, "clip dim time joint"]
) -> Float[Tensor, "clip cell dim"]:
    """The map averaged to so many times, each cell of length one."""
    pooled = F.adaptive_avg_pool2d(maps, (time_cells, maps.shape[3]))
    return F.normalize(pooled.flatten(2).mT, dim=2)


def candidate_scores(
    network: PURLSNetwork, cells: Cells, texts: SlotTexts
) -> Float[Tensor, "clip class"]:
    """The score of a class is that of its whole text where its own texts guide the attention."""
    attended = network.attend(cells, texts.flatten(0, 1)).unflatten(1, texts.shape[:2])
    embedded = [network.embed(each)[:, -1] for each in attended.unbind(1)]
    return torch.stack([each @ text for each, text in zip(embedded, texts[:, -1], strict=True)], 1)


def guided_scores(
    network: PURLSNetwork, cells: Cells, guides: Int[Tensor, " clip"], texts: SlotTexts
) -> Float[Tensor, "clip class"]:
    """The scores of all classes where the texts of one, given for each clip, guide the
    attention."""
    return network.embed(network.attend(cells, texts[guides]))[:, -1] @ texts[:, -1].T


def knowing_scores(
    network: PURLSNetwork, cells: Cells, truth: Int[Tensor, " clip"], texts: SlotTexts
) -> Float[Tensor, "clip class"]:
    """As published: the TRUE class guides, where it is a candidate (-1: it is not)."""
    blind = candidate_scores(network, cells, texts)
    knowing = guided_scores(network, cells, truth.clamp(min=0), texts)
    return torch.where(truth[:, None] < 0, blind, knowing)


def slot_texts(text: Text) -> SlotTexts:
    return F.normalize(text.pooled, dim=2)
