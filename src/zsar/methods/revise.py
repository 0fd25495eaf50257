"""ReViSE: an autoencoder of motion and one of text, with similar hidden layers, whose
heads rank the classes.

Y.-H. H. Tsai, L.-K. Huang, R. Salakhutdinov: Learning Robust Visual-Semantic Embeddings. ICCV 2017,
https://arxiv.org/abs/1703.05908
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, BatchSize, Epochs, Positive, Width
from zsar.encoders.base import Encoder
from zsar.learning.losses import RANKINGS, mmd, positions
from zsar.learning.optim import AdamConfig, adam_with_decays
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

LAST: dict[str, type[nn.Module]] = {"linear": nn.Identity, "relu": nn.ReLU}


@dataclass(frozen=True)
class ReViSEConfig:
    hidden: Width
    text_hidden: tuple[Width, ...]  # before the last one, which is as wide as `hidden`
    head: Width
    reconstruction: Literal[
        "linear", "relu"
    ]  # relu, as published, cannot give text features below zero
    ranking: Literal["wrong_classes", "every_class"]
    margin: Amount
    kernel: Positive  # sharpness of the discrepancy between the hidden layers
    contractive: Amount  # weight
    contraction_learns: bool  # false, as published, adds a number without a gradient
    optimizer: AdamConfig
    text_decay: Amount  # weight decay of the text autoencoder; published: 1e-3
    epochs: Epochs
    batch_size: BatchSize


class ReViSE(Method):
    Config = ReViSEConfig

    def __init__(self, sizes: Sizes, config: ReViSEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        self.config = config
        last = LAST[config.reconstruction]
        self.motion = Autoencoder((sizes.features, config.hidden), config.head, last)
        self.text = Autoencoder((sizes.text, *config.text_hidden, config.hidden), config.head, last)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        skeleton_features = signed_log1p(seen.features)
        text_features = normalised_text(text[classes])
        targets = positions(seen.labels, classes)

        yield from descend(
            self,
            lambda rows: self.losses(skeleton_features[rows], text_features, targets[rows]),
            adam_with_decays(self, self.config.optimizer, {"text": self.config.text_decay}),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )

    def losses(self, skeleton_features: Tensor, text_features: Tensor, targets: Tensor) -> Losses:
        """Each class passes through its autoencoder once, however many clips of it there are."""
        config = self.config
        hidden, text_hidden = (
            self.motion.encoder(skeleton_features),
            self.text.encoder(text_features),
        )
        heads = self.motion.head(hidden), self.text.head(text_hidden)
        text_error = (self.text.decoder(text_hidden) - text_features).square().mean(1)
        return {
            "rank": RANKINGS[config.ranking](*heads, targets, config.margin),
            "motion": F.mse_loss(self.motion.decoder(hidden), skeleton_features),
            "contraction": config.contractive * self.contraction(hidden),
            "text": text_error[targets].mean(),
            "discrepancy": mmd(hidden, text_hidden, targets, config.kernel),
        }

    def contraction(self, hidden: Float[Tensor, "clip hidden"]) -> Float[Tensor, ""]:
        """How much the summed hidden layer changes with the input; its units are idle or linear."""
        weight, _ = self.motion.encoder[0].parameters()
        change = ((hidden > 0).to(hidden.dtype) @ weight).norm()
        return change if self.config.contraction_learns else change.detach()

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return self.motion(signed_log1p(clips.features)) @ self.text(normalised_text(text)).T


class Autoencoder(nn.Module):
    """An autoencoder of ReLU layers, and a head from its hidden layer."""

    def __init__(self, widths: tuple[int, ...], head: int, last: type[nn.Module]):
        super().__init__()
        self.encoder = chain(widths, nn.ReLU)
        self.decoder = chain(widths[::-1], last)
        self.head = nn.Sequential(nn.Linear(widths[-1], head), nn.Tanh())

    def forward(self, rows: Float[Tensor, "row width"]) -> Float[Tensor, "row head"]:
        return self.head(self.encoder(rows))


def chain(widths: tuple[int, ...], last: type[nn.Module]) -> nn.Sequential:
    layers = [part for each in pairwise(widths) for part in (nn.Linear(*each), nn.ReLU())]
    return nn.Sequential(*layers[:-1], last())


def signed_log1p(features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip dim"]:
    """log(1 + x), mirrored below zero, where the features of the published encoder never are."""
    return features.sign() * features.abs().log1p()
