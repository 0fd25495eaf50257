"""Caches of classes: what is kept, what it changes, and the peculiarities of the published code."""

from dataclasses import replace

import pytest
import torch

from zsar.learning.skeleton_cache import (
    PARTS,
    CacheConfig,
    ClassCaches,
    descriptors,
    refined,
    slot_weights,
)

PLAIN = CacheConfig(size=2, runner_up_below=0, runner_up_margin=0.5, second_pass_above=None)
SLOTS = 8


@pytest.mark.parametrize("frames", [1, 2, 3, 13])
def test_a_map_of_any_length_has_descriptors(frames):
    maps = torch.randn(4, 6, frames, 25)
    described = descriptors(maps)
    assert described.shape == (4, SLOTS, 6) and described.isfinite().all()
    torch.testing.assert_close(described[:, 0], maps[..., PARTS["head"]].mean((2, 3)))
    torch.testing.assert_close(described[:, -2], maps[:, :, -max(1, frames // 3) :].mean((2, 3)))


def cached(described, scores, config=PLAIN, strength=1.0):
    weights = slot_weights(torch.zeros(2, 4), torch.zeros(2, 3), torch.full((2,), 0.5))
    return refined(described, scores, weights, torch.tensor(strength), torch.tensor(5.0), config)


def test_a_clip_is_drawn_to_the_class_of_what_is_like_it():
    one, other = torch.eye(6)[:2]
    described = torch.stack([one, other, one])[:, None].expand(-1, SLOTS, -1)
    scores = torch.tensor([[2.0, 0], [0, 2.0], [0, 0.4]])
    found = cached(described, scores)
    assert found.first[0].equal(scores[0])  # nothing is cached before the first
    assert found.scores.argmax(1).tolist() == [0, 1, 0]
    assert cached(described, scores, strength=0.0).scores.equal(scores)


def test_a_full_cache_gives_up_what_is_least_certain():
    caches = ClassCaches(2, torch.zeros(1, SLOTS, 6), PLAIN)
    for place, certainty in enumerate((1.0, 3.0, 2.0, 0.5)):
        unit = torch.eye(6)[place].expand(SLOTS, -1)
        caches.insert(unit, torch.tensor([certainty, 0.0]))
    assert caches.entries[0, :, 0].argmax(1).tolist() == [2, 1]  # 0 gave way to 2; 3 is not kept
    assert caches.entropies[1].isinf().all()


def test_published_peculiarities_of_the_caches_are_settings():
    described = torch.randn(6, SLOTS, 6)
    scores = torch.tensor([[1.2, 1.0], [1.0, 1.3]]).repeat(3, 1)
    alone = cached(described, scores).caches.entries
    both = cached(described, scores, replace(PLAIN, runner_up_below=8)).caches.entries
    assert not alone.equal(both)
    again = cached(described, scores, replace(PLAIN, second_pass_above=0.85))
    assert not again.scores.equal(again.first)
    once = cached(described, scores, replace(PLAIN, second_pass_above=2.0))
    assert once.scores.equal(once.first) and once.first.equal(again.first)


def test_equal_shares_stand_in_for_weights_that_are_absent():
    given = slot_weights(torch.zeros(1, 4), torch.tensor([[2.0, 1, 1]]), torch.tensor([0.25]))
    expected = torch.tensor([[0.75 / 4] * 4 + [0.375, 0.1875, 0.1875, 0.25]]) / 1.75
    torch.testing.assert_close(given, expected)
