"""SA-DVAE: CADA-VAE where a part of the motion's latent, its style, need not agree with the text.

S.-W. Li, Z.-X. Wei, W.-J. Chen, Y.-H. Yu, C.-Y. Yang, J. Y.-j. Hsu: SA-DVAE: Improving Zero-Shot
Skeleton-Based Action Recognition by Disentangled Variational Autoencoders. ECCV 2024,
https://arxiv.org/abs/2407.13460
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import BatchSize, Count, Epochs, Width
from zsar.encoders.base import Encoder
from zsar.learning.losses import positions
from zsar.learning.optim import AdamConfig, adam
from zsar.learning.training import Losses, Row, descend, full
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method
from zsar.vae.classifier import ClassifierConfig, classify
from zsar.vae.disentangled import (
    Codes,
    DisentangledVAE,
    discriminator,
    discriminator_loss,
    disentangled_losses,
    sampled,
)
from zsar.vae.epoch_schedule import EpochSchedule, factors
from zsar.vae.model import Noise, Output


@dataclass(frozen=True)
class SADVAEConfig:
    semantic: Width  # dimensions of the latent
    style: Width
    output: Output  # of the decoders; relu, as published, cannot give the negative half of a text
    noise: Noise  # row, as published, moves all dimensions of a latent alike
    optimizer: AdamConfig  # the discriminator has another one of this kind
    epochs: Epochs
    batch_size: BatchSize
    discriminator_every: Count  # batches
    schedule: EpochSchedule
    classifier: ClassifierConfig


class SADVAE(Method):
    Config = SADVAEConfig

    def __init__(self, sizes: Sizes, config: SADVAEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        widths = config.semantic, config.style
        self.model = DisentangledVAE(sizes.features, sizes.text, *widths, config.output)
        self.discriminator = discriminator(sum(widths))

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        config, classes = self.config, seen.classes
        text_features, targets = normalised_text(text[classes]), positions(seen.labels, classes)
        judging = adam(self.discriminator, config.optimizer)
        steps, counted = max(1, len(seen) // config.batch_size), count()

        def loss(rows: Tensor) -> Losses:
            epoch, step = divmod(next(counted), steps)
            weights = factors(config.schedule, epoch, step, steps)
            features, own_text = seen.features[rows], text_features[targets[rows]]
            codes = Codes.of(self.model, features, own_text)
            if step % config.discriminator_every == 0 and weights.text_kl:
                judging.zero_grad()
                (weights.text_kl * self._judge(codes)).backward()
                judging.step()
            latents = codes.sample(config.noise)
            return disentangled_losses(
                self.model, self.discriminator, features, own_text, codes, latents, weights
            )

        yield from descend(
            self,
            loss,
            adam(self.model, config.optimizer),
            rows=len(seen),
            batch_size=config.batch_size,
            epochs=config.epochs,
            batches=full,
        )

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        text_features = normalised_text(text)[None]
        config = self.config
        return classify(self.model, clips.features, text_features, config.noise, config.classifier)

    def _judge(self, codes: Codes) -> Float[Tensor, ""]:
        """The discriminator's loss, on new samples of clips and of texts."""
        losses = []
        for code in (codes.motion, codes.text):
            semantic, style = (
                sampled(each, self.config.noise).detach() for each in (code, codes.style)
            )
            first, second = (torch.randperm(len(style), device=style.device) for _ in range(2))
            losses.append(discriminator_loss(self.discriminator, semantic, style, (first, second)))
        return torch.stack(losses).mean()
