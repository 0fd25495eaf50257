"""JPoSE: a space for verbs, one for nouns, and one that joins the two."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.errors import UserError
from zsar.learning.losses import RANKINGS, positions, triplet_loss
from zsar.learning.training import AdamConfig, Losses, Row, adam_with_decays, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method

KINDS = ("verbs", "nouns")  # the sources, in this order
JOINT = ("joint_motion", "joint_words")  # the maps into the joint space
Places = list[Float[Tensor, "row place"]]  # in the space of each kind, then in the joint one


@dataclass(frozen=True)
class JPoSEConfig:
    words_hidden: int
    width: int  # of each space
    ranking: Literal["wrong_classes", "every_class"]
    margin: float
    triplet: float  # weight
    triplet_negatives: Literal["other_word", "any"]
    triplet_pairs: Literal["own", "all"]
    optimizer: AdamConfig
    joint_decay: float  # weight decay of the maps into the joint space; published: 1e-3
    epochs: int
    batch_size: int


class JPoSE(Method):
    Settings = JPoSEConfig

    def __init__(self, sizes: Sizes, settings: JPoSEConfig):
        super().__init__(sizes, settings)
        if sizes.sources != len(KINDS):
            raise UserError(
                f"jpose reads two text sources, verbs and nouns, and was given {sizes.sources}"
            )
        self.settings = settings
        width, hidden = settings.width, settings.words_hidden
        self.motion = nn.ModuleList(tanh(sizes.features, width) for _ in KINDS)
        self.words = nn.ModuleList(
            nn.Sequential(tanh(sizes.text, hidden), nn.Linear(hidden, width), nn.ReLU())
            for _ in KINDS
        )
        self.joint_motion = tanh(len(KINDS) * width, width)
        self.joint_words = tanh(len(KINDS) * width, width)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        told, right = text[classes], positions(seen.labels, classes)
        groups = told.groups[right]

        yield from descend(
            self,
            lambda rows: self.losses(seen.features[rows], told.pooled, groups[rows], right[rows]),
            adam_with_decays(
                self, self.settings.optimizer, dict.fromkeys(JOINT, self.settings.joint_decay)
            ),
            rows=len(seen),
            batch_size=self.settings.batch_size,
            epochs=self.settings.epochs,
        )

    def losses(
        self,
        features: Float[Tensor, "clip dim"],
        texts: Float[Tensor, "class kind width"],
        groups: Int[Tensor, "clip kind"],
        right: Int[Tensor, " clip"],
    ) -> Losses:
        settings, rank = self.settings, RANKINGS[self.settings.ranking]
        motion, words = self.see(features), self.read(texts)
        losses: Losses = {}
        for i, space in enumerate((*KINDS, "joint")):
            losses[space] = rank(motion[i], words[i], right, settings.margin)
        for i, kind in enumerate(KINDS):
            losses[f"{kind}_triplet"] = settings.triplet * triplet_loss(
                motion[i],
                groups[:, i],
                settings.margin,
                settings.triplet_negatives,
                settings.triplet_pairs,
            )
        return losses

    def see(self, features: Float[Tensor, "clip dim"]) -> Places:
        unit = F.normalize(features, dim=1)
        return joined([enter(unit) for enter in self.motion], self.joint_motion)

    def read(self, texts: Float[Tensor, "class kind width"]) -> Places:
        units = F.normalize(texts, dim=2).unbind(1)
        entered = [enter(unit) for enter, unit in zip(self.words, units, strict=True)]
        return joined(entered, self.joint_words)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return self.see(clips.features)[-1] @ self.read(text.pooled)[-1].T


def joined(entered: list[Tensor], join: nn.Module) -> Places:
    units = [F.normalize(each, dim=1) for each in entered]
    return [*units, F.normalize(join(torch.cat(units, 1)), dim=1)]


def tanh(entering: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(entering, leaving), nn.Tanh())
