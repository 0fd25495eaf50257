"""A linear classifier that is trained on latents sampled from the texts of the classes."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import Count, Rate, Whole
from zsar.vae.model import AlignedVAE, Gaussian, Noise, Output, glorot, sample_noise


@dataclass(frozen=True)
class ClassifierConfig:
    """How the classifier is trained."""

    samples: Count  # latents for each class
    steps: Whole
    lr: Rate
    start: Literal["zero", "random"]  # random, as published, is still visible in the scores
    output: Output  # relu, as published, ties all classes with a negative logit


@torch.no_grad()
def classify(
    model: AlignedVAE,
    skeleton_features: Float[Tensor, "clip dim"],
    text_features: Float[Tensor, "part class width"],
    noise: Noise,
    config: ClassifierConfig,
) -> Float[Tensor, "clip class"]:
    """Logits of clips by a classifier that is trained on latents of the candidate texts."""
    weight, bias = fit_softmax(sample_latents(model, text_features, noise, config.samples), config)
    return logits(model, skeleton_features, weight, bias, config.output)


def logits(
    model: AlignedVAE,
    skeleton_features: Float[Tensor, "clip dim"],
    weight: Float[Tensor, "class latent"],
    bias: Float[Tensor, "class one"],
    output: Output,
) -> Float[Tensor, "clip class"]:
    """Logits of the mean latent of each clip."""
    mean = Gaussian.of(model.encode_motion(skeleton_features)).mean
    found = torch.addmm(bias.T, mean, weight.T)
    return found.relu() if output == "relu" else found


def sample_latents(
    model: AlignedVAE, text_features: Float[Tensor, "part class width"], noise: Noise, samples: int
) -> Float[Tensor, "class sample latent"]:
    """Samples of each class, with the same noise for all, so that their order does not matter."""
    text = Gaussian.of(model.encode_text(text_features))
    drawn = sample_noise(noise, (samples,), model.parts, model.latent, text_features.device)
    return text.mean[:, None] + text.std[:, None] * drawn


def fit_softmax(
    latents: Float[Tensor, "class sample latent"], config: ClassifierConfig
) -> tuple[Float[Tensor, "class latent"], Float[Tensor, "class one"]]:
    """Softmax regression by full-batch Adam, with its gradient in closed form (see vae/step.py).

    Classes come first: sums over a handful of values that lie side by side are slow.
    """
    classes, samples, width = latents.shape
    inputs, count = latents.flatten(0, 1), classes * samples
    bound = {"zero": 0.0, "random": glorot(width, classes)}[config.start]
    weight = inputs.new_empty(classes, width).uniform_(-bound, bound)
    bias = inputs.new_zeros(classes, 1)
    optimizer = torch.optim.Adam([weight, bias], lr=config.lr, fused=True)
    for _ in range(config.steps):
        logits = torch.addmm(bias, weight, inputs.T)
        grad = (logits.relu() if config.output == "relu" else logits).softmax(0)
        grad.view(classes, classes, samples).diagonal(dim1=0, dim2=1).sub_(1)
        if config.output == "relu":
            grad *= logits > 0
        weight.grad, bias.grad = grad @ inputs / count, grad.sum(1, keepdim=True) / count
        optimizer.step()
    return weight, bias
