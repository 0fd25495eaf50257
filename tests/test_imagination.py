"""The classifier that is trained on imagined latents."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.nn import functional as F

from toy_autoencoders import CLASSES, LATENT, MOTION, WORDS, model
from zsar.vae.classifier import ClassifierConfig, classify, fit_softmax, sample_latents
from zsar.vae.model import Gaussian

CLASSIFIER = ClassifierConfig(samples=30, steps=200, lr=1e-2, start="zero", output="linear")


pytestmark = pytest.mark.usefixtures("double_precision")


@pytest.mark.parametrize(("start", "output"), product(("zero", "random"), ("linear", "relu")))
def test_the_classifier_is_that_of_full_batch_adam(start, output):
    settings = replace(CLASSIFIER, start=start, output=output)
    latents = torch.randn(CLASSES, 30, LATENT) + torch.randn(CLASSES, 1, LATENT)
    torch.manual_seed(1)
    weight, bias = fit_softmax(latents, settings)
    torch.manual_seed(1)
    plain = torch.nn.Linear(LATENT, CLASSES)
    torch.manual_seed(1)
    bound = 0.5 * (6 / (CLASSES + LATENT)) ** 0.5 if start == "random" else 0.0
    torch.nn.init.uniform_(plain.weight, -bound, bound)
    torch.nn.init.zeros_(plain.bias)
    optimizer = torch.optim.Adam(plain.parameters(), lr=settings.lr)
    targets = torch.arange(CLASSES).repeat_interleave(30)
    for _ in range(settings.steps):
        logits = plain(latents.flatten(0, 1))
        optimizer.zero_grad()
        F.cross_entropy(logits.relu() if output == "relu" else logits, targets).backward()
        optimizer.step()
    torch.testing.assert_close(weight, plain.weight.detach())
    torch.testing.assert_close(bias[:, 0], plain.bias.detach())


def test_imagined_latents_are_spread_as_the_text_is_coded():
    ours, words = model(2, "linear"), torch.randn(2, CLASSES, WORDS)
    text = Gaussian.of(ours.code_text(words))
    latents = sample_latents(ours, words, "dimension", 20_000)
    assert latents.shape == (CLASSES, 20_000, LATENT)
    torch.testing.assert_close(latents.mean(1), text.mean, rtol=0, atol=0.1)
    torch.testing.assert_close(latents.std(1), text.deviation, rtol=0.05, atol=0.0)


def test_the_order_of_candidates_does_not_touch_their_scores():
    ours, words, motion = model(2, "linear"), torch.randn(2, CLASSES, WORDS), torch.rand(9, MOTION)
    order = torch.randperm(CLASSES)
    scores = []
    for candidates in (words, words[:, order]):
        torch.manual_seed(2)
        scores.append(classify(ours, motion, candidates, "dimension", CLASSIFIER))
    torch.testing.assert_close(scores[0][:, order], scores[1], rtol=1e-3, atol=1e-4)


def test_the_published_output_of_the_classifier_is_never_negative():
    ours, words, motion = model(1, "relu"), torch.randn(1, CLASSES, WORDS), torch.rand(9, MOTION)
    published = replace(CLASSIFIER, start="random", output="relu")
    assert classify(ours, motion, words, "row", published).min() == 0
