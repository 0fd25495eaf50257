"""UmURL's loss: its parts, their sum, and its gradients."""

import torch

from zsar.learning.vicreg import VICRegWeights, covariance, umurl_losses, variance

WEIGHTS = VICRegWeights(5.0, 5.0, 1.0)
NAMES = ("j", "b", "m")


def check(arrays, note, folder):
    given = {
        name: torch.from_numpy(arrays[f"x/z_{name}"]).requires_grad_()
        for name in (*NAMES, *(f"u{name}" for name in NAMES))
    }
    losses = umurl_losses(
        torch.stack([given[name] for name in NAMES]),
        torch.stack([given[f"u{name}"] for name in NAMES]),
        WEIGHTS,
    )
    arrays.close(losses["intra"] / WEIGHTS.consistency, arrays["y/intra"])
    arrays.close(losses["inter"] / WEIGHTS.consistency, arrays["y/inter"])
    arrays.close(losses["variance"] + losses["covariance"], arrays["y/reg"])
    for name, vectors in given.items():
        part = WEIGHTS.variance * variance(vectors) + WEIGHTS.covariance * covariance(vectors)
        arrays.close(part, arrays[f"y/vc_z_{name}"])
    total = sum(losses.values())
    arrays.close(total, arrays["y/total"])
    total.backward()
    for name, vectors in given.items():
        expected = arrays[f"y/grad_z_{name}"]
        arrays.close(vectors.grad, expected, "gradients")
