"""The classifier that is trained on latents sampled from texts."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.nn import functional as F

from toy_vae import CLASSES, FEATURES, LATENT, TEXT, model
from zsar.vae.classifier import ClassifierConfig, classify, fit_softmax, sample_latents
from zsar.vae.model import Gaussian

CLASSIFIER = ClassifierConfig(samples=30, steps=200, lr=1e-2, start="zero", output="linear")


pytestmark = pytest.mark.usefixtures("double_precision")


@pytest.mark.parametrize(("start", "output"), product(("zero", "random"), ("linear", "relu")))
def test_the_classifier_equals_one_trained_by_full_batch_adam(start, output):
    config = replace(CLASSIFIER, start=start, output=output)
    latents = torch.randn(CLASSES, 30, LATENT) + torch.randn(CLASSES, 1, LATENT)
    torch.manual_seed(1)
    weight, bias = fit_softmax(latents, config)
    torch.manual_seed(1)
    plain = torch.nn.Linear(LATENT, CLASSES)
    torch.manual_seed(1)
    bound = 0.5 * (6 / (CLASSES + LATENT)) ** 0.5 if start == "random" else 0.0
    torch.nn.init.uniform_(plain.weight, -bound, bound)
    torch.nn.init.zeros_(plain.bias)
    optimizer = torch.optim.Adam(plain.parameters(), lr=config.lr)
    targets = torch.arange(CLASSES).repeat_interleave(30)
    for _ in range(config.steps):
        logits = plain(latents.flatten(0, 1))
        optimizer.zero_grad()
        F.cross_entropy(logits.relu() if output == "relu" else logits, targets).backward()
        optimizer.step()
    torch.testing.assert_close(weight, plain.weight.detach())
    torch.testing.assert_close(bias[:, 0], plain.bias.detach())


def test_sampled_latents_have_the_mean_and_standard_deviation_of_the_text_code():
    ours, text_features = model(2, "linear"), torch.randn(2, CLASSES, TEXT)
    text = Gaussian.of(ours.encode_text(text_features))
    latents = sample_latents(ours, text_features, "dimension", 20_000)
    assert latents.shape == (CLASSES, 20_000, LATENT)
    torch.testing.assert_close(latents.mean(1), text.mean, rtol=0, atol=0.1)
    torch.testing.assert_close(latents.std(1), text.std, rtol=0.05, atol=0.0)


def test_the_order_of_candidates_does_not_change_their_scores():
    ours, text_features = model(2, "linear"), torch.randn(2, CLASSES, TEXT)
    features = torch.rand(9, FEATURES)
    order = torch.randperm(CLASSES)
    scores = []
    for candidates in (text_features, text_features[:, order]):
        torch.manual_seed(2)
        scores.append(classify(ours, features, candidates, "dimension", CLASSIFIER))
    torch.testing.assert_close(scores[0][:, order], scores[1], rtol=1e-3, atol=1e-4)


def test_the_published_output_of_the_classifier_is_never_negative():
    ours, text_features = model(1, "relu"), torch.randn(1, CLASSES, TEXT)
    features = torch.rand(9, FEATURES)
    published = replace(CLASSIFIER, start="random", output="relu")
    assert classify(ours, features, text_features, "row", published).min() == 0
