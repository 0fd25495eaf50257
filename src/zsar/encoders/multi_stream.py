"""Encoders of a skeleton in one or more streams (joints, bones, or the motion of either), each
through a network of its own."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.data.skeleton import BONES
from zsar.encoders.base import Encoder, LabelledClips, Skeletons
from zsar.encoders.supervised import train_supervised
from zsar.errors import UserError
from zsar.learning.precision import Precision, autocast
from zsar.learning.training import Losses, Row


def joint(skeletons: Skeletons) -> Skeletons:
    return skeletons


def bone(skeletons: Skeletons) -> Skeletons:
    """Every joint minus its parent; 0 for the root."""
    children, parents = torch.tensor(BONES, device=skeletons.device).T
    bones = torch.zeros_like(skeletons)
    bones[:, :, :, children] = skeletons[:, :, :, children] - skeletons[:, :, :, parents]
    return bones


def motion(skeletons: Skeletons) -> Skeletons:
    """The next frame minus this one; 0 for the last frame."""
    moved = torch.zeros_like(skeletons)
    moved[:, :, :-1] = skeletons[:, :, 1:] - skeletons[:, :, :-1]
    return moved


def bone_motion(skeletons: Skeletons) -> Skeletons:
    return motion(bone(skeletons))


STREAMS: dict[str, Callable[[Skeletons], Skeletons]] = {
    "joint": joint,
    "bone": bone,
    "motion": motion,
    "bone_motion": bone_motion,
}


@dataclass(frozen=True)
class SpeedConfig:
    training: Precision
    features: Precision
    # Shared: absent bodies are computed once, with one dropout mask; else the same arithmetic.
    absent_bodies: Literal["shared", "separate"]
    compile: bool  # pays on a GPU in long trainings


class StreamNetwork(nn.Module, ABC):
    width: int
    blocks: nn.ModuleList

    @abstractmethod
    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]: ...

    @abstractmethod
    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]: ...


def block_sizes(channels: tuple[int, ...], strides: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Input channels, output channels and stride of each block."""
    if not channels or len(channels) != len(strides):
        raise UserError(f"{len(channels)} channels and {len(strides)} strides; expected one each")
    return list(zip((3, *channels[:-1]), channels, strides, strict=True))


class MultiStreamEncoder(Encoder):
    """Features of the streams are concatenated; logits are a weighted sum."""

    def __init__(self, num_classes: int, config: Any, make: Callable[[], StreamNetwork]):
        super().__init__(num_classes, config)
        if not config.streams or set(config.streams) - set(STREAMS):
            wrong = ", ".join(config.streams) or "none"
            raise UserError(f"streams are {wrong}; expected some of: {', '.join(STREAMS)}")
        networks = {name: make() for name in config.streams}
        self.widths = [network.width for network in networks.values()]
        self.width = sum(self.widths)
        self.networks = nn.ModuleDict(networks)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(networks[name].width, num_classes) for name in networks}
        )
        if config.speed.compile:
            for block in (each for network in networks.values() for each in network.blocks):
                block.compile(dynamic=True)

    def fit(
        self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None
    ) -> Iterator[Row]:
        config = self.config.training
        yield from train_supervised(self, self.losses, train, val, config, checkpoint_dir)

    @classmethod
    def num_epochs(cls, config: Any) -> int:
        return config.training.epochs

    def backbone(self) -> nn.Module:
        return self.networks

    def train(self, mode: bool = True) -> "MultiStreamEncoder":
        """Networks that do not learn stay in evaluation mode, with their statistics."""
        super().train(mode)
        if self.config.training.learns == "heads":
            self.networks.requires_grad_(False).eval()
        return self

    def losses(self, clips: LabelledClips) -> Losses:
        """The cross-entropy of every stream by itself."""
        logits = self.logits(self(clips.skeletons))
        return {stream: F.cross_entropy(each, clips.labels) for stream, each in logits.items()}

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        with self._autocast(skeletons.device):
            outputs = [network(STREAMS[name](skeletons)) for name, network in self._networks()]
        return torch.cat(outputs, 1)

    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        with self._autocast(skeletons.device):
            outputs = [network.maps(STREAMS[name](skeletons)) for name, network in self._networks()]
        return torch.cat(outputs, 2)

    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        weights = self.config.streams
        return torch.stack([weights[k] * v for k, v in self.logits(features).items()]).sum(0)

    def logits(self, features: Float[Tensor, "clip dim"]) -> dict[str, Float[Tensor, "clip seen"]]:
        parts = zip(self.heads.items(), features.split(self.widths, 1), strict=True)
        return {name: head(part) for (name, head), part in parts}

    def _networks(self) -> list[tuple[str, StreamNetwork]]:
        return cast(list[tuple[str, StreamNetwork]], list(self.networks.items()))

    def _autocast(self, device: torch.device) -> AbstractContextManager:
        speed = self.config.speed
        return autocast(device, speed.training if self.networks.training else speed.features)
