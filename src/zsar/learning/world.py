"""What a method is given: clips and text, as tensors on one device, and what kinematics says of
both, as arrays."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor
from torch.nn import functional as F

from zsar.kinematics.described import Descriptions
from zsar.learning.mapped_clips import ClipSource, subset


@dataclass(frozen=True)
class Clips:
    """Labelled clips, with the features that a frozen encoder has made of them. For a method that
    needs no skeletons, these have no frames."""

    labels: Int[Tensor, " clip"]
    features: Float[Tensor, "clip dim"]
    skeletons: ClipSource
    measurements: Float64[np.ndarray, "clip attribute"] | None = None  # for kinematic methods

    @property
    def classes(self) -> Int[Tensor, " class"]:
        return self.labels.unique()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Tensor) -> "Clips":
        some = None if self.measurements is None else self.measurements[rows.cpu().numpy()]
        return Clips(self.labels[rows], self.features[rows], subset(self.skeletons, rows), some)

    @property
    def measured(self) -> Float64[np.ndarray, "clip attribute"]:
        """Attributes of body kinematics, for a method that declares that it is `kinematic`."""
        assert self.measurements is not None
        return self.measurements


@dataclass(frozen=True)
class Text:
    """Embedded descriptions of each class, one per source (its name, its verb, a sentence, ...)."""

    pooled: Float[Tensor, "class source width"]
    tokens: Float[Tensor, "class source token width"]  # rows of zeros after the last token
    groups: Int[Tensor, "class source"]  # equal where two classes have the same description
    structured: Descriptions | None = None  # for kinematic methods

    def __len__(self) -> int:
        return len(self.pooled)

    def __getitem__(self, classes: Int[Tensor, " some"]) -> "Text":
        some = None if self.structured is None else self.structured[classes.cpu().numpy()]
        return Text(self.pooled[classes], self.tokens[classes], self.groups[classes], some)

    @property
    def described(self) -> Descriptions:
        """Structured descriptions, for a method that declares that it is `kinematic`."""
        assert self.structured is not None
        return self.structured


def token_table(text: Text, tokens: int) -> Float[Tensor, "class row width"]:
    """So many tokens of each class, cut or filled with zeros, and its pooled text as the last row;
    sources side by side."""
    held = text.tokens[:, :, :tokens]
    held = F.pad(held, (0, 0, 0, tokens - held.shape[2]))
    return torch.cat((held, text.pooled[:, :, None]), dim=2).transpose(1, 2).flatten(2)


@dataclass(frozen=True)
class Sizes:
    """The widths that a method is built for."""

    features: int
    text: int
    sources: int

    @classmethod
    def of(cls, clips: Clips, text: Text) -> "Sizes":
        return cls(clips.features.shape[1], text.pooled.shape[2], text.pooled.shape[1])


def mean_text(text: Text) -> Float[Tensor, "class width"]:
    """The mean over all sources."""
    return text.pooled.mean(1)


def normalised_text(text: Text) -> Float[Tensor, "class width"]:
    """The mean over all sources, of length one."""
    return F.normalize(mean_text(text), dim=1)
