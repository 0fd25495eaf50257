"""STAR: six body parts of a clip, each attended to by learned prompts, meet the texts of the parts
and the name of the class.

Y. Chen, J. Guo, T. He, X. Lu, L. Wang: Fine-Grained Side Information Guided Dual-Prompts for
Zero-Shot Skeleton Action Recognition. ACM Multimedia 2024, https://arxiv.org/abs/2404.07487
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, Count, Width
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.body_maps import BODIES, BodyMaps, Maps
from zsar.learning.losses import cosine, floored_cross_entropy, positions
from zsar.learning.part_attention import PartAttention, PartTexts, mapping
from zsar.learning.training import Losses, Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._joint_maps import JointMapConfig, JointMapMethod

PARTS = (  # joints; the sources are the name and these parts, in this order
    (2, 3, 20),  # head
    (7, 11, 21, 22, 23, 24),  # hands
    (4, 5, 6, 8, 9, 10),  # arms
    (0, 1),  # hips
    (12, 13, 16, 17),  # legs
    (14, 15, 18, 19),  # feet
)


@dataclass(frozen=True)
class STARWeights:
    whole: Amount  # sum over the parts of a clip, and names
    parts: Amount  # parts of a clip, and their texts
    names: Amount  # texts of parts, and names


@dataclass(frozen=True)
class STARConfig(JointMapConfig):
    prompts: Count  # of each part; also the width of the common space
    heads: Count
    text_hidden: Width
    weights: STARWeights
    named: Literal["seen", "all"]  # classes of the loss `names`; all, as published: unseen ones too
    bodies: Literal["mean", "scrambled"]


class STAR(JointMapMethod):
    Config = STARConfig
    config: STARConfig

    def __init__(self, sizes: Sizes, config: STARConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        if sizes.sources != 1 + len(PARTS):
            raise UserError(
                f"star reads {1 + len(PARTS)} text sources, the name and the parts head, hands,"
                f" arms, hips, legs, feet, and was given {sizes.sources}"
            )
        self.parts = nn.ModuleList(
            PartAttention(sizes.features, sizes.text, config.prompts, config.heads) for _ in PARTS
        )
        self.names = mapping(sizes.text, config.text_hidden, config.prompts)

    @property
    def unseen_texts(self) -> bool:
        return self.config.named == "all"

    def over_bodies(self, maps: BodyMaps) -> Maps:
        return BODIES[self.config.bodies](maps)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        classes = seen.classes
        named = {"seen": classes, "all": torch.arange(len(text), device=classes.device)}
        known = named[self.config.named]
        pooled, among, labels = text.pooled[known], positions(classes, known), seen.labels
        widths = pooled.shape[2], self.config.text_hidden, self.config.prompts
        part_texts = PartTexts(len(PARTS), len(known), *widths).to(classes.device)

        def losses(maps: Maps, rows: Tensor) -> Losses:
            return self.losses(maps, pooled, part_texts, among, positions(labels[rows], classes))

        yield from self.descend(nn.ModuleList((self, part_texts)), seen, losses)

    def losses(
        self,
        maps: Maps,
        pooled: Float[Tensor, "class source width"],
        part_texts: PartTexts,
        among: Int[Tensor, " seen"],  # the seen classes
        targets: Int[Tensor, " clip"],  # positions among these
    ) -> Losses:
        names, told, shown = self.names(pooled[:, 0]), part_texts(pooled[:, 1:]), self.embed(maps)
        whole = F.cross_entropy(cosine(shown.sum(1), names[among]), targets)
        pairs = zip(shown.unbind(1), told[among].unbind(1), strict=True)
        parts = [F.cross_entropy(cosine(clip, each), targets) for clip, each in pairs]
        naming = [floored_cross_entropy(each @ names.T) for each in told.unbind(1)]
        weights = self.config.weights
        return {
            "whole": weights.whole * whole,
            "parts": weights.parts * torch.stack(parts).mean(),
            "names": weights.names * torch.stack(naming).mean(),
        }

    def embed(self, maps: Maps) -> Float[Tensor, "clip part prompt"]:
        cells = [maps[..., list(joints)].flatten(2).transpose(1, 2) for joints in PARTS]
        return torch.stack([part(each) for part, each in zip(self.parts, cells, strict=True)], 1)

    def score_maps(self, maps: Maps, text: Text) -> Float[Tensor, "clip class"]:
        return cosine(self.embed(maps).sum(1), self.names(text.pooled[:, 0]))
