"""TDSM and FDSM with published weights: the settings that both share, and their answers at test."""

import torch

from parity._transformer import depth
from zsar.learning.diffusion import NetworkConfig
from zsar.learning.optim import AdamConfig
from zsar.methods._cyclic import CycleConfig

HEADS = 4  # of the fixtures


def settings(given, texts, width, warmup, cycles):
    """`texts` is the published table of texts."""
    return {
        "tokens": texts.shape[1] - 1,
        "network": NetworkConfig(width, depth(given), HEADS),
        "noise_steps": len(given["y/alphas_cumprod"]),
        "test_step": 25,
        "test_noises": len(given["x/test_noise"]),
        "optimizer": AdamConfig(1e-4, 0.01),
        "warmup": warmup,
        "batch_size": 256,
        "schedule": CycleConfig(*cycles),
    }


@torch.no_grad()
def answers(method, given, table, accuracy):
    unseen = given["x/unseen_classes"]
    found = method.errors(given["x/test_feature"], table[unseen])
    given.close(found, given["y/test_error"])
    predicted = found.argmin(1)
    assert predicted.equal(given["y/test_pred_index"])
    right = (unseen[predicted] == given["x/test_label"]).double().mean()
    given.close(right, given[accuracy].to(right.dtype))
