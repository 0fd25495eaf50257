"""Neuron's networks: prototypes of joints and of frames that grow over three rounds.

Y. Chen, J. Guo, S. Guo, D. Tao: Neuron: Learning Context-Aware Evolving Representations for
Zero-Shot Skeleton Action Recognition. CVPR 2025, https://arxiv.org/abs/2411.11288
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

ROUNDS = 3
FADED = 1e-12  # what is left of the attention of faded prototypes


class Rounds(nn.Module):
    """Prototypes, which the rounds change, and the projection of their mean into text space."""

    def __init__(self, features: int, text: int, prototypes: int):
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(prototypes, features))
        self.update = mappings(features)
        self.project = nn.Sequential(nn.Linear(features, text), nn.ReLU())

    def projected(
        self, prototypes: Float[Tensor, "clip prototype dim"]
    ) -> Float[Tensor, "clip width"]:
        return F.normalize(self.project(prototypes.mean(1)), dim=1)


class Space(Rounds):
    """Prototypes become what they attend to among the joints, each joint leaving some out."""

    def __init__(self, features: int, text: int, prototypes: int, faded: int):
        super().__init__(features, text, prototypes)
        self.faded = faded

    def forward(
        self, joints: Float[Tensor, "clip joint dim"]
    ) -> Iterator[Float[Tensor, "clip width"]]:
        prototypes = self.prototypes.expand(len(joints), -1, -1)
        for number, update in enumerate(self.update, 1):
            fits = joints @ prototypes.mT
            least = fits.topk(number * self.faded, dim=2, largest=False).indices
            kept = torch.ones_like(fits).scatter(2, least, FADED)
            prototypes = update((kept * fits.softmax(1)).mT @ joints)
            yield self.projected(prototypes)


class Time(Rounds):
    """Gates decide what prototypes keep, and what they take from the frames so far."""

    def __init__(self, features: int, text: int, prototypes: int):
        super().__init__(features, text, prototypes)
        self.recall, self.memory = mappings(features), mappings(features)

    def forward(
        self, frames: Float[Tensor, "clip frame dim"]
    ) -> Iterator[Float[Tensor, "clip width"]]:
        prototypes = self.prototypes.expand(len(frames), -1, -1)
        gates = zip(self.recall, self.memory, self.update, strict=True)
        for number, (recall, memory, update) in enumerate(gates, 1):
            shown = frames[:, : max(1, number * frames.shape[1] // ROUNDS)]
            found = (shown @ prototypes.mT).softmax(1).mT @ shown
            kept = recall(found).sigmoid() * prototypes
            prototypes = kept + memory(found).sigmoid() * update(found)
            yield self.projected(prototypes)


def mappings(width: int) -> nn.ModuleList:
    """Of each round."""
    return nn.ModuleList(
        nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        for _ in range(ROUNDS)
    )
