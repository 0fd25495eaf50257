"""FS-VAE: MSF with weighted frequencies of features and texts, and a calibrated alignment.

W. Wu, Z. Guo, C. Chen, H. Xue, A. Lu: Frequency-Semantic Enhanced Variational Autoencoder for
Zero-Shot Skeleton-based Action Recognition. ICCV 2025, https://arxiv.org/abs/2506.22179
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.encoders.base import Encoder
from zsar.learning.losses import positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.frequency import TERMS, BandConfig, CalibrationConfig, FrequencyVAE, calibrated_step
from zsar.vae.training import VAEConfig, train_vae


@dataclass(frozen=True)
class FSVAEConfig(VAEConfig):
    bands: BandConfig
    calibration: CalibrationConfig


class FSVAE(Method):
    Config = FSVAEConfig

    def __init__(self, sizes: Sizes, config: FSVAEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        text = sizes.sources * sizes.text
        self.model = FrequencyVAE(
            sizes.features, text, 1, config.latent, config.output, config.bands
        )

    @classmethod
    def num_epochs(cls, config: FSVAEConfig) -> int:
        return config.schedule.cycles

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes, config = seen.classes, self.config
        targets, features = positions(seen.labels, classes), concatenated(text[classes])

        def text_of(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            return features.index_select(1, present)

        step = partial(calibrated_step, config=config.calibration)
        yield from train_vae(self, self.model, seen.features, targets, text_of, config, step, TERMS)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        noise, classifier = self.config.noise, self.config.classifier
        return classify(self.model, clips.features, concatenated(text), noise, classifier)


def concatenated(text: Text) -> Float[Tensor, "part class width"]:
    """All texts of a class in one row of length one."""
    return F.normalize(text.pooled.flatten(1), dim=1)[None]
