"""What a method may look at: clips and text, as tensors on one device."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Clips:
    """Labelled clips, raw and encoded; `features == encoder(skeletons)`, and the encoder is
    frozen. For a method that needs no skeletons they have no frames, and nothing encodes them."""

    labels: Int[Tensor, " clip"]
    features: Float[Tensor, "clip dim"]
    skeletons: Float[Tensor, "clip xyz frame joint body"]
    encoder: nn.Module

    @property
    def classes(self) -> Int[Tensor, " class"]:
        return self.labels.unique()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Tensor) -> "Clips":
        return Clips(self.labels[rows], self.features[rows], self.skeletons[rows], self.encoder)


@dataclass(frozen=True)
class Text:
    """What is said of each class, one text per source (its name, what is done, its verb, ...)."""

    pooled: Float[Tensor, "class source width"]
    tokens: Float[Tensor, "class source token width"]  # rows of zeros after the last token
    groups: Int[Tensor, "class source"]  # equal where two classes share the very sentence

    def __len__(self) -> int:
        return len(self.pooled)

    def __getitem__(self, classes: Int[Tensor, " some"]) -> "Text":
        return Text(self.pooled[classes], self.tokens[classes], self.groups[classes])


@dataclass(frozen=True)
class Sizes:
    """The widths a method is built for."""

    features: int
    text: int
    sources: int

    @classmethod
    def of(cls, clips: Clips, text: Text) -> "Sizes":
        return cls(clips.features.shape[1], text.pooled.shape[2], text.pooled.shape[1])


def mean_text(text: Text) -> Float[Tensor, "class width"]:
    """What all sources say of each class, on average."""
    return text.pooled.mean(1)


def normalised_text(text: Text) -> Float[Tensor, "class width"]:
    """The same, with length one."""
    return F.normalize(mean_text(text), dim=1)
