"""Skeletons that stay in their file until a batch needs them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from zsar.learning.augment import Skeletons

BATCH = 256  # clips that are read at once


@dataclass(frozen=True)
class MappedClips:
    """Some rows of an array that is mapped from a file. Like a tensor of them, it has a length, a
    shape and a device, can be indexed and split.

    Memory does not grow with the data set, and processes that map the same file share its pages.
    """

    array: Float[Tensor, "row xyz frame joint body"]
    rows: Int[Tensor, " clip"]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), *self.array.shape[1:]

    @property
    def device(self) -> torch.device:
        return self.array.device

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, clips: Tensor | slice) -> Float[Tensor, "some xyz frame joint body"]:
        """These clips, in memory."""
        return self.array[self.rows[clips]]

    def split(self, count: int) -> Iterator[Float[Tensor, "some xyz frame joint body"]]:
        """All clips, so many at a time."""
        for rows in self.rows.split(count):
            yield self.array[rows]


ClipSource = Skeletons | MappedClips


def subset(
    clips: ClipSource, rows: Int[Tensor, " some"] | Bool[Tensor, " _"]
) -> Tensor | MappedClips:
    """These rows; of mapped clips they stay in their file."""
    if isinstance(clips, MappedClips):
        return MappedClips(clips.array, clips.rows[rows])
    return clips[rows]
