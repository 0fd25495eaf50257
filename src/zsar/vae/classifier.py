"""A linear classifier that has only ever seen latents imagined from text."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.vae.model import AlignedVAE, Gaussian, Noise, Output, glorot, sample_noise


@dataclass(frozen=True)
class ClassifierConfig:
    """How the classifier is trained."""

    samples: int  # latents imagined for each class
    steps: int
    lr: float
    start: Literal["zero", "random"]  # random, as published, leaves its mark on the scores
    output: Output  # relu, as published, ties all classes that a clip speaks against


@torch.no_grad()
def classify(
    model: AlignedVAE,
    motion: Float[Tensor, "clip dim"],
    words: Float[Tensor, "part class width"],
    kind: Noise,
    settings: ClassifierConfig,
) -> Float[Tensor, "clip class"]:
    """Logits of clips by a classifier trained on latents that the words of the classes suggest."""
    weight, bias = fit_softmax(sample_latents(model, words, kind, settings.samples), settings)
    return logits(model, motion, weight, bias, settings.output)


def logits(
    model: AlignedVAE,
    motion: Float[Tensor, "clip dim"],
    weight: Float[Tensor, "class latent"],
    bias: Float[Tensor, "class one"],
    output: Output,
) -> Float[Tensor, "clip class"]:
    """Logits from the mean of what a motion is coded as."""
    logits = torch.addmm(bias.T, Gaussian.of(model.code_motion(motion)).mean, weight.T)
    return logits.relu() if output == "relu" else logits


def sample_latents(
    model: AlignedVAE, words: Float[Tensor, "part class width"], kind: Noise, samples: int
) -> Float[Tensor, "class sample latent"]:
    """Samples of each class; the same noise for all, so that their order does not matter."""
    text = Gaussian.of(model.code_text(words))
    drawn = sample_noise(kind, (samples,), model.parts, model.latent, words.device)
    return text.mean[:, None] + text.deviation[:, None] * drawn


def fit_softmax(
    latents: Float[Tensor, "class sample latent"], settings: ClassifierConfig
) -> tuple[Float[Tensor, "class latent"], Float[Tensor, "class one"]]:
    """Softmax regression by full-batch Adam, its gradient in closed form.

    Classes come first: sums over a handful of them are slow where they lie side by side.
    """
    classes, samples, width = latents.shape
    inputs, count = latents.flatten(0, 1), classes * samples
    bound = {"zero": 0.0, "random": glorot(width, classes)}[settings.start]
    weight = inputs.new_empty(classes, width).uniform_(-bound, bound)
    bias = inputs.new_zeros(classes, 1)
    optimizer = torch.optim.Adam([weight, bias], lr=settings.lr, fused=True)
    for _ in range(settings.steps):
        logits = torch.addmm(bias, weight, inputs.T)
        slopes = (logits.relu() if settings.output == "relu" else logits).softmax(0)
        slopes.view(classes, classes, samples).diagonal(dim1=0, dim2=1).sub_(1)
        if settings.output == "relu":
            slopes *= logits > 0
        weight.grad, bias.grad = slopes @ inputs / count, slopes.sum(1, keepdim=True) / count
        optimizer.step()
    return weight, bias
