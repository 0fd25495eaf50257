"""PGFA without its alignment: encoder and projection learn end to end to place clips near the text
of their class.

K. Zhou, S. Zhang, Z. You, J. Hu, M. Tan, F. Liu: Zero-Shot Skeleton-Based Action Recognition With
Prototype-Guided Feature Alignment. IEEE Transactions on Image Processing 2025,
https://arxiv.org/abs/2507.00566
"""

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.learning.losses import cosine
from zsar.learning.world import Clips, Text, mean_text
from zsar.methods._end_to_end import EndToEndMethod, PGFAConfig


class PGFA(EndToEndMethod):
    Config = PGFAConfig

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.projection(clips), mean_text(text))
