"""A toy world that every method can learn in a second: classes are the corners of a cube.

A corner is the pose that clips hold and, through other numbers, what each text says, so that the
step from text to motion learnt on some corners holds for the others.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

import toy_kinematics
from toy_config import config
from toy_study import PUBLISHED
from zsar import methods
from zsar.cells import Cell
from zsar.config.layers import merged
from zsar.config.settings import Settings, without_layers
from zsar.encoders.base import Encoder, LabelledClips
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods.base import Method

CORNERS = torch.tensor(list(product((-1.0, 1.0), repeat=3)))
CORNERS = CORNERS[[1, 3, 0, 4, 2, 7, 5, 6]]
UNSEEN = torch.tensor([2, 5])  # two corners that face each other, amidst the others
SEEN = torch.tensor([0, 1, 3, 4, 6, 7])
EACH, FRAMES, WIDTH, FEATURES = 20, 12, 16, 24  # clips of a class, and the sizes of the world
TOLD = {"verbs": [0, 1], "nouns": [1, 2]}  # directions of the cube a source speaks of; others: all

QUICK = {  # settings that fit this world, wherever a method has a setting of that name
    "batch_size": 32,
    "drawn_frames": 5,
    "epochs": 25,
    "kept_frames": 8,
    "lr": 1e-2,
    "sharpnesses": [5.0],
    "strengths": [0.5, 2.0],
    "warmup": 2,
}
AUTOENCODER = {
    "latent": 12,
    "schedule": {
        "cycles": 3,
        "steps": 120,
        "motion_kl_after": 60,
        "text_kl_after": 80,
        "cross_after": 40,
    },
    "classifier": {"samples": 50, "steps": 100, "lr": 0.05},
}
DIFFUSION = {
    "tokens": 2,
    "network": {"width": 24, "depth": 1, "heads": 2},
    "optimizer": {"lr": 1e-2},
    "schedule": {"cycles": 3, "steps": 60},
}
NARROW = {"hidden": 64, "key_width": 16}
OWN: dict[str, dict[str, Any]] = {  # by method, over the others
    "amsf": AUTOENCODER | {"fusion": {"heads": 4, "ratio": 2}},
    "cada_vae": AUTOENCODER,
    "fdsm": DIFFUSION
    | {
        "network": {"width": 48, "depth": 2, "heads": 2},
        "optimizer": {"lr": 3e-3},
        "schedule": {"cycles": 3, "steps": 120},
    },
    "flora": {
        "tokens": 2,
        "latent": 16,
        "heads": 2,
        "schedule": {"alignment_steps": 150, "cycles": 3, "steps": 50},
    },
    "fs_vae": AUTOENCODER | {"calibration": {"weight": 1.0}},
    "msf": AUTOENCODER,
    "neuron": {
        "epochs": 12,
        "faded": 4,
        "milestones": [],
        "optimizer": {"lr": 3.0},
        "prototypes": 16,
        "scale": 1.0,
    },
    "star": {"epochs": 12, "milestones": [], "optimizer": {"lr": 0.3}, "prompts": 24},
    "sa_dvae": {
        "semantic": 12,
        "style": 4,
        "batch_size": 12,
        "discriminator_every": 2,
        "schedule": {"motion_kl_from": 0.5, "text_kl_from": 0.5, "cross_from": 0.2},
        "classifier": AUTOENCODER["classifier"],
    },
    "tdsm": DIFFUSION,
    "dyna_purls": NARROW,
    "purls": NARROW,
    "skeleton_cache": {"settings": {"temporal": 0.0}},
    "synse": AUTOENCODER,
}


class MeanPose(Encoder):
    """One layer on the mean pose of the first body."""

    @dataclass(frozen=True)
    class Config:
        width: int

    def __init__(self, num_classes: int, config: Config):
        super().__init__(num_classes, config)
        self.width = config.width
        self.look = nn.Linear(75, config.width)
        self.head = nn.Linear(config.width, num_classes)

    def fit(self, train: LabelledClips, val: LabelledClips, checkpoint_dir: Path | None = None):
        raise NotImplementedError("a toy is made, not trained")

    @classmethod
    def num_epochs(cls, config: Config) -> int:
        return 0

    def maps(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip body dim time joint"]:
        """Their mean over time and joints is what `forward` gives, for every body."""
        weights = self.look.weight.view(self.width, 3, 25)
        looked = torch.einsum("cxtj,dxj->cdtj", skeletons[..., 0], 25 * weights)
        mapped = looked + self.look.bias[:, None, None]
        return torch.stack(skeletons.shape[4] * [mapped], 1)

    def forward(
        self, skeletons: Float[Tensor, "clip xyz frame joint body"]
    ) -> Float[Tensor, "clip dim"]:
        return self.look(skeletons[..., 0].mean(2).flatten(1))

    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        return self.head(features)


def poses() -> tuple[Tensor, Tensor, torch.Generator]:
    """The labels of all clips, their classes mixed, the pose of every corner, and what draws on."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(EACH * len(CORNERS))[torch.randperm(EACH * len(CORNERS), generator=draw)]
    return labels % len(CORNERS), CORNERS @ torch.randn(3, 75, generator=draw), draw


