"""MSF: as CADA-VAE, with several descriptions of each class side by side."""

from collections.abc import Iterator

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.losses import positions
from zsar.learning.training import Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method
from zsar.vae.classifier import classify
from zsar.vae.model import AlignedVAE
from zsar.vae.training import VAEConfig, train_vae


class MSF(Method):
    Settings = VAEConfig

    def __init__(self, sizes: Sizes, settings: VAEConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.model = AlignedVAE(
            sizes.features, sizes.sources * sizes.text, 1, settings.latent, settings.output
        )

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        owned, words = positions(seen.labels, classes), _words(text[classes])

        def some(present: Int[Tensor, " class"]) -> Float[Tensor, "part class width"]:
            return words.index_select(1, present)

        yield from train_vae(self, self.model, seen.features, owned, some, self.settings)

    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        kind, classifier = self.settings.noise, self.settings.classifier
        return classify(self.model, clips.features, _words(text), kind, classifier)


def _words(text: Text) -> Float[Tensor, "part class width"]:
    """All texts of a class in one row of unit length."""
    return F.normalize(text.pooled.flatten(1), dim=1)[None]
