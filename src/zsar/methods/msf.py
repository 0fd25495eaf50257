"""MSF: CADA-VAE with several descriptions of each class, concatenated.

M.-Z. Li, Z. Jia, Z. Zhang, Z. Ma, L. Wang: Multi-Semantic Fusion Model for Generalized Zero-Shot
Skeleton-Based Action Recognition. ICIG 2023, https://arxiv.org/abs/2309.09592
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.world import Sizes, Text
from zsar.methods._aligned_vae import AlignedVAEMethod


class MSF(AlignedVAEMethod):
    @staticmethod
    def text_shape(sizes: Sizes) -> tuple[int, int]:
        return 1, sizes.sources * sizes.text

    @staticmethod
    def text_features(text: Text) -> Float[Tensor, "part class width"]:
        """All texts of a class in one row of length one."""
        return F.normalize(text.pooled.flatten(1), dim=1)[None]
