"""FDSM: TDSM with amplified high frequencies, and texts that become shorter as training goes on.

Y. Zhou, Z. Zhang, J. Pan, Z. Lin, Z. Tu: Frequency-Enhanced Diffusion Models: Curriculum-Guided
Semantic Alignment for Zero-Shot Skeleton Action Recognition. 2026,
https://arxiv.org/abs/2604.09063
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import Probability, Width
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.dct import dct_matrix
from zsar.learning.diffusion import Noised, denoised, noise_errors
from zsar.learning.optim import cosine_decay
from zsar.learning.training import Losses
from zsar.learning.transformer import Change, Tokens
from zsar.learning.world import Sizes, Text, token_table
from zsar.methods._diffusion import DiffusionConfig, DiffusionMethod, Tables

LOW = 5  # frequencies of the features whose error counts in full at every step


@dataclass(frozen=True)
class FDSMConfig(DiffusionConfig):
    gate_width: Width  # hidden width of what tells from a text how much to amplify
    amplified_from: Probability  # share of the frequencies that stay as they are


class FDSM(DiffusionMethod):
    Config = FDSMConfig
    config: FDSMConfig
    dct: Tensor
    feature_dct: Tensor

    def __init__(self, sizes: Sizes, config: FDSMConfig, encoder: Encoder | None):
        if sizes.sources != 2:
            raise UserError(
                f"methods.fdsm.sources has {sizes.sources} texts, expected two: a short and a rich"
            )
        super().__init__(sizes, config, encoder)
        self.gate = nn.Sequential(
            nn.Linear(sizes.text, config.gate_width), nn.ReLU(), nn.Linear(config.gate_width, 1)
        )
        self.register_buffer("dct", dct_matrix(config.network.width), persistent=False)
        self.register_buffer("feature_dct", dct_matrix(sizes.features), persistent=False)

    @staticmethod
    def text_width(sizes: Sizes) -> int:
        return sizes.text

    def tables(self, text: Text) -> Tables:
        """Short texts, and rich ones."""
        both = token_table(text, self.config.tokens).chunk(2, dim=2)
        return torch.stack(both)

    def losses(self, batch: Noised, tables: Tables, progress: float) -> Losses:
        drawn = torch.rand(len(batch.targets), device=batch.targets.device)
        rich = (drawn < cosine_decay(progress, 1)).long()  # ever fewer
        return self.spectral_losses(batch, tables[rich, batch.targets])

    def spectral_losses(self, batch: Noised, texts: Float[Tensor, "clip row width"]) -> Losses:
        """The error of the noise, and that of the frequencies of what is left without it."""
        noisy = batch.noisy
        predicted = self.predict(noisy, batch.step, texts, self.between(texts[:, -1]))
        gaps = denoised(noisy, predicted, batch.kept) - batch.features
        weights = torch.ones_like(gaps)
        weights[:, LOW:] = (1 - batch.step / self.config.noise_steps)[:, None]
        return {
            "diffusion": noise_errors(predicted, batch.noise).mean(),
            "spectrum": (weights * (gaps @ self.feature_dct.T).square()).mean(),
        }

    def between(self, pooled: Float[Tensor, "clip width"]) -> Change:
        gate = self.gate(pooled).sigmoid()
        return lambda streams: [self.amplified(streams[0], gate), *streams[1:]]

    def amplified(self, tokens: Tokens, gate: Float[Tensor, "row one"]) -> Tokens:
        gains = 1 + gate.expand(-1, tokens.shape[2]).clone()
        gains[:, : int(self.config.amplified_from * tokens.shape[2])] = 1.0
        return tokens @ self.dct.T * gains[:, None] @ self.dct
