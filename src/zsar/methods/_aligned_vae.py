"""Cross-aligned VAEs on given text features, shared by CADA-VAE, SynSE and MSF."""

from abc import abstractmethod
from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor

from zsar.encoders.base import Encoder
from zsar.learning.losses import positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.model import AlignedVAE
from zsar.vae.training import VAEConfig, train_vae


class AlignedVAEMethod(Method):
    Config = VAEConfig

    def __init__(self, sizes: Sizes, config: VAEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        parts, width = self.text_shape(sizes)
        self.model = AlignedVAE(sizes.features, width, parts, config.latent, config.output)

    @staticmethod
    @abstractmethod
    def text_shape(sizes: Sizes) -> tuple[int, int]:
        """The parts of the text features of a class, and the width of each."""

    @staticmethod
    @abstractmethod
    def text_features(text: Text) -> Float[Tensor, "part class width"]: ...

    @classmethod
    def num_epochs(cls, config: VAEConfig) -> int:
        return config.schedule.cycles

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        targets, features = positions(seen.labels, classes), self.text_features(text[classes])

        def text_of(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            return features.index_select(1, present)

        yield from train_vae(self, self.model, seen.features, targets, text_of, self.config)

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        noise, classifier = self.config.noise, self.config.classifier
        return classify(self.model, clips.features, self.text_features(text), noise, classifier)
