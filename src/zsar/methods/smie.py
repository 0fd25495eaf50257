"""SMIE: raise the information that a clip and its text share, above that of its calm frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.critic import Critic
from zsar.learning.losses import positions
from zsar.learning.optim import WarmupBy, pace, warm_cosine
from zsar.learning.training import AdamConfig, Losses, Row, adam, descend
from zsar.learning.world import Clips, Sizes, Text, normalised_text
from zsar.methods.base import Method

PAIRS = 2**16  # clip-text pairs that are scored at once
CLIPS = 4096  # whose frames are looked through at once


@dataclass(frozen=True)
class SMIEConfig:
    hidden: tuple[int, ...]
    optimizer: AdamConfig
    epochs: int
    warmup: int  # epochs
    warmup_by: WarmupBy  # epoch, as published, lets the cosine fall by epochs, too
    batch_size: int
    temporal: float  # weight of the temporal term; 0 never touches the skeletons
    margin: float
    kept_frames: int
    drawn_frames: int
    negatives: Literal["other_class", "shifted"]  # shifted, as published, may share the class
    normalise_at_test: bool  # false, as published, drops the LayerNorm at inference


class SMIE(Method):
    Settings = SMIEConfig

    @classmethod
    def needs_skeletons(cls, settings: SMIEConfig) -> bool:
        return settings.temporal != 0

    def __init__(self, sizes: Sizes, settings: SMIEConfig):
        super().__init__(sizes, settings)
        self.settings = settings
        self.critic = Critic(sizes.features, sizes.text, settings.hidden)

    def fit(self, seen: Clips, text: Text) -> Iterator[Row]:
        settings, classes = self.settings, seen.classes
        motion, words = _normal(seen.features), normalised_text(text[classes])
        right = positions(seen.labels, classes)
        dulled = LowMotionFeatures(seen, settings) if settings.temporal else None

        def loss(rows: Tensor) -> Losses:
            told = self.critic.of_words(words)[right[rows]]
            moved = self.critic.of_motion(motion[rows])
            unknown = self.critic.judge(moved[self._strangers(right[rows])] + told)
            information = mutual_information(self.critic.judge(moved + told), unknown)
            losses = {"information": -information}
            if dulled:
                dull = self.critic.of_motion(_normal(dulled(rows)))
                less = mutual_information(self.critic.judge(dull + told), unknown)
                gap = (settings.margin - (information - less)).clamp(min=0)
                losses["temporal"] = settings.temporal * gap
            return losses

        optimizer = adam(self, settings.optimizer)
        steps = -(-len(seen) // settings.batch_size)
        warm, last = settings.warmup * steps, settings.epochs * steps
        yield from descend(
            self,
            loss,
            optimizer,
            rows=len(seen),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            schedule=warm_cosine(optimizer, warm, last, pace(settings.warmup_by, steps)),
        )

    @torch.no_grad()
    def score(self, clips: Clips, text: Text) -> Float[Tensor, "clip class"]:
        motion, words = clips.features, normalised_text(text)
        if self.settings.normalise_at_test:
            motion = _normal(motion)
        parts = motion.split(max(1, PAIRS // len(words)))
        return torch.cat([-F.softplus(-self.critic.grid(part, words)) for part in parts])

    def _strangers(self, labels: Int[Tensor, " clip"]) -> Int[Tensor, " clip"]:
        """For each clip of a batch, another one whose motion should not fit its text."""
        if self.settings.negatives == "shifted":
            return torch.arange(len(labels), device=labels.device).roll(-1)
        other = (labels[:, None] != labels).float()
        alone = other.sum(1, keepdim=True) == 0  # a batch of one class has no stranger
        return torch.multinomial(other + alone, 1)[:, 0]


class LowMotionFeatures:
    """The features of clips that show a few calm frames only; which are calm is found out once."""

    def __init__(self, seen: Clips, settings: SMIEConfig):
        self.seen, self.drawn = seen, settings.drawn_frames
        parts = seen.skeletons.split(CLIPS)
        self.calm = torch.cat([least_motion_frames(part, settings.kept_frames) for part in parts])

    @torch.no_grad()
    def __call__(self, rows: Int[Tensor, " clip"]) -> Float[Tensor, "clip dim"]:
        drawn = torch.randperm(self.calm.shape[1], device=rows.device)[: self.drawn].sort().values
        return self.seen.encoder(frames(self.seen.skeletons[rows], self.calm[rows][:, drawn]))


def mutual_information(
    known: Float[Tensor, " pair"], unknown: Float[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """The Jensen-Shannon estimate from the logits of pairs that belong together and that do not."""
    return -F.softplus(-known).mean() - F.softplus(unknown).mean()


def motion_energy(
    skeletons: Float[Tensor, "clip xyz frame joint body"],
) -> Float[Tensor, "clip frame"]:
    """Mean squared motion to the next and from the previous frame; the ends have one neighbour."""
    steps = skeletons.diff(dim=2).square().mean(dim=(1, 3, 4))
    return F.pad(steps, (0, 1)) + F.pad(steps, (1, 0))


def least_motion_frames(
    skeletons: Float[Tensor, "clip xyz frame joint body"], count: int
) -> Int[Tensor, "clip kept"]:
    """The frames of each clip that move least, in time order."""
    return motion_energy(skeletons).argsort(dim=1, stable=True)[:, :count].sort(dim=1).values


def frames(
    skeletons: Float[Tensor, "clip xyz frame joint body"], which: Int[Tensor, "clip kept"]
) -> Float[Tensor, "clip xyz kept joint body"]:
    """Each clip with frames of its own choice."""
    index = which[:, None, :, None, None].expand(-1, skeletons.shape[1], -1, *skeletons.shape[3:])
    return skeletons.gather(2, index)


def _normal(features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip dim"]:
    return F.layer_norm(features, features.shape[1:])
