"""UmURL's networks: joints, bones and motion, alone or fused, in a temporal and a spatial view."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.data.skeleton import BONES, CENTRE, JOINTS
from zsar.encoders.umurl_views import FrameMajor
from zsar.learning.distributed import SyncBatchNorm

BODIES = 2
Tokens = Float[Tensor, "clip token channel"]
Embedded = Float[Tensor, "clip token dim"]
Features = Float[Tensor, "clip dim"]
PARENTS = [dict((*BONES, (CENTRE, CENTRE)))[joint] for joint in range(len(JOINTS))]


def joints(clips: FrameMajor) -> FrameMajor:
    return clips


def bones(clips: FrameMajor) -> FrameMajor:
    """Each joint minus its parent; the root is its own parent."""
    return clips - clips[:, :, :, PARENTS]


def motion(clips: FrameMajor) -> FrameMajor:
    """The next frame minus this one; 0 for the last frame."""
    return torch.cat((clips[:, 1:] - clips[:, :-1], torch.zeros_like(clips[:, :1])), 1)


MODALITIES: dict[str, Callable[[FrameMajor], FrameMajor]] = {
    "joint": joints,
    "bone": bones,
    "motion": motion,
}


def moments(clips: FrameMajor) -> Tokens:
    """A token for each frame, with all joints of both bodies."""
    return clips.flatten(2)


def places(clips: FrameMajor) -> Tokens:
    """A token for each joint of each body, with its whole path."""
    return clips.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)


class Domain(nn.Module):
    """One way to split a clip into tokens: an embedding per modality and one transformer layer."""

    positions: Tensor

    def __init__(self, channels: int, width: int, positions: Float[Tensor, "token dim"]):
        super().__init__()
        self.embed = nn.ModuleDict({name: embedding(channels, width) for name in MODALITIES})
        self.fuse = nn.Linear(width, width, bias=False)
        self.attend = nn.TransformerEncoderLayer(width, 1, width, dropout=0.0, batch_first=True)
        self.register_buffer("positions", positions, persistent=False)

    def alone(self, tokens: dict[str, Tokens]) -> Float[Tensor, "row token dim"]:
        """The clips of each modality after those of the one before."""
        embedded = [self.embed[name](some) for name, some in tokens.items()]
        return self.attend(torch.cat(embedded) + self.positions)

    def fused(self, tokens: dict[str, Tokens]) -> Embedded:
        embedded = [self.embed[name](some) for name, some in tokens.items()]
        return self.attend(self.fuse(sum(embedded) / len(embedded)) + self.positions)


class Backbone(nn.Module):
    def __init__(self, width: int, frames: int):
        super().__init__()
        self.frames = frames
        self.width = 2 * width
        no_positions = torch.zeros(1, width)  # as published, spatial tokens have no positions
        self.time = Domain(BODIES * len(JOINTS) * 3, width, sinusoids(frames, width))
        self.space = Domain(frames * 3, width, no_positions)

    def forward(self, clips: FrameMajor) -> Features:
        """The three modalities of each clip as one vector."""
        return torch.cat([tokens.max(1).values for tokens in self.tokens(clips)], 1)

    def tokens(
        self, clips: FrameMajor
    ) -> tuple[Float[Tensor, "clip moment dim"], Float[Tensor, "clip place dim"]]:
        """The tokens of frames and of joints, before the maximum over each is taken."""
        modalities = {name: change(clips) for name, change in MODALITIES.items()}
        return (
            self.time.fused({name: moments(each) for name, each in modalities.items()}),
            self.space.fused({name: places(each) for name, each in modalities.items()}),
        )

    def alone(self, groups: dict[str, FrameMajor]) -> Float[Tensor, "modality clip dim"]:
        """One modality of each group of clips as one vector."""
        modalities = {name: MODALITIES[name](clips) for name, clips in groups.items()}
        time = self.time.alone({name: moments(each) for name, each in modalities.items()})
        space = self.space.alone({name: places(each) for name, each in modalities.items()})
        pooled = torch.cat((time.max(1).values, space.max(1).values), 1)
        return pooled.unflatten(0, (len(groups), -1))


class Projected(nn.Module):
    """The backbone with a projector per modality, on four views of each clip."""

    def __init__(self, backbone: Backbone, projection: int):
        super().__init__()
        self.backbone = backbone
        self.project = nn.ModuleDict(
            {name: projector(backbone.width, projection) for name in MODALITIES}
        )

    def forward(
        self, views: Float[Tensor, "view clip frame body joint xyz"]
    ) -> tuple[Float[Tensor, "modality clip dim"], Float[Tensor, "modality clip dim"]]:
        """A view for each modality alone, and one for all; projected alone, and projected fused."""
        fused = self.backbone(views[len(MODALITIES)])
        alone = self.backbone.alone(dict(zip(MODALITIES, views, strict=False)))
        # As published, the batch statistics of a projector see the fused clips first.
        of_fused = [project(fused) for project in self.project.values()]
        pairs = zip(self.project.values(), alone, strict=True)
        return torch.stack([project(each) for project, each in pairs]), torch.stack(of_fused)


def embedding(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(channels, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width)
    )


def projector(width: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Linear(width, width), SyncBatchNorm(width), nn.ReLU()),
        *(nn.Linear(width, width), SyncBatchNorm(width), nn.ReLU()),
        nn.Linear(width, leaving),
    )


def sinusoids(tokens: int, width: int) -> Float[Tensor, "token dim"]:
    """Sinusoidal positions: sines in even, cosines in odd dimensions."""
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angle = torch.arange(tokens)[:, None] * rate
    return torch.stack((angle.sin(), angle.cos()), 2).flatten(1)
