"""The frames of a clip that move least, and features of clips that are cut down to some of them."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.learning.augment import Skeletons
from zsar.learning.mapped_clips import ClipSource

CLIPS = 4096  # whose motion is measured at once


class LowMotionFeatures:
    """The features of clips cut down to some frames, drawn anew at every call from those of little
    motion; which frames these are is computed once."""

    def __init__(
        self, skeletons: ClipSource, encode: Callable[[Skeletons], Tensor], kept: int, drawn: int
    ):
        self.skeletons, self.encode, self.drawn = skeletons, encode, drawn
        parts = skeletons.split(CLIPS)
        self.kept = torch.cat([least_motion_frames(part, kept) for part in parts])

    def __call__(self, rows: Int[Tensor, " clip"]) -> Float[Tensor, "clip dim"]:
        drawn = torch.randperm(self.kept.shape[1], device=rows.device)[: self.drawn].sort().values
        return self.encode(frames(self.skeletons[rows], self.kept[rows][:, drawn]))


def motion_energy(skeletons: Skeletons) -> Float[Tensor, "clip frame"]:
    """Mean squared motion to the next and from the previous frame; the ends have one neighbour."""
    steps = skeletons.diff(dim=2).square().mean(dim=(1, 3, 4))
    return F.pad(steps, (0, 1)) + F.pad(steps, (1, 0))


def least_motion_frames(skeletons: Skeletons, count: int) -> Int[Tensor, "clip kept"]:
    """The frames of each clip that move least, in time order."""
    return motion_energy(skeletons).argsort(dim=1, stable=True)[:, :count].sort(dim=1).values


def frames(
    skeletons: Float[Tensor, "clip xyz frame joint body"], which: Int[Tensor, "clip kept"]
) -> Float[Tensor, "clip xyz kept joint body"]:
    """Each clip with some of its frames."""
    index = which[:, None, :, None, None].expand(-1, skeletons.shape[1], -1, *skeletons.shape[3:])
    return skeletons.gather(2, index)
