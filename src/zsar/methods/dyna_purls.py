"""DynaPURLS: PURLS whose texts are refined at test, on the clips that are scored.

J. Zhu, A. Zhu, J. Bailey, J. Liu, H. Rahmani, M. Bennamoun, F. Boussaid, Q. Ke: DynaPURLS: Dynamic
Refinement of Part-aware Representations for Skeleton-based Zero-Shot Action Recognition. 2025,
https://arxiv.org/abs/2512.11941
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, BatchSize, Count, Probability, Rate
from zsar.encoders.base import Encoder
from zsar.learning.purls_network import (
    Cells,
    PURLSNetwork,
    SlotTexts,
    candidate_scores,
    guided_scores,
    knowing_scores,
    slot_texts,
)
from zsar.learning.training import shuffled
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._purls import PURLSConfig, PURLSMethod


@dataclass(frozen=True)
class RefinementConfig:
    rates: tuple[Rate, ...]  # of the steps, in turn
    weight_decay: Amount
    batch_size: BatchSize
    confidence: Probability  # a clip teaches if that of its pseudo-label is more
    buffer: Count  # losses of a class that are kept, those of most confidence


@dataclass(frozen=True)
class DynaPURLSConfig(PURLSConfig):
    refinement: RefinementConfig
    network_at_test: Literal["eval", "train"]  # train, as published: dropout and batch statistics


Scorer = Callable[[PURLSNetwork, Cells, SlotTexts], Tensor]
NETWORKS: dict[str, Callable[[PURLSNetwork], PURLSNetwork]] = {
    "eval": lambda network: network,
    "train": lambda network: deepcopy(network).train(),
}


class DynaPURLS(PURLSMethod):
    Config = DynaPURLSConfig
    transductive = True

    def __init__(self, sizes: Sizes, config: DynaPURLSConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.refinement, self.at_test = config.refinement, NETWORKS[config.network_at_test]

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return self._refined(clips, text, lambda rows: candidate_scores)

    @torch.no_grad()
    def score_knowing(
        self, clips: Clips, text: Text, truth: Int[Tensor, " clip"]
    ) -> Float[Tensor, "clip class"]:
        def knowing(rows: Tensor) -> Scorer:
            return lambda network, cells, texts: knowing_scores(network, cells, truth[rows], texts)

        return self._refined(clips, text, knowing)

    def _refined(
        self, clips: Clips, text: Text, scorer: Callable[[Tensor], Scorer]
    ) -> Float[Tensor, "clip class"]:
        """Clips are scored in random order, a batch at a time after it has changed the texts."""
        network, cells = self.at_test(self.network), self.cells(clips.skeletons)
        refined = RefinedTexts(slot_texts(text), self.refinement)
        scores = cells.new_empty(len(cells), len(text))
        for rows in shuffled(len(cells), self.refinement.batch_size, cells.device):
            score, some = scorer(rows), cells[rows]
            refined.step(network, some, score(network, some, refined()))
            scores[rows] = score(network, some, refined())
        return scores


class RefinedTexts:
    """Texts with a scale and a shift that learn from pseudo-labels."""

    def __init__(self, texts: SlotTexts, config: RefinementConfig):
        self.texts, self.config = texts, config
        self.scale = nn.Parameter(torch.ones_like(texts))
        self.shift = nn.Parameter(torch.zeros_like(texts))
        self.optimizer = torch.optim.Adam(
            (self.scale, self.shift), config.rates[0], weight_decay=config.weight_decay
        )
        self.steps = 0
        # By class: confidence and loss of a clip; the loss remembers the texts as they were.
        self.buffers: list[list[tuple[float, Tensor]]] = [[] for _ in texts]

    def __call__(self) -> SlotTexts:
        return F.normalize(self.scale * self.texts + self.shift, dim=2)

    def step(
        self, network: PURLSNetwork, cells: Cells, scores: Float[Tensor, "clip class"]
    ) -> None:
        """Learn from the clips of a batch whose scores are confident, if these are two or more."""
        confidence, pseudo = scores.softmax(1).max(1)
        sure = confidence > self.config.confidence
        if sure.sum() < 2:
            return
        confidence, pseudo = confidence[sure], pseudo[sure]
        with torch.enable_grad():
            guided = guided_scores(network, cells[sure], pseudo, self())
            losses = F.cross_entropy(guided, pseudo, reduction="none")
            for label, *entry in zip(pseudo.tolist(), confidence.tolist(), losses, strict=True):
                self._keep(self.buffers[label], *entry)
            kept = torch.stack([loss for buffer in self.buffers for _, loss in buffer])
            weights = self.scale, self.shift
            gradients = torch.autograd.grad(kept.mean(), weights, retain_graph=True)
        self.scale.grad, self.shift.grad = gradients
        rate = self.config.rates[self.steps % len(self.config.rates)]
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()
        self.steps += 1

    def _keep(self, buffer: list[tuple[float, Tensor]], confidence: float, loss: Tensor) -> None:
        if len(buffer) < self.config.buffer:
            buffer.append((confidence, loss))
            return
        least = min(range(len(buffer)), key=lambda place: buffer[place][0])
        if confidence > buffer[least][0]:
            buffer[least] = confidence, loss
