"""Fusions by gates, which weight each feature of each text."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.fusion.base import Fusion, FusionConfig

SHRINK = 4  # the inner layer of a gate has this part of the width
GAIN = 3  # of weighted sums of texts, as published


def gate(width: int) -> nn.Sequential:
    """One score per feature, normalised over the classes of the batch."""
    inner = max(1, width // SHRINK)
    return nn.Sequential(
        nn.Linear(width, inner),
        nn.BatchNorm1d(inner),
        nn.ReLU(),
        nn.Linear(inner, width),
        nn.BatchNorm1d(width),
    )


class Balance(nn.Module):
    """The share of the first of two texts, feature by feature."""

    def __init__(self, width: int):
        super().__init__()
        # Local and global, as published; a text has one place only, so they do not differ.
        self.local, self.overall = gate(width), gate(width)

    def forward(self, texts: Float[Tensor, "class width"]) -> Float[Tensor, "class width"]:
        share = (self.local(texts) + self.overall(texts)).sigmoid()
        return share.to(texts.dtype)  # layers may answer in a lower precision


class AFF(Fusion):
    """Text after text is mixed with the result so far."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = width
        self.balance = Balance(width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            fused = 2 * torch.lerp(other, fused, self.balance(fused + other))
        return fused


class IAFF(AFF):
    """As AFF, in two iterations: the second gate sees the result of the first."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.again = Balance(width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            mixed = torch.lerp(other, fused, self.balance(fused + other))
            fused = torch.lerp(other, fused, self.again(mixed))
        return fused


class AF1(Fusion):
    """A gate per text; the weights are a softmax over texts."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = width
        self.gates = nn.ModuleList(gate(width) for _ in range(sources))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        scores = [gate(text) for gate, text in zip(self.gates, texts.unbind(1), strict=True)]
        return GAIN * (torch.stack(scores, dim=1).softmax(1) * texts).sum(1)


class AF2(AF1):
    """The gates see the sum of all texts; the weights are sigmoids."""

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return GAIN * self.weighted(self.gates, texts.sum(1), texts)

    def weighted(
        self,
        gates: nn.ModuleList,
        gated_by: Float[Tensor, "class width"],
        texts: Float[Tensor, "class source width"],
    ) -> Float[Tensor, "class width"]:
        scores = torch.stack([gate(gated_by) for gate in gates], dim=1)
        return (scores.sigmoid() * texts).sum(1)


class AF3(AF2):
    """As AF2, in two iterations: the second gates see the weighted sum."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.again = nn.ModuleList(gate(width) for _ in range(sources))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        gated_by = self.weighted(self.gates, texts.sum(1), texts)
        return self.weighted(self.again, gated_by, texts)


class AF4(AF2):
    """As AF2, with a learned scale."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        return self.scale * super().forward(texts)
