"""SynSE: CADA-VAE with a share of the latent for each part of speech.

P. Gupta, D. Sharma, R. K. Sarvadevabhatla: Syntactically Guided Generative Embeddings for Zero-Shot
Skeleton Action Recognition. ICIP 2021, https://arxiv.org/abs/2101.11530
"""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.encoders.base import Encoder
from zsar.learning.losses import positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.model import AlignedVAE
from zsar.vae.training import VAEConfig, train_vae


class SynSE(Method):
    Config = VAEConfig

    def __init__(self, sizes: Sizes, config: VAEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        self.model = AlignedVAE(
            sizes.features, sizes.text, sizes.sources, config.latent, config.output
        )

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        targets, text_features = positions(seen.labels, classes), _features(text[classes])

        def text_of(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            return text_features.index_select(1, present)

        yield from train_vae(self, self.model, seen.features, targets, text_of, self.config)

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        noise, classifier = self.config.noise, self.config.classifier
        return classify(self.model, clips.features, _features(text), noise, classifier)


def _features(text: Text) -> Float[Tensor, "part class width"]:
    """Noun and verb, or whatever sources there are, each of length one."""
    return F.normalize(text.pooled, dim=2).transpose(0, 1)
