"""JPoSE: an embedding space for verbs, one for nouns, and one that joins both.

M. Wray, D. Larlus, G. Csurka, D. Damen: Fine-Grained Action Retrieval Through Multiple
Parts-of-Speech Embeddings. ICCV 2019, https://arxiv.org/abs/1908.03477
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, BatchSize, Epochs, Width
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.losses import RANKINGS, positions, triplet_loss
from zsar.learning.optim import AdamConfig, adam_with_decays
from zsar.learning.training import Losses, Row, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method

KINDS = ("verbs", "nouns")  # the sources, in this order
JOINT = ("joint_motion", "joint_text")  # the maps into the joint space
Embeddings = list[Float[Tensor, "row space"]]  # in the space of each kind, then in the joint one


@dataclass(frozen=True)
class JPoSEConfig:
    text_hidden: Width
    width: Width  # of each space
    ranking: Literal["wrong_classes", "every_class"]
    margin: Amount
    triplet: Amount  # weight
    triplet_negatives: Literal["other_word", "any"]
    triplet_pairs: Literal["own", "all"]
    optimizer: AdamConfig
    joint_decay: Amount  # weight decay of the maps into the joint space; published: 1e-3
    epochs: Epochs
    batch_size: BatchSize


class JPoSE(Method):
    Config = JPoSEConfig

    def __init__(self, sizes: Sizes, config: JPoSEConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        if sizes.sources != len(KINDS):
            raise UserError(
                f"jpose reads two text sources, verbs and nouns, and was given {sizes.sources}"
            )
        self.config = config
        width, hidden = config.width, config.text_hidden
        self.motion = nn.ModuleList(tanh(sizes.features, width) for _ in KINDS)
        self.text = nn.ModuleList(
            nn.Sequential(tanh(sizes.text, hidden), nn.Linear(hidden, width), nn.ReLU())
            for _ in KINDS
        )
        self.joint_motion = tanh(len(KINDS) * width, width)
        self.joint_text = tanh(len(KINDS) * width, width)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        candidates, targets = text[classes], positions(seen.labels, classes)
        groups = candidates.groups[targets]

        yield from descend(
            self,
            lambda rows: self.losses(
                seen.features[rows], candidates.pooled, groups[rows], targets[rows]
            ),
            adam_with_decays(
                self, self.config.optimizer, dict.fromkeys(JOINT, self.config.joint_decay)
            ),
            rows=len(seen),
            batch_size=self.config.batch_size,
            epochs=self.config.epochs,
        )

    def losses(
        self,
        features: Float[Tensor, "clip dim"],
        texts: Float[Tensor, "class kind width"],
        groups: Int[Tensor, "clip kind"],
        targets: Int[Tensor, " clip"],
    ) -> Losses:
        config, rank = self.config, RANKINGS[self.config.ranking]
        motion, text = self.embed_clips(features), self.embed_texts(texts)
        losses: Losses = {}
        for i, space in enumerate((*KINDS, "joint")):
            losses[space] = rank(motion[i], text[i], targets, config.margin)
        for i, kind in enumerate(KINDS):
            losses[f"{kind}_triplet"] = config.triplet * triplet_loss(
                motion[i],
                groups[:, i],
                config.margin,
                config.triplet_negatives,
                config.triplet_pairs,
            )
        return losses

    def embed_clips(self, features: Float[Tensor, "clip dim"]) -> Embeddings:
        unit = F.normalize(features, dim=1)
        return joined([enter(unit) for enter in self.motion], self.joint_motion)

    def embed_texts(self, texts: Float[Tensor, "class kind width"]) -> Embeddings:
        units = F.normalize(texts, dim=2).unbind(1)
        embedded = [enter(unit) for enter, unit in zip(self.text, units, strict=True)]
        return joined(embedded, self.joint_text)

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        return self.embed_clips(clips.features)[-1] @ self.embed_texts(text.pooled)[-1].T


def joined(embedded: list[Tensor], join: nn.Module) -> Embeddings:
    units = [F.normalize(each, dim=1) for each in embedded]
    return [*units, F.normalize(join(torch.cat(units, 1)), dim=1)]


def tanh(entering: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(entering, leaving), nn.Tanh())
