"""Fusions by attention: between the texts of a class, between classes, or between the features of
two texts."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from zsar.errors import UserError
from zsar.fusion.base import Fusion, FusionConfig, narrowed


class SA(Fusion):
    """Self-attention, as published, between classes: every class depends on all others present."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.normal = nn.LayerNorm((sources, width))
        self.query, self.key, self.value = (
            nn.Linear(sources * width, self.width) for _ in range(3)
        )
        # The published module normalises the text's own width here and so runs with ratio 1 only.
        self.mlp = narrowed(self.width, width, self.width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        flat = self.normal(texts).flatten(1)
        return self.mlp(_attended(self.query(flat), self.key(flat), self.value(flat)))


class MSCA(Fusion):
    """Each feature of each text is gated by its neighbours and by the mean of its text."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = sources * width
        self.normal = nn.LayerNorm((sources, width))
        self.near, self.overall = (_channels(sources, length) for length in (width, 1))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        texts = self.normal(texts)
        gate = self.near(texts) + self.overall(texts.mean(2, keepdim=True))
        return (gate.sigmoid() * texts).flatten(1)


def _channels(sources: int, length: int) -> nn.Sequential:
    inner = max(1, sources // 3)
    return nn.Sequential(
        nn.Conv1d(sources, inner, 1),
        nn.LayerNorm((inner, length)),
        nn.GELU(),
        nn.Conv1d(inner, sources, 1),
        nn.LayerNorm((sources, length)),
    )


class MHA(Fusion):
    """The texts of a class attend to one another; the residual is to the normalised ones."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.normals = nn.ModuleList(nn.LayerNorm(width) for _ in range(design.layers))
        self.heads = nn.ModuleList(Heads(width, design.heads) for _ in range(design.layers))
        self.mlp = narrowed(sources * width, width, self.width)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        for normal, heads in zip(self.normals, self.heads, strict=True):
            texts = normal(texts)
            texts = texts + heads(texts)
        return self.mlp(texts.flatten(1))


class Former(Fusion):
    """As MHA, with an MLP in each layer."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = design.ratio * width
        self.normals = nn.ModuleList(nn.LayerNorm(width) for _ in range(design.layers))
        self.heads = nn.ModuleList(Heads(width, design.heads) for _ in range(design.layers))
        self.mlps = nn.ModuleList(_widened(width) for _ in range(design.layers))
        self.normal = nn.LayerNorm(sources * width)
        self.linear = nn.Linear(sources * width, self.width, bias=False)

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        for normal, heads, mlp in zip(self.normals, self.heads, self.mlps, strict=True):
            texts = normal(texts)
            texts = texts + heads(texts)
            texts = texts + mlp(texts)
        return self.linear(self.normal(texts.flatten(1)))


def _widened(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, 4 * width),
        nn.GELU(),
        nn.LayerNorm(4 * width),
        nn.Linear(4 * width, width),
    )


class Heads(nn.Module):
    """Attention in several heads, without biases."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        if width % heads:
            raise UserError(f"{heads} heads cannot share texts of width {width} equally")
        self.heads = heads
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        nn.init.xavier_uniform_(self.project.weight)

    def forward(
        self, texts: Float[Tensor, "class source width"]
    ) -> Float[Tensor, "class source width"]:
        split = self.project(texts).unflatten(2, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)
        return self.out(_attended(query, key, value).transpose(1, 2).flatten(2))


def _attended(
    query: Float[Tensor, "*more token width"],
    key: Float[Tensor, "*more token width"],
    value: Float[Tensor, "*more token width"],
) -> Float[Tensor, "*more token width"]:
    return (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1) @ value


class CA2(Fusion):
    """The mean over all pairs of texts, each with itself included."""

    def __init__(self, sources: int, width: int, design: FusionConfig):
        super().__init__(sources, width, design)
        self.width = width
        self.normal = nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.scale = nn.Parameter(torch.tensor(width**-0.5))

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        every = texts.unbind(1)
        return torch.stack([self.pair(one, other) for one in every for other in every]).mean(0)

    def pair(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        return self.attended(one, other)

    def attended(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        """For each feature of one text, a mixture of the features of the other."""
        query, key, value = self.looked_up(one, other)
        fit = (self.scale * query[:, :, None] * key[:, None]).softmax(2)
        return (fit @ value[:, :, None])[:, :, 0]

    def looked_up(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> tuple[Tensor, Tensor, Tensor]:
        # The published modules normalise both texts with the weights of the first.
        query, looked = self.normal(one), self.normal(other)
        return self.query(query), self.key(looked), self.value(looked)


class CA1(CA2):
    """Text after text: its values, weighted feature by feature, replace the result so far."""

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            query, key, value = self.looked_up(fused, other)
            fused = (self.scale * query * key).softmax(1) * value
        return fused


class CA3(CA2):
    """As CA2, but a text with itself stays as it is."""

    def pair(
        self, one: Float[Tensor, "class width"], other: Float[Tensor, "class width"]
    ) -> Float[Tensor, "class width"]:
        return one if one is other else self.attended(one, other)


class CA4(CA2):
    """Text after text adds what the fused one attends to."""

    def forward(self, texts: Float[Tensor, "class source width"]) -> Float[Tensor, "class fused"]:
        fused, *others = texts.unbind(1)
        for other in others:
            fused = fused + self.attended(fused, other)
        return fused
