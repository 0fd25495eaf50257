"""UmURL: an encoder that learns from skeletons alone; labels train only the head behind it.

S. Sun, D. Liu, J. Dong, X. Qu, J. Gao, X. Yang, X. Wang, M. Wang: Unified Multi-modal Unsupervised
Representation Learning for Skeleton-based Action Understanding. ACM Multimedia 2023,
https://arxiv.org/abs/2311.03106
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.bounds import Frames, Width
from zsar.encoders.base import Encoder, LabelledClips, Skeletons
from zsar.encoders.umurl_network import Backbone, Projected
from zsar.encoders.umurl_pretraining import PretrainingConfig, pretrain
from zsar.encoders.umurl_views import to_frame_major, whole_clips
from zsar.learning.checkpoint import Checkpoint
from zsar.learning.downstream import ProbeConfig, probe_accuracy, train_probe
from zsar.learning.mapped_clips import ClipSource
from zsar.learning.training import Row

Features = Float[Tensor, "clip dim"]
COLUMNS = ("intra", "inter", "variance", "covariance", "deviation", "rank")


@dataclass(frozen=True)
class UmURLConfig:
    width: Width  # of a token; features are twice as wide
    frames: Frames  # that clips are resampled to
    pretraining: PretrainingConfig
    probe: ProbeConfig


class UmURL(Encoder):
    Config: type = UmURLConfig
    self_supervised = True

    def __init__(self, num_classes: int, config: UmURLConfig):
        super().__init__(num_classes, config)
        self.network = Backbone(config.width, config.frames)
        self.width = self.network.width
        self.head = nn.Linear(self.width, num_classes)

    @classmethod
    def num_epochs(cls, config: UmURLConfig) -> int:
        return config.pretraining.epochs + config.probe.epochs

    @classmethod
    def num_pretraining_epochs(cls, config: UmURLConfig) -> int:
        return config.pretraining.epochs

    @property
    def probe_config(self) -> ProbeConfig:
        return self.config.probe

    def backbone(self) -> nn.Module:
        return self.network

    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        """Learn from the skeletons, then train the head on the features and their labels."""
        yield from self.fit_on(train.skeletons, train, val, checkpoint_dir)

    def fit_on(
        self,
        skeletons: ClipSource,
        train: LabelledClips,
        val: LabelledClips,
        checkpoint_dir: Path | None,
    ) -> Iterator[Row]:
        """The same, pre-trained on other skeletons than the labelled ones."""
        checkpoint = self._checkpoint(skeletons, checkpoint_dir)
        columns = (*COLUMNS, "cross_entropy", *(["val_accuracy"] if len(val) else []))
        empty = dict.fromkeys(columns, float("nan"))  # what the other part has no value for
        for row in chain(self._pretrain(skeletons, checkpoint), self.fit_head(train, val)):
            yield empty | row

    def pretrain(self, skeletons: ClipSource, checkpoint_dir: Path | None) -> Iterator[Row]:
        checkpoint = self._checkpoint(skeletons, checkpoint_dir)
        yield from self._pretrain(skeletons, checkpoint)

    def _checkpoint(self, skeletons: ClipSource, folder: Path | None) -> Checkpoint | None:
        return Checkpoint.of(folder, self, skeletons, self.config) if folder else None

    def _pretrain(self, skeletons: ClipSource, checkpoint: Checkpoint | None) -> Iterator[Row]:
        config: PretrainingConfig = self.config.pretraining
        network = Projected(self.network, config.projection).to(skeletons.device)
        yield from pretrain(network, skeletons, config, checkpoint)
        self.eval()

    def fit_head(self, train: LabelledClips, val: LabelledClips) -> Iterator[Row]:
        """Train the head. The epoch that is best on `val` is kept, of equal ones the later; without
        validation clips, the last."""
        features = self.encode(train.skeletons)
        if not len(val):
            yield from train_probe(self.head, features, train.labels, self.config.probe)
            return
        val_features = self.encode(val.skeletons)
        best, kept = -1.0, {}
        for row in train_probe(self.head, features, train.labels, self.config.probe):
            accuracy = probe_accuracy(self.head, val_features, val.labels)
            if accuracy >= best:
                best, kept = accuracy, {k: v.clone() for k, v in self.head.state_dict().items()}
            yield row | {"val_accuracy": accuracy}
        self.head.load_state_dict(kept)

    def forward(self, skeletons: Skeletons) -> Features:
        return self.network(whole_clips(to_frame_major(skeletons), self.network.frames))

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        """Of a joint at a frame: the token of the frame, then the token of the joint.

        The maximum over bodies, frames and joints are the features.
        """
        clips = whole_clips(to_frame_major(skeletons), self.network.frames)
        _, frames, bodies, joints, _ = clips.shape
        moments, places = self.network.tokens(clips)
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

    @classmethod
    def from_published(cls, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Those of the encoder, renamed; what only pre-training needs is left out."""
        kept = pretraining_weights(weights).items()
        return {
            re.sub(r"^backbone\.", "network.", name): weight
            for name, weight in kept
            if not name.startswith("project.")
        }


class UmURLAll(UmURL):
    """UmURL pre-trained on all training clips, unseen classes among them, without their labels."""

    uses_unlabelled = True

    def __init__(self, num_classes: int, config: UmURLConfig):
        super().__init__(num_classes, config)
        self.unlabelled: ClipSource | None = None

    def set_unlabelled_clips(self, skeletons: ClipSource) -> None:
        self.unlabelled = skeletons

    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        """Learn from the unlabelled clips; with none, train only the head."""
        if self.unlabelled is None:
            yield from self.fit_head(train, val)
        else:
            yield from self.fit_on(self.unlabelled, train, val, checkpoint_dir)


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


def pretraining_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Released weights under the names of `Projected`, and those of a head; the prefix of
    DistributedDataParallel is taken off."""
    plain = {name.removeprefix("module."): weight for name, weight in weights.items()}
    return {_renamed(name): weight for name, weight in plain.items() if name != COMPUTED}


def _renamed(name: str) -> str:
    for pattern, target in NAMES:
        found = re.match(pattern, name)
        if found:
            parts = (MODALITY.get(each) or DOMAIN[each] for each in found.groups())
            return target.format(found[0], *parts) + name[found.end() :]
    raise ValueError(f"{name} is not the name of a weight of UmURL")
