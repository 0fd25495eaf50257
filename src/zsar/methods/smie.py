"""SMIE: maximise the mutual information of clip and text, above that of its low-motion frames.

Y. Zhou, W. Qiang, A. Rao, N. Lin, B. Su, J. Wang: Zero-shot Skeleton-based Action Recognition via
Mutual Information Estimation and Maximization. ACM Multimedia 2023,
https://arxiv.org/abs/2308.03950
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.bounds import Amount, BatchSize, Epochs, Frames, Whole, Width
from zsar.encoders.base import Encoder
from zsar.encoders.reuse import FrozenEncoder
from zsar.learning.critic import Critic, mutual_information
from zsar.learning.losses import positions, rows_of_other_classes
from zsar.learning.low_motion import LowMotionFeatures
from zsar.learning.optim import AdamConfig, WarmupBy, adam, steps_per_change, warmup_cosine
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

PAIRS = 2**16  # clip-text pairs that are scored at once


@dataclass(frozen=True)
class SMIEConfig:
    hidden: tuple[Width, ...]
    optimizer: AdamConfig
    epochs: Epochs
    warmup: Whole  # epochs
    warmup_by: WarmupBy  # epoch, as published, lets the cosine fall by epochs, too
    batch_size: BatchSize
    temporal: Amount  # weight of the temporal term; 0 never touches the skeletons
    margin: Amount
    kept_frames: Frames
    drawn_frames: Frames
    negatives: Literal["other_class", "shifted"]  # shifted, as published, may share the class
    normalise_at_test: bool  # false, as published, drops the LayerNorm at inference


class SMIE(Method):
    Config = SMIEConfig

    @classmethod
    def needs_skeletons(cls, config: SMIEConfig) -> bool:
        return config.temporal != 0

    def __init__(self, sizes: Sizes, config: SMIEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.critic = Critic(sizes.features, sizes.text, config.hidden)
        self.encoder = FrozenEncoder(encoder) if config.temporal else None

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        config, classes = self.config, seen.classes
        skeleton_features = _normalised(seen.features)
        text_features = normalised_text(text[classes])
        targets = positions(seen.labels, classes)
        low_motion = None
        if self.encoder:
            low_motion = LowMotionFeatures(
                seen.skeletons, self.encoder, config.kept_frames, config.drawn_frames
            )

        def loss(rows: Tensor) -> Losses:
            text_part = self.critic.text_part(text_features)[targets[rows]]
            clip_part = self.critic.skeleton_part(skeleton_features[rows])
            negatives = self._negatives(targets[rows])
            unpaired = self.critic.logits(clip_part[negatives] + text_part)
            information = mutual_information(self.critic.logits(clip_part + text_part), unpaired)
            losses = {"information": -information}
            if low_motion:
                low_part = self.critic.skeleton_part(_normalised(low_motion(rows)))
                low_information = mutual_information(
                    self.critic.logits(low_part + text_part), unpaired
                )
                gap = (config.margin - (information - low_information)).clamp(min=0)
                losses["temporal"] = config.temporal * gap
            return losses

        optimizer = adam(self, config.optimizer)
        steps = -(-len(seen) // config.batch_size)
        warmup, last = config.warmup * steps, config.epochs * steps
        every = steps_per_change(config.warmup_by, steps)
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=config.batch_size,
            epochs=config.epochs,
            schedule=warmup_cosine(optimizer, warmup, last, every),
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        skeleton_features, text_features = clips.features, normalised_text(text)
        if self.config.normalise_at_test:
            skeleton_features = _normalised(skeleton_features)
        parts = skeleton_features.split(max(1, PAIRS // len(text_features)))
        return torch.cat([-F.softplus(-self.critic.grid(part, text_features)) for part in parts])

    def _negatives(self, labels: Int[Tensor, " clip"]) -> Int[Tensor, " clip"]:
        """For each clip of a batch, another one whose motion should not fit its text."""
        if self.config.negatives == "shifted":
            return torch.arange(len(labels), device=labels.device).roll(-1)
        return rows_of_other_classes(labels)


def _normalised(features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip dim"]:
    return F.layer_norm(features, features.shape[1:])
