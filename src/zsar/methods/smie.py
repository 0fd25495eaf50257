"""SMIE: raise the mutual information between a clip and its text, and let a clip whose lively frames are hidden know less."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.schedules import warm_cosine
from zsar.learning.training import Adam, Losses, Row, adam, descend
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method

PAIRS = 2**16  # clip-text pairs that are scored at once


@dataclass(frozen=True)
class Settings:
    hidden: tuple[int, ...]
    optimizer: Adam
    epochs: int
    warmup: int  # epochs
    batch_size: int
    temporal: float  # weight of the temporal term; 0 never touches the skeletons
    margin: float
    kept_frames: int
    drawn_frames: int
    negatives: Literal["other_class", "shifted"]  # shifted, as published, may share the class
    normalise_at_test: bool  # false, as published, drops the LayerNorm at inference


class SMIE(Method):
    Settings = Settings

    def __init__(self, sizes: Sizes, settings: Settings):
        super().__init__(sizes, settings)
        self.settings = settings
        self.critic = Critic(sizes.features, sizes.text, settings.hidden)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        words, settings = _words(text), self.settings

        def loss(rows: Tensor) -> Losses:
            motion, labels = _normal(seen.features[rows]), seen.labels[rows]
            strangers = motion[self._strangers(labels)]
            known = self.critic(motion, words[labels])
            unknown = self.critic(strangers, words[labels])
            information = mutual_information(known, unknown)
            losses = {"information": -information}
            if settings.temporal:
                dull = _normal(self._dulled(seen, rows))
                less = mutual_information(self.critic(dull, words[labels]), unknown)
                gap = (settings.margin - (information - less)).clamp(min=0)
                losses["temporal"] = settings.temporal * gap
            return losses

        optimizer = adam(self, settings.optimizer)
        steps = -(-len(seen) // settings.batch_size)
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            schedule=warm_cosine(optimizer, settings.warmup * steps, settings.epochs * steps),
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        motion, words = clips.features, _words(text)
        if self.settings.normalise_at_test:
            motion = _normal(motion)
        chunk = max(1, PAIRS // len(words))
        return torch.cat([-F.softplus(-self.critic.grid(part, words)) for part in motion.split(chunk)])

    def _strangers(self, labels: Int[Tensor, " clip"]) -> Int[Tensor, " clip"]:
        """For each clip of a batch, another one whose motion should not fit its text."""
        if self.settings.negatives == "shifted":
            return torch.arange(len(labels), device=labels.device).roll(-1)
        other = (labels[:, None] != labels).float()
        alone = other.sum(1, keepdim=True) == 0  # a batch of one class has no stranger
        return torch.multinomial(other + alone, 1)[:, 0]

    @torch.no_grad()
    def _dulled(self, seen: Clips, rows: Int[Tensor, " clip"]) -> Float[Tensor, "clip dim"]:
        calm = calmest(seen.skeletons[rows], self.settings.kept_frames)
        drawn = torch.randperm(calm.shape[2], device=calm.device)[: self.settings.drawn_frames]
        return seen.encoder(calm[:, :, drawn.sort().values])


class Critic(nn.Module):
    """How well a motion and a text belong together, as a logit."""

    def __init__(self, motion: int, text: int, hidden: tuple[int, ...]):
        super().__init__()
        widths = (motion + text, *hidden, 1)
        self.motion = motion
        self.layers = nn.ModuleList(
            nn.Linear(before, after) for before, after in zip(widths, widths[1:], strict=False)
        )

    def forward(
        self, motion: Float[Tensor, "pair motion"], words: Float[Tensor, "pair text"]
    ) -> Float[Tensor, " pair"]:
        return self._rest(self.layers[0](torch.cat((motion, words), dim=1)))

    def grid(
        self, motion: Float[Tensor, "clip motion"], words: Float[Tensor, "class text"]
    ) -> Float[Tensor, "clip class"]:
        """Every clip with every class; the first layer sees each clip and each class only once."""
        first = self.layers[0]
        left, right = first.weight.split((self.motion, words.shape[1]), dim=1)
        return self._rest((motion @ left.T)[:, None] + (words @ right.T + first.bias))

    def _rest(self, hidden: Float[Tensor, "*pair width"]) -> Float[Tensor, "*pair"]:
        for layer in self.layers[1:]:
            hidden = layer(hidden.relu())
        return hidden[..., 0]


def mutual_information(
    known: Float[Tensor, " pair"], unknown: Float[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """The Jensen-Shannon estimate from the logits of pairs that belong together and of pairs that do not."""
    return -F.softplus(-known).mean() - F.softplus(unknown).mean()


def liveliness(
    skeletons: Float[Tensor, "clip xyz frame joint body"],
) -> Float[Tensor, "clip frame"]:
    """Mean squared motion to the next and from the previous frame; the ends have one neighbour only."""
    steps = skeletons.diff(dim=2).square().mean(dim=(1, 3, 4))
    return F.pad(steps, (0, 1)) + F.pad(steps, (1, 0))


def calmest(
    skeletons: Float[Tensor, "clip xyz frame joint body"], count: int
) -> Float[Tensor, "clip xyz kept joint body"]:
    """The frames of each clip that move least, in time order."""
    frames = liveliness(skeletons).argsort(dim=1, stable=True)[:, :count].sort(dim=1).values
    index = frames[:, None, :, None, None].expand(-1, skeletons.shape[1], -1, *skeletons.shape[3:])
    return skeletons.gather(2, index)


def _normal(features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip dim"]:
    return F.layer_norm(features, features.shape[1:])


def _words(text: Text) -> Float[Tensor, "class width"]:
    return F.normalize(text.pooled.mean(1), dim=1)
