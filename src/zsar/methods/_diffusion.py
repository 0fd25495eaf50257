"""Training and scores of methods that predict the noise in skeleton features from the text."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import Count, Whole
from zsar.encoders.base import Encoder
from zsar.learning.diffusion import (
    Features,
    NetworkConfig,
    Noised,
    NoisePredictor,
    kept_shares,
    noise_errors,
    noised,
    with_noise,
)
from zsar.learning.losses import positions
from zsar.learning.optim import adamw, warmup_cosine
from zsar.learning.training import Losses, Row
from zsar.learning.transformer import Change, unchanged
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._cyclic import CyclicConfig, CyclicMethod

PAIRS = 1024  # clip-text pairs whose noise is predicted at once
Tables = Float[Tensor, "variant class row width"]


@dataclass(frozen=True)
class DiffusionConfig(CyclicConfig):
    tokens: Count  # of a text, beside the pooled one
    network: NetworkConfig
    noise_steps: Count
    test_step: Whole
    test_noises: Count
    warmup: Whole  # steps


class DiffusionMethod(CyclicMethod):
    config: DiffusionConfig
    kept: Tensor
    test_noise: Tensor

    def __init__(self, sizes: Sizes, config: DiffusionConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        width = self.text_width(sizes)
        self.predict = NoisePredictor(sizes.features, width, config.tokens, config.network)
        self.register_buffer("kept", kept_shares(config.noise_steps), persistent=False)
        # The same for every clip and class, from the start.
        self.register_buffer("test_noise", torch.randn(config.test_noises, sizes.features))

    @staticmethod
    @abstractmethod
    def text_width(sizes: Sizes) -> int: ...

    @abstractmethod
    def tables(self, text: Text) -> Tables:
        """The texts of every class, perhaps in several variants; the first serves at the test."""

    @abstractmethod
    def losses(self, batch: Noised, tables: Tables, progress: float) -> Losses:
        """`progress` is the share of the training that is done."""

    def between(self, pooled: Float[Tensor, "clip width"]) -> Change:
        """What each block of the network does after attention."""
        return unchanged

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        config, classes = self.config, seen.classes
        tables, targets = self.tables(text[classes]), positions(seen.labels, classes)
        steps = config.schedule.cycles * config.schedule.steps
        optimizer = adamw(self, config.optimizer)
        schedule = warmup_cosine(optimizer, config.warmup, steps, 1)

        def loss(rows: Tensor) -> Losses:
            batch = with_noise(seen.features[rows], targets[rows], self.kept)
            return self.losses(batch, tables, schedule.last_epoch / steps)

        yield from self.descend(loss, optimizer, seen, config.schedule, schedule)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        """Errors are summed over dimensions and noises."""
        table = self.tables(text)[0]
        parts = clips.features.split(max(1, PAIRS // len(table)))
        return torch.cat([-clips.features.shape[1] * self.errors(part, table) for part in parts])

    def errors(
        self, features: Features, table: Float[Tensor, "class row width"]
    ) -> Float[Tensor, "clip class"]:
        """Mean squared errors, summed over the noises."""
        texts = table.repeat(len(features), 1, 1)
        pairs = features.repeat_interleave(len(table), dim=0)
        step = torch.full((len(pairs),), self.config.test_step, device=features.device)
        between, kept = self.between(texts[:, -1]), self.kept[step]
        found = torch.zeros(len(pairs), device=features.device)
        for noise in self.test_noise.expand(len(pairs), -1, -1).unbind(1):
            predicted = self.predict(noised(pairs, noise, kept), step, texts, between)
            found = found + noise_errors(predicted, noise)
        return found.view(len(features), len(table))
