"""UmURL: an encoder that learns from skeletons alone; labels teach only the head behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.encoders.base import Encoder, Footage
from zsar.encoders.pretraining import Pretext, pretrained
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.probe import Probe, accuracy, probed
from zsar.learning.training import Row
from zsar.learning.views import filmed, whole

Skeletons = Float[Tensor, "clip xyz frame joint body"]
Features = Float[Tensor, "clip dim"]
CLIPS = 256  # that are encoded at once
COLUMNS = ("intra", "inter", "spread", "covariance", "deviation", "rank")


@dataclass(frozen=True)
class Recipe:
    width: int  # of a token; features are twice as wide
    frames: int  # that clips are brought to
    pretraining: Pretext
    probe: Probe


class UmURL(Encoder):
    Settings: type = Recipe

    def __init__(self, seen: int, settings: Any):
        super().__init__(seen, settings)
        self.settings = settings
        self.backbone = Backbone(settings.width, settings.frames)
        self.width = self.backbone.width
        self.head = nn.Linear(self.width, seen)

    def body(self) -> nn.Module:
        return self.backbone

    def fit(self, train: Footage, held: Footage, side: Path | None = None) -> Iterator[Row]:
        """Learn from the skeletons, then which features have which label.

        What lets an interrupted training go on is kept in `side`.
        """
        yield from self.learn(train.skeletons, train, held, side)

    def learn(
        self, skeletons: Skeletons, train: Footage, held: Footage, side: Path | None
    ) -> Iterator[Row]:
        kept = self.checkpoint(skeletons, side) if side else None
        columns = (*COLUMNS, "cross_entropy", *(["held_accuracy"] if len(held) else []))
        empty = dict.fromkeys(columns, float("nan"))  # what the other phase has no value for
        for row in chain(self.pretrain(skeletons, kept), self.tell_apart(train, held)):
            yield empty | row
        if kept:
            kept.forget()

    def checkpoint(self, skeletons: Skeletons, side: Path) -> Checkpoint:
        return Checkpoint.of(side, self, skeletons, self.settings)

    def pretrain(self, skeletons: Skeletons, kept: Checkpoint | None) -> Iterator[Row]:
        settings: Pretext = self.settings.pretraining
        film = filmed(skeletons)
        network = Projected(self.backbone, settings.projection).to(film.device)
        yield from pretrained(network, film, settings, kept)
        self.eval()

    def tell_apart(self, train: Footage, held: Footage) -> Iterator[Row]:
        """Teach the head; the epoch that does best on `held` stays, of equal ones the later; where
        nothing is held out, the last."""
        features = self.features(train.skeletons)
        if not len(held):
            yield from probed(self.head, features, train.labels, self.settings.probe)
            return
        exam = self.features(held.skeletons)
        best, kept = -1.0, {}
        for row in probed(self.head, features, train.labels, self.settings.probe):
            right = accuracy(self.head, exam, held.labels)
            if right >= best:
                best, kept = right, {k: v.clone() for k, v in self.head.state_dict().items()}
            yield row | {"held_accuracy": right}
        self.head.load_state_dict(kept)

    @torch.no_grad()
    def features(self, skeletons: Skeletons) -> Features:
        """Those of many clips, some at a time."""
        self.eval()
        return torch.cat([self(some) for some in skeletons.split(CLIPS)])

    def forward(self, skeletons: Skeletons) -> Features:
        return self.backbone(whole(filmed(skeletons), self.backbone.frames))

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        """Of a joint at a moment: what the moment holds, then what the path of the joint holds.

        The most over bodies, moments and joints are the features.
        """
        film = whole(filmed(skeletons), self.backbone.frames)
        _, frames, bodies, joints, _ = film.shape
        moments, places = self.backbone.tokens(film)
        moments = moments.transpose(1, 2)[:, None, :, :, None]
        places = places.unflatten(1, (bodies, joints)).transpose(2, 3)[:, :, :, None]
        return torch.cat(
            (
                moments.expand(-1, bodies, -1, -1, joints),
                places.expand(-1, -1, -1, frames, -1),
            ),
            2,
        )

    def classify(self, features: Features) -> Float[Tensor, "clip seen"]:
        return self.head(features)
