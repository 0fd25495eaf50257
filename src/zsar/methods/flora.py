"""Flora: texts that their neighbours attune, and a flow from text to motion that classifies.

Y. Chen, M. Li, Z. Rao, D. Zeng, S. Guo, J. Guo: Learning by Neighbor-Aware Semantics, Deciding by
Open-form Flows: Towards Robust Zero-Shot Skeleton Action Recognition. CVPR Findings 2026,
https://arxiv.org/abs/2511.09388
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import Amount, Count, Whole, Width
from zsar.encoders.base import Encoder
from zsar.learning.flow import (
    Coder,
    Latents,
    Velocity,
    alignment,
    errors,
    matching,
    repeated,
    sampled,
)
from zsar.learning.losses import positions, rows_of_other_classes
from zsar.learning.neighbours import POOLS, NeighbourConfig, attuned
from zsar.learning.optim import adamw
from zsar.learning.training import Losses, Row
from zsar.learning.world import Clips, Sizes, Text, token_table
from zsar.methods._cyclic import CycleConfig, CyclicConfig, CyclicMethod

PAIRS = 1024  # clip-text pairs that are scored at once


@dataclass(frozen=True)
class FlowSchedule(CycleConfig):
    """The flow is trained in cycles, after the latents are aligned."""

    alignment_steps: Whole


@dataclass(frozen=True)
class FloraConfig(CyclicConfig):
    tokens: Count  # of a text, beside the pooled one
    latent: Width
    heads: Count
    neighbours: NeighbourConfig
    moments: Amount  # weight of the distance between the distributions of clip and text
    contrast: Amount  # weight of the distance to the flow of another class
    sampled_at_test: bool  # true, as published, draws new noise; false takes the means
    schedule: FlowSchedule


class Flora(CyclicMethod):
    Config = FloraConfig
    config: FloraConfig
    pool: Tensor

    def __init__(self, sizes: Sizes, config: FloraConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.motion = Coder(sizes.features, config.latent)
        self.text = Coder(sizes.sources * sizes.text, config.latent)
        self.velocity = Velocity(config.latent, config.heads)
        self.register_buffer("pool", torch.zeros(0))  # texts that neighbours are taken from

    @property
    def unseen_texts(self) -> bool:
        return self.config.neighbours.among == "all"

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        config, classes, schedule = self.config, seen.classes, self.config.schedule
        self.pool = token_table(POOLS[config.neighbours.among](text, seen), config.tokens)
        table = attuned(token_table(text[classes], config.tokens), self.pool, config.neighbours)
        targets = positions(seen.labels, classes)

        def align(rows: Tensor) -> Losses:
            texts = table[targets[rows]]
            features = repeated(seen.features[rows], texts)
            noise = torch.randn(2, *texts.shape[:2], config.latent, device=texts.device)
            return alignment(self.text, self.motion, texts, features, noise, config.moments)

        @torch.no_grad()
        def latents(rows: Tensor) -> tuple[Latents, Latents]:
            texts = table[targets[rows]]
            features = repeated(seen.features[rows], texts)
            return sampled(self.text(texts)), sampled(self.motion(features))

        def flow(rows: Tensor) -> Losses:
            others = rows[rows_of_other_classes(targets[rows])]
            time = torch.randn(len(rows), device=rows.device).sigmoid()
            ends = latents(rows), latents(others)
            return matching(self.velocity, time, *ends, config.contrast)

        optimizer = adamw(self, config.optimizer)  # leaves alone what has no gradient
        (aligned,) = self.descend(align, optimizer, seen, CycleConfig(1, schedule.alignment_steps))
        for row in self.descend(flow, optimizer, seen, schedule):
            yield aligned | row

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        config = self.config
        table = attuned(token_table(text, config.tokens), self.pool, config.neighbours)
        texts = self.text(table)
        motions = self.motion(clips.features[:, None])
        if config.sampled_at_test:
            motions = self.motion(repeated(clips.features, table))
            texts, motions = (sampled(texts),), (sampled(motions),)
        parts = motions[0].split(max(1, PAIRS // len(text)))
        return torch.cat([-errors(self.velocity, texts[0], part) for part in parts])

    def _load_from_state_dict(self, state_dict, prefix, *others) -> None:
        """How many texts there are follows from the classes."""
        self.pool = torch.zeros_like(state_dict[f"{prefix}pool"])
        super()._load_from_state_dict(state_dict, prefix, *others)
