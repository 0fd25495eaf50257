"""How a method uses its encoder: as it is, or as a copy that is trained with the method."""

from collections.abc import Callable
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.data.skeleton import JOINTS
from zsar.encoders.base import CLIPS, Encoder, Skeletons
from zsar.errors import UserError
from zsar.learning.mapped_clips import ClipSource


class FrozenEncoder:
    """An encoder that never learns. It is no module: a method that uses it does not hold, train or
    save its weights."""

    def __init__(self, encoder: Encoder | None):
        self.encoder = required(encoder)

    @torch.no_grad()
    def __call__(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        return self.encoder(skeletons)

    @torch.no_grad()
    def classify(self, features: Float[Tensor, "clip dim"]) -> Float[Tensor, "clip seen"]:
        """Logits over the classes that it was trained on."""
        return self.encoder.classify(features)

    @torch.no_grad()
    def maps(self, skeletons: Skeletons) -> Float[Tensor, "clip body dim time joint"]:
        """The features of each joint; `time` is the encoder's own."""
        maps = self.encoder.maps(skeletons)
        if maps.shape[4] != len(JOINTS):
            raise UserError(
                f"this method reads features of {len(JOINTS)} joints, but"
                f" {type(self.encoder).__name__} has {maps.shape[4]} in its maps; choose another"
                " encoder, such as stgcn"
            )
        return maps


class PooledMaps:
    """What `pool` makes of the maps of every clip, mean over bodies. That of the clips that were
    asked for last is kept, because a method scores the same clips after every epoch."""

    def __init__(self, encoder: Encoder | None, pool: Callable[[Tensor], Tensor]):
        self.encoder, self.pool = FrozenEncoder(encoder), pool
        self.last: tuple[ClipSource, Tensor] | None = None

    def __call__(self, skeletons: ClipSource) -> Tensor:
        if self.last is None or self.last[0] is not skeletons:
            parts = [self.pool(self.encoder.maps(some).mean(1)) for some in skeletons.split(CLIPS)]
            self.last = skeletons, torch.cat(parts)
        return self.last[1]


class TrainableEncoder(nn.Module):
    """A copy of an encoder, all of which learns, also where the encoder's own settings freeze a
    part."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.network = encoder

    def train(self, mode: bool = True) -> "TrainableEncoder":
        super().train(mode)
        for module in self.network.modules():
            module.training = mode
        return self.requires_grad_(True)

    def forward(self, skeletons: Skeletons) -> Float[Tensor, "clip dim"]:
        return self.network(skeletons)


def reinitialised(encoder: Encoder) -> Encoder:
    """The same network with new random weights. Its head is not used, so one class is enough."""
    device = next(encoder.parameters()).device
    return type(encoder)(1, encoder.config).to(device)


def required(encoder: Encoder | None) -> Encoder:
    if encoder is None or encoder.precomputed or encoder.measured:
        raise UserError(
            "this method encodes skeletons, but the features were given without any; choose a"
            " method or settings that need features alone (such as devise, encoder: frozen, or smie"
            " with temporal: 0)"
        )
    return encoder


# Setting `encoder: ...` of a method -> the encoder that is trained with it; None: given features.
ENCODER_MODES: dict[str, Callable[[Encoder | None], TrainableEncoder | None]] = {
    "frozen": lambda encoder: None,
    "fine_tuned": lambda encoder: TrainableEncoder(deepcopy(required(encoder))).train(),
    "from_scratch": lambda encoder: TrainableEncoder(reinitialised(required(encoder))).train(),
}
