"""CADA-VAE: a VAE of motion and one of text, each of which decodes the latents of the other.

E. Schönfeld, S. Ebrahimi, S. Sinha, T. Darrell, Z. Akata: Generalized Zero- and Few-Shot Learning
via Aligned Variational Autoencoders. CVPR 2019, https://arxiv.org/abs/1812.01784
"""

from jaxtyping import Float
from torch import Tensor

from zsar.learning.world import Sizes, Text, normalised_text
from zsar.methods._aligned_vae import AlignedVAEMethod


class CADAVAE(AlignedVAEMethod):
    @staticmethod
    def text_shape(sizes: Sizes) -> tuple[int, int]:
        return 1, sizes.text

    @staticmethod
    def text_features(text: Text) -> Float[Tensor, "part class width"]:
        return normalised_text(text)[None]
