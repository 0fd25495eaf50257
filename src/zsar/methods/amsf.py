"""AMSF: as CADA-VAE, with several descriptions of each class that it learns to fuse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

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
    # changes how strategies learn that look at others: attention of classes, batch normalisation.
    fused: Literal["class", "clip"]
    precision: Precision  # in which the fusion learns; it answers in float32
    normalise_at_test: bool  # false, as published, shows the model features of another length


# Of the class of each clip: which fused text it has, and which class that is of.
FUSED: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    "class": lambda own: (own, torch.arange(int(own.max()) + 1, device=own.device)),
    "clip": lambda own: (torch.arange(len(own), device=own.device), own),
}


class AMSF(Method):
    Settings = AMSFConfig

    def __init__(self, sizes: Sizes, settings: AMSFConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.fuse = fusion(sizes.sources, sizes.text, settings.fusion)
        self.model = AlignedVAE(
            sizes.features, self.fuse.width, 1, settings.latent, settings.output
        )

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        motion, texts = F.normalize(seen.features, dim=1), text.pooled[classes]
        owned, fused = FUSED[self.settings.fused](positions(seen.labels, classes))

        def words(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            self.fuse.zero_grad()
            with autocast(texts.device, self.settings.precision):
                return self._words(texts.index_select(0, fused.index_select(0, present)))

        yield from train_vae(self, self.model, motion, owned, words, self.settings)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        settings, motion = self.settings, clips.features
        if settings.normalise_at_test:
            motion = F.normalize(motion, dim=1)
        words = self._words(text.pooled)
        return classify(self.model, motion, words, settings.noise, settings.classifier)

    def _words(
        self, texts: Float[Tensor, "class source width"]
    ) -> Float[Tensor, "one class fused"]:
        return F.normalize(self.fuse(texts).to(texts.dtype), dim=1)[None]
