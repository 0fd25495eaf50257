"""One lesson of aligned autoencoders: the terms of the loss, its gradients in closed form."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.learning.training import Losses
from zsar.vae.model import Affine, AlignedVAE, Gaussian

TERMS = ("motion", "text", "motion_kl", "text_kl", "distribution")


@dataclass(frozen=True)
class Batch:
    """Clips, the texts of the seen classes, which of them each clip owns, and noise for latents.

    Of two sides, motion comes first and text second.
    """

    motion: Float[Tensor, "clip dim"]
    words: Float[Tensor, "part class width"]
    owned: Int[Tensor, " clip"]
    noise: Float[Tensor, "2 clip latent"]


@dataclass(frozen=True)
class LossWeights:
    """What counts in the loss beside either side's reconstruction of itself, and how much."""

    motion_kl: float
    text_kl: float
    cross: bool  # whether each side decodes the other's latents, too
    distribution: float


@torch.no_grad()
def vae_step(model: AlignedVAE, batch: Batch, weights: LossWeights) -> Losses:
    """Set the model's gradients, pass them on to words that are learnt; return the weighted terms.

    The steps are many and tiny, and most of their time goes into calls: there is no graph to record
    and to walk, the sides share every call they can, and each class is read once, not once a clip.
    """
    text = model.code_text(batch.words).index_select(0, batch.owned)
    codes = Gaussian.of(torch.stack((model.code_motion(batch.motion), text)))
    latents = codes.sample(batch.noise)
    words = batch.words.index_select(1, batch.owned)
    to_move, to_write = (latents.flatten(0, 1),) * 2 if weights.cross else latents.unbind()
    moved = _decode(model, model.move, to_move[None], batch.motion[None])
    written = _decode(model, model.write, model.shared(to_write), words)
    back = moved.slopes[0], model.joined(written.slopes)
    slopes = (back[0] + back[1] if weights.cross else torch.cat(back)).view_as(latents)
    motion_slopes, text_slopes = _coded(codes, batch.noise, slopes, weights).unbind()
    model.see.learn(batch.motion[None], motion_slopes[None])
    _read(model, batch, text_slopes, written.gaps)
    return {"motion": moved.loss, "text": written.loss} | _terms(codes, weights)


@dataclass(frozen=True)
class Decoding:
    """How well a decoder tells the target from each latent it is given."""

    loss: Float[Tensor, ""]
    slopes: Float[Tensor, "part row share"]  # of the loss at the latents
    gaps: Float[Tensor, "part side clip width"]  # its slopes at what is told from them


def _decode(model: AlignedVAE, maps: Affine, latents: Tensor, target: Tensor) -> Decoding:
    """The loss is the mean squared error of each part and side, summed."""
    parts, clips, width = target.shape
    told = maps(latents)
    if model.output == "relu":
        told = told.relu()
    gaps = told.view(parts, -1, clips, width) - target[:, None]
    every, count = gaps.view(-1), clips * width
    loss = every.dot(every) / count
    gaps *= 2 / count
    slopes = gaps.view_as(told)
    if model.output == "relu":
        slopes = slopes * (told > 0)
    maps.learn(latents, slopes)
    return Decoding(loss, maps.back(slopes), gaps)


def _coded(
    codes: Gaussian, noise: Tensor, slopes: Float[Tensor, "2 clip latent"], weights: LossWeights
) -> Float[Tensor, "2 clip both"]:
    """The slopes at the codes, from those at the latents."""
    mean, logarithm = slopes, slopes * noise * codes.deviation
    for side, kl in enumerate((weights.motion_kl, weights.text_kl)):
        if kl:
            share, spread = kl / noise.shape[1], codes.deviation[side].square() - 1
            mean[side].add_(codes.mean[side], alpha=share)
            logarithm[side].add_(spread, alpha=share)
    if weights.distribution:
        pull = weights.distribution / codes[0].distance(codes[1])[:, None]
        apart, wider = pull * codes.mean.diff(dim=0)[0], pull * codes.deviation.diff(dim=0)[0]
        mean = mean + torch.stack((-apart, apart))
        logarithm = logarithm + torch.stack((-wider, wider)) * codes.deviation
    return torch.cat((mean, 0.5 * logarithm), dim=2)


def _read(model: AlignedVAE, batch: Batch, slopes: Tensor, gaps: Tensor) -> None:
    """Let the encoder of the text learn, and the words themselves, which are also the target."""
    classes = batch.words.shape[1]
    summed = slopes.new_zeros(classes, slopes.shape[1]).index_add_(0, batch.owned, slopes)
    codes = torch.cat([model.shared(half) for half in summed.chunk(2, dim=1)], dim=2)
    model.read.learn(batch.words, codes)
    if batch.words.requires_grad:
        back = model.read.back(codes)
        batch.words.backward(back.index_add_(1, batch.owned, gaps.sum(1), alpha=-1))


def _terms(codes: Gaussian, weights: LossWeights) -> Losses:
    terms: Losses = {}
    for side, (name, kl) in enumerate((("motion", weights.motion_kl), ("text", weights.text_kl))):
        if kl:
            terms[f"{name}_kl"] = kl * codes[side].divergence()
    if weights.distribution:
        terms["distribution"] = weights.distribution * codes[0].distance(codes[1]).sum()
    return terms
