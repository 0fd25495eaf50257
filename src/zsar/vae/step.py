"""One training step of cross-aligned VAEs: the terms of the loss, and gradients in closed form.

The steps are many and tiny: most of the time of autograd goes into recording and walking the graph.
Closed-form gradients make a step about three times as fast (benchmarks/methods.py).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.learning.training import Losses
from zsar.vae.model import Affine, AlignedVAE, Gaussian

TERMS = ("motion", "text", "motion_kl", "text_kl", "distribution")


@dataclass(frozen=True)
class Batch:
    """Clips, the texts of their classes, which text each clip has, and noise for the latents.

    Of two modalities, motion comes first and text second.
    """

    features: Float[Tensor, "clip dim"]
    text: Float[Tensor, "part class width"]
    targets: Int[Tensor, " clip"]
    noise: Float[Tensor, "2 clip latent"]


@dataclass(frozen=True)
class LossWeights:
    """The weights of the terms beside the reconstruction of each modality from itself."""

    motion_kl: float
    text_kl: float
    cross: bool  # whether each modality is decoded from the other's latents, too
    distribution: float


@torch.no_grad()
def vae_step(model: AlignedVAE, batch: Batch, weights: LossWeights) -> Losses:
    """Set the model's gradients, and those of texts that are learnt; return the weighted terms.

    Both modalities share every call they can, and each class is encoded once, not once a clip.
    """
    text = model.encode_text(batch.text).index_select(0, batch.targets)
    codes = Gaussian.of(torch.stack((model.encode_motion(batch.features), text)))
    latents = codes.sample(batch.noise)
    own_text = batch.text.index_select(1, batch.targets)
    for_motion, for_text = (latents.flatten(0, 1),) * 2 if weights.cross else latents.unbind()
    motion = _decode(model, model.motion_decoder, for_motion[None], batch.features[None])
    decoded_text = _decode(model, model.text_decoder, model.split_parts(for_text), own_text)
    latent_grad = motion.grad[0], model.join_parts(decoded_text.grad)
    grad = (latent_grad[0] + latent_grad[1] if weights.cross else torch.cat(latent_grad)).view_as(
        latents
    )
    motion_grad, text_grad = _code_grad(codes, batch.noise, grad, weights).unbind()
    model.motion_encoder.set_grads(batch.features[None], motion_grad[None])
    _text_encoder_grads(model, batch, text_grad, decoded_text.residual_grad)
    return {"motion": motion.loss, "text": decoded_text.loss} | _terms(codes, weights)


@dataclass(frozen=True)
class Decoding:
    """The error of a decoder, and its gradients."""

    loss: Float[Tensor, ""]
    grad: Float[Tensor, "part row share"]  # at the latents
    residual_grad: Float[Tensor, "part side clip width"]  # at the decoded values


def _decode(model: AlignedVAE, maps: Affine, latents: Tensor, target: Tensor) -> Decoding:
    """The loss is the mean squared error of each part and modality, summed."""
    parts, clips, width = target.shape
    decoded = maps(latents)
    if model.output == "relu":
        decoded = decoded.relu()
    residual_grad = decoded.view(parts, -1, clips, width) - target[:, None]
    every, count = residual_grad.view(-1), clips * width
    loss = every.dot(every) / count
    residual_grad *= 2 / count
    grad = residual_grad.view_as(decoded)
    if model.output == "relu":
        grad = grad * (decoded > 0)
    maps.set_grads(latents, grad)
    return Decoding(loss, maps.input_grad(grad), residual_grad)


def _code_grad(
    codes: Gaussian, noise: Tensor, grad: Float[Tensor, "2 clip latent"], weights: LossWeights
) -> Float[Tensor, "2 clip both"]:
    """The gradient at mean and logvar, from that at the latents."""
    mean, logvar = grad, grad * noise * codes.std
    for side, kl in enumerate((weights.motion_kl, weights.text_kl)):
        if kl:
            share, spread = kl / noise.shape[1], codes.std[side].square() - 1
            mean[side].add_(codes.mean[side], alpha=share)
            logvar[side].add_(spread, alpha=share)
    if weights.distribution:
        pull = weights.distribution / codes[0].distance(codes[1])[:, None]
        apart, wider = pull * codes.mean.diff(dim=0)[0], pull * codes.std.diff(dim=0)[0]
        mean = mean + torch.stack((-apart, apart))
        logvar = logvar + torch.stack((-wider, wider)) * codes.std
    return torch.cat((mean, 0.5 * logvar), dim=2)


def _text_encoder_grads(
    model: AlignedVAE, batch: Batch, grad: Tensor, residual_grad: Tensor
) -> None:
    """Gradients of the text encoder, and of the texts themselves, which are also the target."""
    classes = batch.text.shape[1]
    summed = grad.new_zeros(classes, grad.shape[1]).index_add_(0, batch.targets, grad)
    codes = torch.cat([model.split_parts(half) for half in summed.chunk(2, dim=1)], dim=2)
    model.text_encoder.set_grads(batch.text, codes)
    if batch.text.requires_grad:
        latent_grad = model.text_encoder.input_grad(codes)
        batch.text.backward(
            latent_grad.index_add_(1, batch.targets, residual_grad.sum(1), alpha=-1)
        )


def _terms(codes: Gaussian, weights: LossWeights) -> Losses:
    terms: Losses = {}
    for side, (name, kl) in enumerate((("motion", weights.motion_kl), ("text", weights.text_kl))):
        if kl:
            terms[f"{name}_kl"] = kl * codes[side].kl()
    if weights.distribution:
        terms["distribution"] = weights.distribution * codes[0].distance(codes[1]).sum()
    return terms
