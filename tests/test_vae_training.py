"""Training of cross-aligned VAEs: the batches, and the schedule of the loss terms."""

from dataclasses import replace

import pytest
import torch

from toy_vae import LATENT, batch, model
from zsar.learning.optim import AdamConfig
from zsar.learning.training import Diverged
from zsar.vae.classifier import ClassifierConfig
from zsar.vae.step import LossWeights
from zsar.vae.training import (
    CycleSchedule,
    VAEConfig,
    classes_of_batches,
    draw_batches,
    loss_weights,
    train_vae,
)

SCHEDULE = CycleSchedule(
    cycles=3,
    steps=20,
    kl_gain=0.1,
    kl_steps=40,
    motion_kl_after=8,
    text_kl_after=12,
    text_kl_cycle=2,
    cross_after=12,
    distribution=0.0,
)
UNUSED = ClassifierConfig(samples=0, steps=0, lr=0.0, start="zero", output="linear")
CONFIG = VAEConfig(LATENT, "linear", "dimension", AdamConfig(1e-3, 0.0), 4, SCHEDULE, UNUSED)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def text_of(given):
    return lambda classes: given.text.index_select(1, classes)


@pytest.mark.parametrize(("clips", "size"), [(9, 9), (9, 4), (1000, 64), (1, 1)])
def test_a_batch_has_no_clip_twice(clips, size):
    batches = draw_batches(clips, size, 200, torch.device("cpu"))
    assert batches.shape == (200, size)
    assert all(len(rows.unique()) == size for rows in batches)
    assert batches.min() >= 0 and batches.max() < clips


def test_every_batch_of_clips_is_as_likely_as_any_other():
    batches = draw_batches(5, 3, 40_000, torch.device("cpu"))
    sets = (1 << batches).sum(1)
    counts = sets.unique(return_counts=True)[1]
    assert len(counts) == 10
    assert (counts / 4000 - 1).abs().max() < 0.06  # four standard deviations
    assert (batches[:, 0].bincount() / 8000 - 1).abs().max() < 0.05


def test_only_the_texts_of_the_classes_in_a_batch_are_used():
    targets = torch.randint(7, (50, 5))
    for own, classes, places in zip(targets, *classes_of_batches(targets), strict=True):
        assert classes.equal(own.unique())
        assert classes[places].equal(own)


def test_the_terms_are_switched_on_one_after_another():
    assert loss_weights(SCHEDULE, 2, 8) == LossWeights(0.0, 0.0, False, 0.0)
    assert loss_weights(SCHEDULE, 2, 12) == LossWeights(0.01, 0.0, False, 0.0)
    assert loss_weights(SCHEDULE, 1, 16) == LossWeights(0.02, 0.0, True, 0.0)
    assert loss_weights(SCHEDULE, 2, 16) == LossWeights(0.02, 0.01, True, 0.0)
    changed = replace(SCHEDULE, distribution=0.5)
    assert (
        loss_weights(changed, 0, 12).distribution == 0
        and loss_weights(changed, 0, 13).distribution == 0.5
    )


def test_every_cycle_reports_the_mean_of_every_term():
    ours, given = model(1, "linear"), batch(1)
    fit = train_vae(ours, ours, given.features, given.targets, text_of(given), CONFIG)
    rows = list(fit)
    assert [row["text_kl"] > 0 for row in rows] == [False, False, True]
    assert all(row["motion"] > 0 and row["motion_kl"] > 0 for row in rows)
    assert all(row["distribution"] == 0 for row in rows)


def test_a_loss_that_is_not_finite_stops_the_training():
    ours, given = model(1, "linear"), batch(1)
    given.features[3, 2] = float("nan")
    with pytest.raises(Diverged, match="cycle 1"):
        next(train_vae(ours, ours, given.features, given.targets, text_of(given), CONFIG))
