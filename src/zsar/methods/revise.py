"""ReViSE: two autoencoders whose hidden layers mingle and whose heads rank the classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.losses import RANKINGS, mmd, positions
from zsar.learning.training import AdamConfig, Losses, Row, adam_with_decays, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

LAST: dict[str, type[nn.Module]] = {"linear": nn.Identity, "relu": nn.ReLU}


@dataclass(frozen=True)
class ReViSEConfig:
    hidden: int
    words_hidden: tuple[int, ...]  # before the last one, which is as wide as `hidden`
    head: int
    reconstruction: Literal["linear", "relu"]  # relu, as published, cannot give words below zero
    ranking: Literal["wrong_classes", "every_class"]
    margin: float
    kernel: float  # sharpness of the discrepancy between the hidden layers
    contractive: float  # weight
    contraction_learns: bool  # false, as published, adds a number without a gradient
    optimizer: AdamConfig
    words_decay: float  # weight decay of the side of the words; published: 1e-3
    epochs: int
    batch_size: int


class ReViSE(Method):
    Settings = ReViSEConfig

    def __init__(self, sizes: Sizes, settings: ReViSEConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        last = LAST[settings.reconstruction]
        self.motion = Side((sizes.features, settings.hidden), settings.head, last)
        self.words = Side(
            (sizes.text, *settings.words_hidden, settings.hidden), settings.head, last
        )

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        motion, words = signed_log1p(seen.features), normalised_text(text[classes])
        right = positions(seen.labels, classes)

        yield from descend(
            self,
            lambda rows: self.losses(motion[rows], words, right[rows]),
            adam_with_decays(self, self.settings.optimizer, {"words": self.settings.words_decay}),
            rows=len(seen),
            batch_size=self.settings.batch_size,
            epochs=self.settings.epochs,
        )

    def losses(self, motion: Tensor, words: Tensor, right: Tensor) -> Losses:
        """Each class passes through its side once, however many clips of it there are."""
        settings = self.settings
        hidden, told = self.motion.encoder(motion), self.words.encoder(words)
        heads = self.motion.head(hidden), self.words.head(told)
        read = (self.words.decoder(told) - words).square().mean(1)
        return {
            "rank": RANKINGS[settings.ranking](*heads, right, settings.margin),
            "motion": F.mse_loss(self.motion.decoder(hidden), motion),
            "contraction": settings.contractive * self.contraction(hidden),
            "words": read[right].mean(),
            "discrepancy": mmd(hidden, told, right, settings.kernel),
        }

    def contraction(self, hidden: Float[Tensor, "clip hidden"]) -> Float[Tensor, ""]:
        """How much the summed hidden layer changes with the input; its units are idle or linear."""
        weight, _ = self.motion.encoder[0].parameters()
        change = ((hidden > 0).to(hidden.dtype) @ weight).norm()
        return change if self.settings.contraction_learns else change.detach()

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return self.motion(signed_log1p(clips.features)) @ self.words(normalised_text(text)).T


class Side(nn.Module):
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
