"""Two VAEs with a common latent space, and a flow in it from text to motion, as Flora has them.

Y. Chen, M. Li, Z. Rao, D. Zeng, S. Guo, J. Guo: Learning by Neighbor-Aware Semantics, Deciding by
Open-form Flows: Towards Robust Zero-Shot Skeleton Action Recognition. CVPR Findings 2026,
https://arxiv.org/abs/2511.09388
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from zsar.learning.training import Losses
from zsar.learning.transformer import JointBlock, Output, TimeEmbedding

Latents = Float[Tensor, "clip row latent"]
SMALLEST = 1e-5  # share of the text that is left where the flow ends


class Coder(nn.Module):
    """A VAE of vectors."""

    def __init__(self, width: int, latent: int):
        super().__init__()
        self.hidden = layers(width, latent, latent)
        self.mean, self.logvar = nn.Linear(latent, latent), nn.Linear(latent, latent)
        self.decode = layers(latent, width, width)

    def forward(self, inputs: Float[Tensor, "*rows width"]) -> tuple[Tensor, Tensor]:
        """Mean and logvar."""
        hidden = self.hidden(inputs)
        return self.mean(hidden), self.logvar(hidden)


def layers(before: int, hidden: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(before, hidden), nn.ReLU(), nn.Linear(hidden, after))


class Velocity(nn.Module):
    """What is to be added to a latent between text and motion, per unit of time."""

    def __init__(self, latent: int, heads: int):
        super().__init__()
        self.embed, self.time = nn.Linear(latent, latent), TimeEmbedding(latent)
        self.block, self.output = JointBlock(1, latent, heads), Output(latent, latent)

    def forward(self, latents: Latents, time: Float[Tensor, " clip"]) -> Latents:
        condition = self.time(time)
        (tokens,) = self.block([self.embed(latents)], condition)
        return self.output(tokens, condition)


def repeated(
    features: Float[Tensor, "clip dim"], texts: Float[Tensor, "class row width"]
) -> Tensor:
    """The same features for every row of a text."""
    return features[:, None].expand(-1, texts.shape[1], -1)


def sampled(code: tuple[Tensor, Tensor]) -> Tensor:
    mean, logvar = code
    return mean + (0.5 * logvar).exp() * torch.randn_like(mean)


def alignment(
    text: Coder, motion: Coder, texts: Tensor, features: Tensor, noise: Tensor, moments: float
) -> Losses:
    """Each modality decoded from both latents, and the distance of the distributions."""
    codes = text(texts), motion(features)
    latents = [
        code[0] + (0.5 * code[1]).exp() * drawn for code, drawn in zip(codes, noise, strict=True)
    ]
    decoded = [
        F.mse_loss(coder.decode(latent), target)
        for coder, target in ((text, texts), (motion, features))
        for latent in latents
    ]
    apart = [F.mse_loss(one, other) for one, other in zip(*codes, strict=True)]
    return {
        "reconstruction": torch.stack(decoded).mean(),
        "moments": moments * torch.stack(apart).sum(),
    }


def path(text: Latents, motion: Latents, time: Float[Tensor, " clip"]) -> tuple[Tensor, Tensor]:
    """The latents at a time, and their velocity."""
    at = time[:, None, None]
    return (1 - (1 - SMALLEST) * at) * text + at * motion, motion - (1 - SMALLEST) * text


def matching(
    velocity: Velocity,
    time: Float[Tensor, " clip"],
    own: tuple[Latents, Latents],
    other: tuple[Latents, Latents],
    contrast: float,
) -> Losses:
    """The velocity of a clip should be predicted, that of a clip of another class should not."""
    place, target = path(*own, time)
    predicted = velocity(place, time)
    return {
        "flow": F.mse_loss(predicted, target),
        "contrast": -contrast * F.mse_loss(predicted, path(*other, time)[1]),
    }


def errors(
    velocity: Velocity,
    texts: Float[Tensor, "class row latent"],
    motions: Float[Tensor, "clip _ latent"],  # one row, or as many as a text has
) -> Float[Tensor, "clip class"]:
    """Squared errors of the velocity half-way, mean over rows, summed over dimensions."""
    clips, classes = len(motions), len(texts)
    text = texts.repeat(clips, 1, 1)
    motion = motions.repeat_interleave(classes, dim=0).expand_as(text)
    time = torch.full((len(text),), 0.5, device=text.device)
    place, target = path(text, motion, time)
    gaps = (velocity(place, time) - target).square().sum(2).mean(1)
    return gaps.view(clips, classes)
