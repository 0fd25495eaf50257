"""Skeletons that stay in their file until a batch needs them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from zsar.learning.augment import Skeletons


@dataclass(frozen=True)
class MappedClips:
    """Some rows of an array that is mapped from a file, with what a tensor of them would offer.

    Memory does not grow with the data set, and processes that map the same file share its pages.
    """

    array: Float[Tensor, "row _ _ _ _"]  # mapped; another order of axes is a view
    rows: Int[Tensor, " clip"]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), *self.array.shape[1:]

    @property
    def device(self) -> torch.device:
        return self.array.device

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, clips: Tensor | slice) -> Float[Tensor, "some _ _ _ _"]:
        """These clips, in memory."""
        return self.array[self.rows[clips]].contiguous()

    def split(self, count: int) -> Iterator[Float[Tensor, "some _ _ _ _"]]:
        """All clips, so many at a time."""
        for rows in self.rows.split(count):
            yield self.array[rows].contiguous()

    def subset(self, clips: Int[Tensor, " some"] | Bool[Tensor, " clip"]) -> "MappedClips":
        return MappedClips(self.array, self.rows[clips])

    def permute(self, *axes: int) -> "MappedClips":
        return MappedClips(self.array.permute(axes), self.rows)

    def contiguous(self) -> "MappedClips":
        """Each batch is, once it is in memory."""
        return self


ClipSource = Skeletons | MappedClips
