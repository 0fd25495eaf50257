"""Autoencoders and batches of the least size that tells all their axes apart."""

import torch

from zsar.vae.model import AlignedVAE
from zsar.vae.step import Batch

CLIPS, CLASSES, MOTION, WORDS, LATENT = 10, 4, 7, 5, 6


def model(parts: int, output: str) -> AlignedVAE:
    made = AlignedVAE(MOTION, WORDS, parts, LATENT, output)
    for bias in (each.bias for each in made.children()):
        torch.nn.init.normal_(bias)
    return made


def batch(parts: int) -> Batch:
    return Batch(
        motion=torch.rand(CLIPS, MOTION),
        words=torch.randn(parts, CLASSES, WORDS),
        owned=torch.randint(CLASSES, (CLIPS,)),
        noise=torch.randn(2, CLIPS, LATENT),
    )
