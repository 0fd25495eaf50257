"""One lesson of aligned autoencoders: the terms of the loss, its gradients in closed form."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.learning.latent import Autoencoder, Gaussian, Maps
from zsar.learning.training import Losses

TERMS = ("motion", "text", "motion_kl", "text_kl", "distribution")


@dataclass(frozen=True)
class Batch:
    """Clips, the texts of the seen classes, which of them each clip owns, and noise for latents."""

    motion: Float[Tensor, "clip dim"]
    words: Float[Tensor, "part class width"]
    owned: Int[Tensor, " clip"]
    motion_noise: Float[Tensor, "clip latent"]
    text_noise: Float[Tensor, "clip latent"]


@dataclass(frozen=True)
class Weights:
    """What counts in the loss beside either side's reconstruction of itself, and how much."""

    motion_kl: float
    text_kl: float
    cross: bool  # whether each side decodes the other's latents, too
    distribution: float


@torch.no_grad()
def teach(model: Autoencoder, batch: Batch, weights: Weights) -> Losses:
    """Set the model's gradients, pass them on to words that are learnt; return the weighted terms.

    The steps are many and tiny; without a graph to record and to walk, one takes half the time.
    Each class is read once, not once for every clip.
    """
    seen = Gaussian.of(model.code_motion(batch.motion))
    read = Gaussian.of(model.code_text(batch.words).index_select(0, batch.owned))
    motion, text = seen.sample(batch.motion_noise), read.sample(batch.text_noise)
    words = batch.words.index_select(1, batch.owned)
    moved = _decode(model, model.move, (motion[None], text[None]), batch.motion[None], weights)
    shares = model.shared(text), model.shared(motion)
    written = _decode(model, model.write, shares, words, weights)
    motion_slopes, text_slopes = moved.latents[0][0], model.joined(written.latents[0])
    if weights.cross:
        motion_slopes = motion_slopes + model.joined(written.latents[1])
        text_slopes = text_slopes + moved.latents[1][0]
    motion_slopes = _slopes(seen, batch.motion_noise, motion_slopes, weights.motion_kl)
    text_slopes = _slopes(read, batch.text_noise, text_slopes, weights.text_kl)
    if weights.distribution:
        motion_slopes = motion_slopes + weights.distribution * _pull(seen, read)
        text_slopes = text_slopes + weights.distribution * _pull(read, seen)
    model.see.learn(batch.motion[None], motion_slopes[None])
    _read(model, batch, text_slopes, written.outputs)
    return _terms(moved, written, weights, seen, read)


@dataclass(frozen=True)
class Decoding:
    """How one decoder does on the latents of its own side and, where they count, of the other."""

    loss: Float[Tensor, ""]
    latents: Float[Tensor, "side part clip share"]  # slopes at the latents
    outputs: Float[Tensor, "side part clip width"]  # slopes at the outputs


def _decode(
    model: Autoencoder, maps: Maps, latents: tuple[Tensor, Tensor], target: Tensor, weights: Weights
) -> Decoding:
    """The loss is the mean squared error, summed over parts and sides."""
    inputs = torch.cat(latents, dim=1) if weights.cross else latents[0]
    parts, clips, width = target.shape
    decoded = maps(inputs).view(parts, -1, clips, width)
    if model.output == "relu":
        decoded = decoded.relu()
    gaps = decoded - target[:, None]
    every = gaps.view(-1)
    loss = every.dot(every) / (clips * width)
    gaps *= 2 / (clips * width)
    slopes = (gaps * (decoded > 0) if model.output == "relu" else gaps).view(parts, -1, width)
    maps.learn(inputs, slopes)
    back = maps.back(slopes).view(parts, -1, clips, inputs.shape[2])
    return Decoding(loss, back.transpose(0, 1), gaps.transpose(0, 1))


def _slopes(side: Gaussian, noise: Tensor, sample: Tensor, kl: float) -> Float[Tensor, "row both"]:
    """The slopes at mean and logarithm, from those at the sample and the weight of the KL term."""
    mean, logarithm = sample, sample * noise * side.deviation
    if kl:
        share = kl / len(noise)
        mean = torch.add(mean, side.mean, alpha=share)
        logarithm = torch.add(logarithm, side.deviation.square() - 1, alpha=share)
    return torch.cat((mean, 0.5 * logarithm), dim=1)


def _pull(side: Gaussian, other: Gaussian) -> Float[Tensor, "row both"]:
    """The slopes of the distance at mean and logarithm of one side."""
    mean = side.mean - other.mean
    logarithm = 0.5 * side.deviation * (side.deviation - other.deviation)
    return torch.cat((mean, logarithm), dim=1) / side.distance(other)[:, None]


def _read(model: Autoencoder, batch: Batch, slopes: Tensor, outputs: Tensor) -> None:
    classes = batch.words.shape[1]
    summed = slopes.new_zeros(classes, slopes.shape[1]).index_add_(0, batch.owned, slopes)
    codes = torch.cat([model.shared(half) for half in summed.chunk(2, dim=1)], dim=2)
    model.read.learn(batch.words, codes)
    if batch.words.requires_grad:
        inputs = model.read.back(codes)
        batch.words.backward(inputs.index_add_(1, batch.owned, outputs.sum(0), alpha=-1))


def _terms(
    moved: Decoding, written: Decoding, weights: Weights, seen: Gaussian, read: Gaussian
) -> Losses:
    terms = {"motion": moved.loss, "text": written.loss}
    if weights.motion_kl:
        terms["motion_kl"] = weights.motion_kl * seen.divergence()
    if weights.text_kl:
        terms["text_kl"] = weights.text_kl * read.divergence()
    if weights.distribution:
        terms["distribution"] = weights.distribution * seen.distance(read).sum()
    return terms
