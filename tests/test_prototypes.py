"""Prototypes: the clips that make them, and how support clips join them."""

import torch
from torch.nn import functional as F

from zsar.learning.losses import cosine
from zsar.learning.prototypes import least_entropy, one_shot_prototypes, prototypes


def test_they_are_the_means_of_clips_of_least_entropy_and_a_class_without_clips_keeps_its_text():
    texts = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-2.0, -2.0]])
    clips = torch.tensor([[3.0, 0.0], [1.0, 0.9], [0.1, 1.0], [0.9, 1.0], [0.0, 5.0]])
    unit = F.normalize(clips, dim=1)
    assert least_entropy(cosine(clips, texts), 0.5).nonzero().tolist() == [[0, 0], [4, 1]]
    whole = prototypes(clips, texts, 1.0)
    torch.testing.assert_close(whole[0], unit[:2].mean(0))
    torch.testing.assert_close(whole[1], unit[2:].mean(0))
    torch.testing.assert_close(whole[2], texts[2])
    half = prototypes(clips, texts, 0.5)
    torch.testing.assert_close(half, torch.stack((unit[0], unit[4], texts[2])))


def test_support_clips_are_the_first_prototypes_and_stay_among_the_clips_of_their_class():
    texts = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    support, classes = torch.tensor([[0.0, 3.0], [4.0, 0.0]]), torch.tensor([0, 1])
    clips = torch.tensor([[1.0, 0.2], [0.2, 1.0], [-1.0, -1.0]])
    first = one_shot_prototypes(clips, texts, 1.0, support, classes, 0, keep_support=True)
    expected = torch.tensor([[0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]])
    torch.testing.assert_close(first, expected)
    after = one_shot_prototypes(clips, texts, 1.0, support, classes, 1, keep_support=True)
    unit = F.normalize(clips, dim=1)
    torch.testing.assert_close(after[0], (unit[1] + expected[0]) / 2)
    torch.testing.assert_close(after[1], (unit[0] + expected[1]) / 2)
    torch.testing.assert_close(after[2], unit[2])


def test_published_support_clips_only_begin_and_a_class_without_clips_has_its_text():
    texts = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    support, classes = torch.tensor([[0.0, 3.0], [4.0, 0.0], [-1.0, -1.0]]), torch.arange(3)
    clips = torch.tensor([[1.0, 0.2], [0.2, 1.0]])
    known = clips, texts, 1.0, support, classes
    before, begun = (one_shot_prototypes(*known, 0, keep) for keep in (False, True))
    assert before.equal(begun)
    after = one_shot_prototypes(*known, 1, keep_support=False)
    unit = F.normalize(clips, dim=1)
    torch.testing.assert_close(after, torch.stack((unit[1], unit[0], texts[2])))
