"""UmURL: an encoder that learns from skeletons alone; labels teach only the head behind it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.encoders.base import Encoder, LabelledClips
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import PretrainingConfig, pretrain
from zsar.encoders.umurl_views import to_frame_major, whole_clips
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.downstream import ProbeConfig, probe_accuracy, train_probe
from zsar.learning.training import Row

Skeletons = Float[Tensor, "clip xyz frame joint body"]
Features = Float[Tensor, "clip dim"]
CLIPS = 256  # that are encoded at once
COLUMNS = ("intra", "inter", "spread", "covariance", "deviation", "rank")


@dataclass(frozen=True)
class UmURLConfig:
    width: int  # of a token; features are twice as wide
    frames: int  # that clips are brought to
    pretraining: PretrainingConfig
    probe: ProbeConfig


class UmURL(Encoder):
    Settings: type = UmURLConfig

    def __init__(self, seen: int, settings: Any):
        super().__init__(seen, settings)
        self.settings = settings
        self.backbone = Backbone(settings.width, settings.frames)
        self.width = self.backbone.width
        self.head = nn.Linear(self.width, seen)

    def body(self) -> nn.Module:
        return self.backbone

    def fit(
        self, train: LabelledClips, held: LabelledClips, side: Path | None = None
    ) -> Iterator[Row]:
        """Learn from the skeletons, then which features have which label.

        What lets an interrupted training go on is kept in `side`.
        """
        yield from self.learn(train.skeletons, train, held, side)

    def learn(
        self, skeletons: Skeletons, train: LabelledClips, held: LabelledClips, side: Path | None
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
        settings: PretrainingConfig = self.settings.pretraining
        film = to_frame_major(skeletons)
        network = Projected(self.backbone, settings.projection).to(film.device)
        yield from pretrain(network, film, settings, kept)
        self.eval()

    def tell_apart(self, train: LabelledClips, held: LabelledClips) -> Iterator[Row]:
        """Teach the head; the epoch that does best on `held` stays, of equal ones the later; where
        nothing is held out, the last."""
        features = self.features(train.skeletons)
        if not len(held):
            yield from train_probe(self.head, features, train.labels, self.settings.probe)
            return
        exam = self.features(held.skeletons)
        best, kept = -1.0, {}
        for row in train_probe(self.head, features, train.labels, self.settings.probe):
            right = probe_accuracy(self.head, exam, held.labels)
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
        return self.backbone(whole_clips(to_frame_major(skeletons), self.backbone.frames))

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        """Of a joint at a moment: what the moment holds, then what the path of the joint holds.

        The most over bodies, moments and joints are the features.
        """
        film = whole_clips(to_frame_major(skeletons), self.backbone.frames)
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


class UmURLAll(UmURL):
    uses_unlabelled = True

    def __init__(self, seen: int, settings: Any):
        super().__init__(seen, settings)
        self.watched: Skeletons | None = None

    def watch(self, skeletons: Skeletons) -> None:
        self.watched = skeletons

    def fit(
        self, train: LabelledClips, held: LabelledClips, side: Path | None = None
    ) -> Iterator[Row]:
        """Learn from the skeletons watched; with none, only which features have which label."""
        if self.watched is None:
            yield from self.tell_apart(train, held)
        else:
            yield from self.learn(self.watched, train, held, side)


MODALITY = {"j": "joint", "b": "bone", "m": "motion"}
DOMAIN = {"t": "time", "s": "space"}
NAMES = (
    (r"backbone\.([jbm])_emb\.([ts])_embedding\.", "backbone.{2}.embed.{1}."),
    (r"backbone\.mm_fusion\.([ts])_fusion\.0\.", "backbone.{1}.fuse."),
    (r"backbone\.ma_encoder\.([ts])_tr\.layers\.0\.", "backbone.{1}.attend."),
    (r"([jbm])_projector\.", "project.{1}."),
    (r"fc\.", "head."),
)
COMPUTED = "backbone.ma_encoder.pe.pe"  # positions, which follow from the width


def from_published(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of the encoder, renamed; what only pre-training needs is left out."""
    return {k: v for k, v in of_pretraining(theirs).items() if not k.startswith("project.")}


def of_pretraining(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All of them, renamed; the prefix of DistributedDataParallel is taken off."""
    plain = {name.removeprefix("module."): weight for name, weight in theirs.items()}
    return {_renamed(name): weight for name, weight in plain.items() if name != COMPUTED}


def _renamed(name: str) -> str:
    for pattern, target in NAMES:
        found = re.match(pattern, name)
        if found:
            words = (MODALITY.get(each) or DOMAIN[each] for each in found.groups())
            return target.format(found[0], *words) + name[found.end() :]
    raise ValueError(f"{name} is not the name of a weight of UmURL")
