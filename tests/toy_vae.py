"""VAEs and batches whose axes all have different small sizes."""

import torch

from zsar.vae.model import AlignedVAE
from zsar.vae.step import Batch

CLIPS, CLASSES, FEATURES, TEXT, LATENT = 10, 4, 7, 5, 6


def model(parts: int, output: str) -> AlignedVAE:
    made = AlignedVAE(FEATURES, TEXT, parts, LATENT, output)
    for bias in (each.bias for each in made.children()):
        torch.nn.init.normal_(bias)
    return made


def batch(parts: int) -> Batch:
    return Batch(
        features=torch.rand(CLIPS, FEATURES),
        text=torch.randn(parts, CLASSES, TEXT),
        targets=torch.randint(CLASSES, (CLIPS,)),
        noise=torch.randn(2, CLIPS, LATENT),
    )
