"""AMSF: CADA-VAE with several descriptions of each class that a network learns to fuse.

Li et al., IEEE Transactions on Multimedia 2025, https://ieeexplore.ieee.org/document/11194256; it
grew out of MSF.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.encoders.base import Encoder
from zsar.fusion import FusionConfig, fusion
from zsar.learning.losses import positions
from zsar.learning.precision import Precision, autocast
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.model import AlignedVAE
from zsar.vae.training import VAEConfig, train_vae


@dataclass(frozen=True)
class AMSFConfig(VAEConfig):
    fusion: FusionConfig
    # What a batch fuses once. Clip, as published, counts a class as often as it has clips, which
    # matters to strategies that look at other classes: their attention, batch normalisation.
    fused: Literal["class", "clip"]
    precision: Precision  # in which the fusion learns; it answers in float32
    normalise_at_test: bool  # false as published: test features have another length


# Of the class of each clip: which fused text it has, and which class that is of.
FUSED: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    "class": lambda own: (own, torch.arange(int(own.max()) + 1, device=own.device)),
    "clip": lambda own: (torch.arange(len(own), device=own.device), own),
}


class AMSF(Method):
    Config = AMSFConfig

    def __init__(self, sizes: Sizes, config: AMSFConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.fuse = fusion(sizes.sources, sizes.text, config.fusion)
        self.model = AlignedVAE(sizes.features, self.fuse.width, 1, config.latent, config.output)

    @classmethod
    def num_epochs(cls, config: AMSFConfig) -> int:
        return config.schedule.cycles

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        skeleton_features, texts = F.normalize(seen.features, dim=1), text.pooled[classes]
        targets, fused = FUSED[self.config.fused](positions(seen.labels, classes))

        def text_of(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            self.fuse.zero_grad()
            with autocast(texts.device, self.config.precision):
                return self._fused(texts.index_select(0, fused.index_select(0, present)))

        yield from train_vae(self, self.model, skeleton_features, targets, text_of, self.config)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        config, skeleton_features = self.config, clips.features
        if config.normalise_at_test:
            skeleton_features = F.normalize(skeleton_features, dim=1)
        text_features = self._fused(text.pooled)
        return classify(
            self.model, skeleton_features, text_features, config.noise, config.classifier
        )

    def _fused(
        self, texts: Float[Tensor, "class source width"]
    ) -> Float[Tensor, "one class fused"]:
        return F.normalize(self.fuse(texts).to(texts.dtype), dim=1)[None]
