"""STAR: six body parts of a clip, each attended to by learned prompts, meet the texts of the parts
and the name of the class.

Y. Chen, J. Guo, T. He, X. Lu, L. Wang: Fine-Grained Side Information Guided Dual-Prompts for
Zero-Shot Skeleton Action Recognition. ACM Multimedia 2024, https://arxiv.org/abs/2404.07487
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.bounds import Amount, Count, Width
from zsar.encoders.base import Encoder
from zsar.errors import UserError
from zsar.learning.losses import cosine, positions
from zsar.learning.training import Losses, Row
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._joint_maps import BodyMaps, JointMapConfig, JointMapMethod, Maps

PARTS = (  # joints; the sources are the name and these parts, in this order
    (2, 3, 20),  # head
    (7, 11, 21, 22, 23, 24),  # hands
    (4, 5, 6, 8, 9, 10),  # arms
    (0, 1),  # hips
    (12, 13, 16, 17),  # legs
    (14, 15, 18, 19),  # feet
)
FLOOR = 1e-12


def scrambled(maps: BodyMaps) -> Maps:
    """As published: the memory of the maps is read as if the bodies came last."""
    clips, bodies, dim, time, joints = maps.shape
    return maps.reshape(clips, dim, time, joints, bodies).mean(4)


BODIES: dict[str, Callable[[BodyMaps], Maps]] = {
    "mean": lambda maps: maps.mean(1),
    "scrambled": scrambled,
}


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

    def __init__(self, sizes: Sizes, config: STARConfig, encoder: Encoder | None):
        super().__init__(sizes, config, encoder)
        if sizes.sources != 1 + len(PARTS):
            raise UserError(
                f"star reads {1 + len(PARTS)} text sources, the name and the parts head, hands,"
                f" arms, hips, legs, feet, and was given {sizes.sources}"
            )
        self.config = config
        self.parts = nn.ModuleList(PartAttention(sizes, config) for _ in PARTS)
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
        part_texts = PartTexts(len(known), pooled.shape[2], self.config).to(classes.device)

        def losses(maps: Maps, rows: Tensor) -> Losses:
            return self.losses(maps, pooled, part_texts, among, positions(labels[rows], classes))

        yield from self.descend(nn.ModuleList((self, part_texts)), seen, losses)

    def losses(
        self,
        maps: Maps,
        pooled: Float[Tensor, "class source width"],
        part_texts: "PartTexts",
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


class PartAttention(nn.Module):
    """Prompts attend to the cells of a part, and each gives one number of it."""

    def __init__(self, sizes: Sizes, config: STARConfig):
        super().__init__()
        width, dim = sizes.text, sizes.features
        self.prompts = nn.Parameter(torch.randn(config.prompts, width))
        self.attend = nn.MultiheadAttention(
            width, config.heads, kdim=dim, vdim=dim, batch_first=True
        )
        self.map = mapping(width, width, width)
        self.bilinear = nn.Parameter(torch.randn(width, width))

    def forward(self, cells: Float[Tensor, "clip cell dim"]) -> Float[Tensor, "clip prompt"]:
        return (self.attended(cells) * (self.prompts @ self.bilinear)).sum(2)

    def attended(self, cells: Float[Tensor, "clip cell dim"]) -> Float[Tensor, "clip prompt width"]:
        queries = self.prompts.expand(len(cells), -1, -1)
        return self.map(self.attend(queries, cells, cells)[0])


class PartTexts(nn.Module):
    """Texts of the parts in the common space, each with a learned vector of its class; only
    training needs them."""

    def __init__(self, classes: int, width: int, config: STARConfig):
        super().__init__()
        self.prompts = nn.Parameter(torch.randn(len(PARTS), classes, width))
        self.map = nn.ModuleList(mapping(width, config.text_hidden, config.prompts) for _ in PARTS)

    def forward(
        self, texts: Float[Tensor, "class part width"]
    ) -> Float[Tensor, "class part prompt"]:
        told = zip(self.map, texts.unbind(1), self.prompts, strict=True)
        return torch.stack([map(text + prompt) for map, text, prompt in told], 1)


def floored_cross_entropy(logits: Float[Tensor, "class class"]) -> Float[Tensor, ""]:
    """Each row is to be its own class. As published, what is less likely than the floor teaches
    nothing."""
    likelihoods = logits.log_softmax(1).diagonal()
    return -likelihoods.logaddexp(torch.full_like(likelihoods, math.log(FLOOR))).mean()


def mapping(entering: int, hidden: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(entering, hidden), nn.ReLU(), nn.Linear(hidden, leaving))
