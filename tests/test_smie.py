"""SMIE: its negatives, its low-motion frames, its critic over all pairs."""

from dataclasses import replace

import pytest
import torch

import toys
from zsar.learning.critic import Critic
from zsar.learning.low_motion import frames, least_motion_frames, motion_energy
from zsar.learning.optim import AdamConfig, warmup_cosine
from zsar.learning.world import Sizes
from zsar.methods.smie import SMIE, SMIEConfig


def method(negatives: str) -> SMIE:
    config = SMIEConfig(
        (8, 4), AdamConfig(1e-3, 0.0), 2, 1, "step", 16, 0.5, 0.1, 6, 4, negatives, True
    )
    config = replace(config, temporal=0.0)
    return SMIE(Sizes(features=5, text=3, sources=1), config, None)


def test_a_negative_is_of_another_class():
    labels = torch.tensor([0, 0, 0, 1, 2, 2])
    for seed in range(20):
        torch.manual_seed(seed)
        assert (labels[method("other_class")._negatives(labels)] != labels).all()


def test_published_negatives_are_the_next_in_line_whatever_their_class():
    labels = torch.tensor([0, 0, 1])
    assert method("shifted")._negatives(labels).tolist() == [1, 2, 0]


def test_a_batch_of_one_class_still_trains():
    torch.manual_seed(0)
    assert method("other_class")._negatives(torch.zeros(4, dtype=torch.long)).shape == (4,)


def test_the_grid_of_the_critic_is_every_pair_on_its_own():
    torch.manual_seed(0)
    critic, clips, text = Critic(5, 3, (8, 4)), torch.randn(6, 5), torch.randn(4, 3)
    pairs = critic(clips.repeat_interleave(4, 0), text.repeat(6, 1))
    torch.testing.assert_close(critic.grid(clips, text), pairs.view(6, 4))


def test_still_frames_are_kept_in_time_order():
    clips = torch.zeros(1, 3, 8, 25, 2)
    clips[:, :, 3] = 5.0  # one frame leaps away and back
    assert motion_energy(clips)[0].argmax() == 3
    kept = least_motion_frames(clips, 5)
    assert kept.tolist() == [sorted(kept[0].tolist())]
    assert frames(clips, kept).abs().max() == 0


def test_without_the_temporal_term_given_features_are_enough():
    clips, text = toys.clips(), toys.text(toys.sources("smie"))
    bare = replace(clips, skeletons=clips.skeletons[:, :, :0])
    learner = toys.build("smie", (bare, text), temporal=0.0)
    rows = list(learner.fit(bare[torch.isin(bare.labels, toys.SEEN)], text))
    assert all(row.keys() == {"information"} for row in rows)
    novel = bare[torch.isin(bare.labels, toys.UNSEEN)]
    answers = toys.UNSEEN[toys.scores(learner, novel, text[toys.UNSEEN]).argmax(1)]
    assert (answers == novel.labels).float().mean() > 0.9


def test_the_rate_rises_then_falls_to_zero():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = warmup_cosine(optimizer, warmup=4, steps=12, every=1)
    rates = []
    for _ in range(12):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:5] == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-6)


def test_by_epoch_as_published_the_rate_changes_between_epochs_only():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = warmup_cosine(optimizer, warmup=4, steps=12, every=2)
    rates = []
    for _ in range(12):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[::2] == rates[1::2]
    assert rates[::2] == pytest.approx([0, 0.5, 1.0, 0.8536, 0.5, 0.1464], abs=1e-4)


def test_warmed_up_by_epoch_as_published_the_first_epoch_learns_nothing():
    clips, text = toys.clips(), toys.text(toys.sources("smie"))
    seen = clips[torch.isin(clips.labels, toys.SEEN)]
    for by in ("epoch", "step"):
        learner = toys.build("smie", (clips, text), warmup_by=by, temporal=0.0)
        start = {name: value.clone() for name, value in learner.state_dict().items()}
        next(iter(learner.fit(seen, text)))
        still = all(start[name].equal(value) for name, value in learner.state_dict().items())
        assert still == (by == "epoch")
