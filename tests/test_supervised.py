"""Supervised training: an encoder learns toy classes, and keeps the epoch that did best on held-out clips."""

import pytest
import torch

from zsar.encoders.base import Footage
from zsar.encoders.stgcn import STGCN, Settings
from zsar.encoders.supervised import Training, held_accuracy
from zsar.learning.training import Adam


def settings(epochs: int) -> Settings:
    return Settings((8, 16), (1, 2), 3, 0.1, 1, Training(Adam(5e-3, 0.0), epochs, 16))


def footage(clips: int) -> Footage:
    """Each class swings one joint of its own."""
    labels = torch.arange(clips) % 4
    skeletons = 0.1 * torch.randn(clips, 3, 12, 25, 2)
    swing = torch.sin(torch.arange(12.0))
    for clip, label in enumerate(labels):
        skeletons[clip, 0, :, 6 + 4 * label, 0] += swing
    skeletons[..., 1] = 0
    return Footage(skeletons, labels)


def test_an_encoder_learns_and_ends_with_the_weights_of_its_best_epoch():
    torch.manual_seed(0)
    train, held = footage(64), footage(32)
    encoder = STGCN(4, settings(8))
    rows = list(encoder.fit(train, held))
    best = max(row["held_accuracy"] for row in rows)
    assert rows[-1]["cross_entropy"] < rows[0]["cross_entropy"]
    assert best > 0.6
    assert held_accuracy(encoder.eval(), held, 16) == best


def test_no_held_out_clips_is_an_error():
    with pytest.raises(ValueError, match="held-out"):
        next(STGCN(4, settings(1)).fit(footage(8), footage(0)))
