"""STAR's networks: learned prompts attend to the cells of each body part, and the texts of the
parts are mapped into the same space.

Y. Chen, J. Guo, T. He, X. Lu, L. Wang: Fine-Grained Side Information Guided Dual-Prompts for
Zero-Shot Skeleton Action Recognition. ACM Multimedia 2024, https://arxiv.org/abs/2404.07487
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class PartAttention(nn.Module):
    """Prompts attend to the cells of a part, and each gives one number of it."""

    def __init__(self, features: int, text: int, prompts: int, heads: int):
        super().__init__()
        self.prompts = nn.Parameter(torch.randn(prompts, text))
        self.attend = nn.MultiheadAttention(
            text, heads, kdim=features, vdim=features, batch_first=True
        )
        self.map = mapping(text, text, text)
        self.bilinear = nn.Parameter(torch.randn(text, text))

    def forward(self, cells: Float[Tensor, "clip cell dim"]) -> Float[Tensor, "clip prompt"]:
        return (self.attended(cells) * (self.prompts @ self.bilinear)).sum(2)

    def attended(self, cells: Float[Tensor, "clip cell dim"]) -> Float[Tensor, "clip prompt width"]:
        queries = self.prompts.expand(len(cells), -1, -1)
        return self.map(self.attend(queries, cells, cells)[0])


class PartTexts(nn.Module):
    """Texts of the parts in the common space, each with a learned vector of its class; only
    training needs them."""

    def __init__(self, parts: int, classes: int, text: int, hidden: int, prompts: int):
        super().__init__()
        self.prompts = nn.Parameter(torch.randn(parts, classes, text))
        self.map = nn.ModuleList(mapping(text, hidden, prompts) for _ in range(parts))

    def forward(
        self, texts: Float[Tensor, "class part width"]
    ) -> Float[Tensor, "class part prompt"]:
        each = zip(self.map, texts.unbind(1), self.prompts, strict=True)
        return torch.stack([map(text + prompt) for map, text, prompt in each], 1)


def mapping(entering: int, hidden: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(entering, hidden), nn.ReLU(), nn.Linear(hidden, leaving))
