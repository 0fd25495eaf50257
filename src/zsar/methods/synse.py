"""SynSE: CADA-VAE with a share of the latent for each part of speech.

P. Gupta, D. Sharma, R. K. Sarvadevabhatla: Syntactically Guided Generative Embeddings for Zero-Shot
Skeleton Action Recognition. ICIP 2021, https://arxiv.org/abs/2101.11530
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.world import Sizes, Text
from zsar.methods._aligned_vae import AlignedVAEMethod


class SynSE(AlignedVAEMethod):
    @staticmethod
    def text_shape(sizes: Sizes) -> tuple[int, int]:
        return sizes.sources, sizes.text

    @staticmethod
    def text_features(text: Text) -> Float[Tensor, "part class width"]:
        """Noun and verb, or whatever sources there are, each of length one."""
        return F.normalize(text.pooled, dim=2).transpose(0, 1)
