"""Prototypes: which clips they are made of, and how exemplars join them."""

import torch
from torch.nn import functional as F

from zsar.learning.losses import cosine
from zsar.learning.prototypes import one_shot_prototypes, prototypes, surest


def test_they_are_the_means_of_the_surest_clips_and_a_class_without_clips_keeps_its_words():
    words = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-2.0, -2.0]])
    motion = torch.tensor([[3.0, 0.0], [1.0, 0.9], [0.1, 1.0], [0.9, 1.0], [0.0, 5.0]])
    unit = F.normalize(motion, dim=1)
    assert surest(cosine(motion, words), 0.5).nonzero().tolist() == [[0, 0], [4, 1]]
    whole = prototypes(motion, words, 1.0)
    torch.testing.assert_close(whole[0], unit[:2].mean(0))
    torch.testing.assert_close(whole[1], unit[2:].mean(0))
    torch.testing.assert_close(whole[2], words[2])
    half = prototypes(motion, words, 0.5)
    torch.testing.assert_close(half, torch.stack((unit[0], unit[4], words[2])))


def test_exemplars_stand_for_their_classes_and_stay_among_their_clips():
    words = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    exemplars, classes = torch.tensor([[0.0, 3.0], [4.0, 0.0]]), torch.tensor([0, 1])
    motion = torch.tensor([[1.0, 0.2], [0.2, 1.0], [-1.0, -1.0]])
    first = one_shot_prototypes(motion, words, 1.0, exemplars, classes, 0, stay=True)
    expected = torch.tensor([[0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]])
    torch.testing.assert_close(first, expected)
    after = one_shot_prototypes(motion, words, 1.0, exemplars, classes, 1, stay=True)
    unit = F.normalize(motion, dim=1)
    torch.testing.assert_close(after[0], (unit[1] + expected[0]) / 2)
    torch.testing.assert_close(after[1], (unit[0] + expected[1]) / 2)
    torch.testing.assert_close(after[2], unit[2])


def test_published_exemplars_only_begin_and_a_class_that_no_clip_comes_to_has_its_words():
    words = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    exemplars, classes = torch.tensor([[0.0, 3.0], [4.0, 0.0], [-1.0, -1.0]]), torch.arange(3)
    motion = torch.tensor([[1.0, 0.2], [0.2, 1.0]])
    known = motion, words, 1.0, exemplars, classes
    before, begun = (one_shot_prototypes(*known, 0, stay) for stay in (False, True))
    assert before.equal(begun)
    after = one_shot_prototypes(*known, 1, stay=False)
    unit = F.normalize(motion, dim=1)
    torch.testing.assert_close(after, torch.stack((unit[1], unit[0], words[2])))
