"""Methods on the features of every joint: PURLS, its refinement at test, and class caches."""

from dataclasses import replace

import pytest
import torch

import toys
from zsar.encoders.reuse import FrozenEncoder, PooledMaps
from zsar.errors import UserError
from zsar.learning.skeleton_cache import (
    PARTS,
    CacheConfig,
    ClassCaches,
    descriptors,
    refined,
    slot_weights,
)
from zsar.learning.world import Sizes
from zsar.methods._purls import PURLSNetwork, candidate_scores, grid_cells, slot_texts
from zsar.methods.dyna_purls import RefinedTexts, RefinementConfig

PLAIN = CacheConfig(size=2, runner_up_below=0, runner_up_margin=0.5, second_pass_above=None)
SLOTS = 8


class Pooled(toys.MeanPose):
    """An encoder whose maps have lost their joints."""

    def maps(self, skeletons):
        return super().maps(skeletons).mean(4, keepdim=True)


def world():
    clips, text = toys.clips(), toys.text(toys.sources("purls"))
    return clips[torch.isin(clips.labels, toys.UNSEEN)], text[toys.UNSEEN]


def trained(name, **changes):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    method = toys.build(name, (clips, text), **changes)
    for epoch, _ in enumerate(method.fit(clips[torch.isin(clips.labels, toys.SEEN)], text)):
        if epoch == 3:
            break
    method.zero_grad()
    return method.eval()


def test_the_maps_of_a_clip_are_pooled_once():
    clips, made = toys.clips(), PooledMaps(toys.encoder(), lambda maps: maps.mean((2, 3)))
    torch.testing.assert_close(made(clips.skeletons), clips.features, rtol=1e-4, atol=1e-4)
    assert made(clips.skeletons) is made(clips.skeletons)
    other = clips[torch.tensor([3, 1])].skeletons
    torch.testing.assert_close(made(other), clips.features[[3, 1]], rtol=1e-4, atol=1e-4)


def test_an_encoder_without_joints_is_named():
    encoder = Pooled(2, Pooled.Config(toys.FEATURES)).eval()
    with pytest.raises(UserError, match=r"^this method reads .* Pooled have 1 instead of 25; ch"):
        FrozenEncoder(encoder).maps(toys.clips().skeletons)


@pytest.mark.parametrize("frames", [1, 2, 3, 13])
def test_a_map_of_any_length_has_cells_and_descriptors(frames):
    maps = torch.randn(4, 6, frames, 25)
    cells = grid_cells(3, maps)
    assert cells.shape == (4, 75, 6)
    torch.testing.assert_close(cells.norm(dim=2), torch.ones(4, 75))
    described = descriptors(maps)
    assert described.shape == (4, SLOTS, 6) and described.isfinite().all()
    torch.testing.assert_close(described[:, 0], maps[..., PARTS["head"]].mean((2, 3)))
    torch.testing.assert_close(described[:, -2], maps[:, :, -max(1, frames // 3) :].mean((2, 3)))


def test_the_leak_of_purls_reads_labels_and_its_scores_do_not():
    method, (novel, text) = trained("purls"), world()
    known = replace(novel, labels=(novel.labels == toys.UNSEEN[1]).long())
    wrong = replace(known, labels=1 - known.labels)
    assert method.score(known, text).equal(method.score(wrong, text))
    leaking, misled = (method.score_guided_by_labels(each, text) for each in (known, wrong))
    assert not leaking.equal(misled)
    own = torch.arange(len(novel)), known.labels
    torch.testing.assert_close(leaking[own], method.score(known, text)[own])


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_refinement_leaves_the_network_as_it_was(mode):
    method, (novel, text) = trained("dyna_purls", network_at_test=mode), world()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    plain = candidate_scores(method.network, method.cells(novel.skeletons), slot_texts(text))
    scores = toys.scores(method, novel, text)
    assert not torch.allclose(scores, plain, atol=1e-3)
    assert all(value.equal(before[name]) for name, value in method.state_dict().items())
    assert all(weight.grad is None for weight in method.parameters())


def test_without_confident_clips_nothing_is_refined():
    never = {"confidence": 1.0}
    method, (novel, text) = trained("dyna_purls", refinement=never), world()
    plain = candidate_scores(method.network, method.cells(novel.skeletons), slot_texts(text))
    torch.testing.assert_close(toys.scores(method, novel, text), plain)


def test_the_most_confident_losses_of_a_class_are_kept():
    texts = torch.nn.functional.normalize(torch.randn(2, 3, 4), dim=2)
    network = PURLSNetwork(Sizes(5, 4, 3), toys.settings("purls")).eval()
    settings = RefinementConfig((0.01, 0.001), 0.0, 4, 0.1, buffer=2)
    made = RefinedTexts(texts, settings)
    logits = torch.tensor([[0.3, 0], [2.0, 0], [1.0, 0], [0, 0.5], [0.5, 0]])
    made.step(network, torch.randn(5, 6, 5), logits)
    confidences = [[confidence for confidence, _ in each] for each in made.buffers]
    expected = logits.softmax(1)
    assert confidences == [[expected[2, 0].item(), expected[1, 0].item()], [expected[3, 1].item()]]
    assert made.steps == 1 and not made().equal(texts)


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
