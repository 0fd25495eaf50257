"""PURLS on the features of every joint, its label leak, and its refinement at test."""

from dataclasses import replace

import pytest
import torch

import toys
from zsar.encoders.reuse import FrozenEncoder, PooledMaps
from zsar.errors import UserError
from zsar.learning.purls_network import PURLSNetwork, candidate_scores, grid_cells, slot_texts
from zsar.learning.world import Sizes
from zsar.methods.dyna_purls import RefinedTexts, RefinementConfig


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
    with pytest.raises(UserError, match=r"^this method reads .* Pooled has 1 in its maps; choose"):
        FrozenEncoder(encoder).maps(toys.clips().skeletons)


@pytest.mark.parametrize("frames", [1, 2, 3, 13])
def test_a_map_of_any_length_has_cells(frames):
    maps = torch.randn(4, 6, frames, 25)
    cells = grid_cells(3, maps)
    assert cells.shape == (4, 75, 6)
    torch.testing.assert_close(cells.norm(dim=2), torch.ones(4, 75))


def test_the_leak_of_purls_reads_labels_and_its_scores_do_not():
    method, (novel, text) = trained("purls"), world()
    known = replace(novel, labels=(novel.labels == toys.UNSEEN[1]).long())
    wrong = replace(known, labels=1 - known.labels)
    assert method.score(known, text).equal(method.score(wrong, text))
    truth = known.labels
    leaking, misled = (method.score_knowing(novel, text, each) for each in (truth, 1 - truth))
    assert not leaking.equal(misled)
    own = torch.arange(len(novel)), truth
    torch.testing.assert_close(leaking[own], method.score(known, text)[own])
    stranger = method.score_knowing(novel, text, torch.full_like(truth, -1))  # no candidate
    assert stranger.equal(method.score(novel, text))


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
