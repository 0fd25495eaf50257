"""TDSM: noise in skeleton features is predicted from the text; the true one predicts it best.

J. Do, M. Kim: Bridging the Skeleton-Text Modality Gap: Diffusion-Powered Modality Alignment for
Zero-shot Skeleton-based Action Recognition. ICCV 2025, https://arxiv.org/abs/2411.10745
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.bounds import Amount
from zsar.learning.diffusion import Noised, NoisePredictor, noise_errors
from zsar.learning.training import Losses
from zsar.learning.world import Sizes, Text, token_table
from zsar.methods._diffusion import DiffusionConfig, DiffusionMethod, Tables


@dataclass(frozen=True)
class TDSMConfig(DiffusionConfig):
    margin: Amount


class TDSM(DiffusionMethod):
    Config = TDSMConfig
    config: TDSMConfig

    @staticmethod
    def text_width(sizes: Sizes) -> int:
        return sizes.sources * sizes.text

    def tables(self, text: Text) -> Tables:
        return token_table(text, self.config.tokens)[None]

    def losses(self, batch: Noised, tables: Tables, progress: float) -> Losses:
        classes = tables.shape[1]
        others = torch.randint(classes, batch.targets.shape, device=batch.targets.device)
        return triplet_losses(self.predict, batch, tables[0], others, self.config.margin)


def triplet_losses(
    predict: NoisePredictor,
    batch: Noised,
    table: Float[Tensor, "class row width"],
    others: Int[Tensor, " clip"],
    margin: float,
) -> Losses:
    """The text of another class should predict the same noise worse by the margin; clips that were
    given their own class count as if it did."""
    texts = table[torch.cat((batch.targets, others))]
    noisy, step, noise = (
        torch.cat((each, each)) for each in (batch.noisy, batch.step, batch.noise)
    )
    errors = noise_errors(predict(noisy, step, texts), noise)
    own, other = errors.chunk(2)
    gaps = (own - other + margin).clamp(min=0) * (others != batch.targets)
    return {"diffusion": own.mean(), "triplet": gaps.mean()}