def clips() -> Clips:
    """The same clips every time."""
    labels, corners, draw = poses()
    pose = corners[labels]
    skeletons = torch.zeros(len(labels), 3, FRAMES, 25, 2)
    skeletons[..., 0] = pose.view(-1, 3, 1, 25)
    skeletons[..., 0] += 0.5 * torch.randn(len(labels), 3, FRAMES, 25, generator=draw)
    features = encoder()(skeletons)
    measured = toy_kinematics.measured(CORNERS.numpy(), labels.numpy())
    return Clips(labels, features, skeletons, measured)


def encoder() -> MeanPose:
    """The frozen encoder that made the features, the same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = MeanPose(len(SEEN), MeanPose.Config(FEATURES)).eval().requires_grad_(False)
    own = made.look(poses()[1][SEEN])  # it knows the seen corners, by the least distance
    made.head.weight.copy_(own)
    made.head.bias.copy_(-own.square().sum(1) / 2)
    return made


def text(sources: list[str]) -> Text:
    """What these sources say of every corner; corners share what leaves out a direction."""
    draw = torch.Generator().manual_seed(1)
    spoken, groups = [], []
    for source in sources:
        told = CORNERS[:, TOLD.get(source, [0, 1, 2])]
        spoken.append(told @ torch.randn(told.shape[1], WIDTH, generator=draw))
        groups.append(told.unique(dim=0, return_inverse=True)[1])
    pooled = nn.functional.normalize(torch.stack(spoken, dim=1), dim=2)
    tokens = torch.stack((pooled, pooled, torch.zeros_like(pooled)), dim=2)
    described = toy_kinematics.described(CORNERS.numpy())
    return Text(pooled, tokens, torch.stack(groups, dim=1), described)


def sources(name: str) -> list[str]:
    return Settings({"methods": {name: section(name)}}).sources(name)


def given(name: str) -> dict[str, Any]:
    """The published settings of a method, as they stand in settings/, but for the toy world."""
    own = {key: value for key, value in section(name).items() if key not in ("sources", "gate")}
    return merged(_everywhere(own, QUICK), OWN.get(without_layers(name), {}))


def settings(name: str, **changes: Any) -> Any:
    """The same, typed."""
    found = Settings({"methods": {name: merged(given(name), changes)}})
    return found.of("methods", name, methods.method(without_layers(name)).Config)


def build(
    name: str, world: tuple[Clips, Text], given: Encoder | None = None, **changes: Any
) -> Method:
    """An untrained method, the same every time, on the encoder that made the features."""
    device, config = world[0].labels.device, settings(name, **changes)
    kind = methods.method(without_layers(name))
    needed = (given or encoder()).to(device) if kind.needs_skeletons(config) else None
    torch.manual_seed(0)
    return kind(Sizes.of(*world), config, needed).to(device)


def needs_skeletons(name: str, **changes: Any) -> bool:
    return methods.method(without_layers(name)).needs_skeletons(settings(name, **changes))


@cache
def section(name: str) -> dict[str, Any]:
    """All that stands under the name of a method, what only the stages read among it."""
    values = config(PUBLISHED).at(Cell("demo", method=name)).values
    return values["methods"][name] | {"gate": "searched"}


def scores(method: Method, shown: Clips, candidates: Text) -> Float[Tensor, "clip class"]:
    """Scores as the stages ask for them: seeded, the random numbers of the training left alone."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return method.eval().score(shown, candidates)


def _everywhere(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _everywhere(value, changes) if isinstance(value, dict) else changes.get(key, value)
        for key, value in settings.items()
    }
