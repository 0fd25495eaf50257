"""CADA-VAE: a VAE of motion and one of text, each of which decodes the latents of the other.

E. Schönfeld, S. Ebrahimi, S. Sinha, T. Darrell, Z. Akata: Generalized Zero- and Few-Shot Learning
via Aligned Variational Autoencoders. CVPR 2019, https://arxiv.org/abs/1812.01784
"""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.learning.losses import positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.model import AlignedVAE
from zsar.vae.training import VAEConfig, train_vae


class CADAVAE(Method):
    Config = VAEConfig

    def __init__(self, sizes: Sizes, config: VAEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.model = AlignedVAE(sizes.features, sizes.text, 1, config.latent, config.output)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        targets, text_features = (
            positions(seen.labels, classes),
            normalised_text(text[classes])[None],
        )

        def text_of(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            return text_features.index_select(1, present)

        yield from train_vae(self, self.model, seen.features, targets, text_of, self.config)

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        noise, classifier = self.config.noise, self.config.classifier
        return classify(self.model, clips.features, normalised_text(text)[None], noise, classifier)
