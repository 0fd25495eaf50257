"""What is peculiar to aligned autoencoders: gradients, noise, batches, schedule and classifier."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.nn import functional as F

from zsar.errors import Complaint
from zsar.learning.annealing import Annealing, Schedule, among, anneal, draw, weights
from zsar.learning.imagination import Classifier, imagine, learn, recognise
from zsar.learning.latent import Autoencoder, Gaussian, noise
from zsar.learning.lesson import Batch, Weights, teach
from zsar.learning.training import Adam, Diverged

CLIPS, CLASSES, MOTION, WORDS, LATENT = 10, 4, 7, 5, 6
EVERYTHING = Weights(motion_kl=0.3, text_kl=0.2, cross=True, distribution=0.1)
SCHEDULE = Schedule(
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
CLASSIFIER = Classifier(samples=30, steps=200, lr=1e-2, start="zero", output="linear")
SETTINGS = Annealing(LATENT, "linear", "dimension", Adam(1e-3, 0.0), 4, SCHEDULE, CLASSIFIER)


@pytest.fixture(autouse=True)
def seed():
    """Double precision, for Adam makes steps of rounding errors where a gradient is nothing."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def model(parts: int, output: str) -> Autoencoder:
    made = Autoencoder(MOTION, WORDS, parts, LATENT, output)
    for bias in (each.bias for each in made.children()):
        torch.nn.init.normal_(bias)
    return made


def batch(parts: int) -> Batch:
    return Batch(
        motion=torch.rand(CLIPS, MOTION),
        words=torch.randn(parts, CLASSES, WORDS),
        owned=torch.randint(CLASSES, (CLIPS,)),
        noise=torch.randn(2, CLIPS, LATENT),
    )


def by_graph(ours: Autoencoder, given: Batch, terms: Weights) -> torch.Tensor:
    """The loss as it would be written for autograd, the text clip by clip and part by part."""
    last = F.relu if ours.output == "relu" else lambda decoded: decoded
    words = given.words[:, given.owned]
    seen = Gaussian.of(ours.code_motion(given.motion))
    read = Gaussian.of(ours.code_text(words))
    motion, text = seen.sample(given.noise[0]), read.sample(given.noise[1])

    def told(latents):
        shares = latents.chunk(ours.parts, dim=1)
        maps = zip(shares, ours.write.weight, ours.write.bias, words, strict=True)
        return sum(
            F.mse_loss(last(share @ weight + bias), word) for share, weight, bias, word in maps
        )

    def moved(latents):
        decoded = last(latents @ ours.move.weight[0] + ours.move.bias[0])
        return F.mse_loss(decoded, given.motion)

    def kl(side):
        normal = torch.distributions.Normal(side.mean, side.deviation)
        standard = torch.distributions.Normal(0.0, 1.0)
        return torch.distributions.kl_divergence(normal, standard).sum(1).mean()

    loss = moved(motion) + told(text) + terms.motion_kl * kl(seen) + terms.text_kl * kl(read)
    if terms.cross:
        loss = loss + moved(text) + told(motion)
    gap = torch.cat((seen.mean - read.mean, seen.deviation - read.deviation), dim=1)
    return loss + terms.distribution * gap.norm(dim=1).sum()


def said(given: Batch):
    return lambda classes: given.words.index_select(1, classes)


@pytest.mark.parametrize(("parts", "output"), product((1, 2, 3), ("linear", "relu")))
@pytest.mark.parametrize("terms", [EVERYTHING, Weights(0.0, 0.0, False, 0.0)], ids=["all", "own"])
def test_the_closed_form_is_what_autograd_finds(parts, output, terms):
    ours, given = model(parts, output), batch(parts)
    given.words.requires_grad_()
    learnt = [*ours.parameters(), given.words]
    loss = by_graph(ours, given, terms)
    expected = torch.autograd.grad(loss, learnt)
    named = teach(ours, given, terms)
    torch.testing.assert_close(sum(named.values()), loss.detach())
    for weight, gradient in zip(learnt, expected, strict=True):
        torch.testing.assert_close(weight.grad, gradient)


def test_texts_that_are_given_get_no_gradient():
    given = batch(1)
    teach(model(1, "linear"), given, EVERYTHING)
    assert given.words.grad is None


def test_parts_that_cannot_share_the_latent_equally_are_an_error():
    with pytest.raises(Complaint, match="latent is 7, which 2 texts cannot share equally"):
        Autoencoder(MOTION, WORDS, 2, 7, "linear")


def test_a_distribution_is_as_far_from_another_as_means_and_deviations_are():
    one = Gaussian.of(torch.tensor([[0.0, 0.0, 0.0, 0.0]]))
    other = Gaussian.of(torch.tensor([[3.0, 4.0, 0.0, 0.0]]))
    assert one.distance(other).item() == 5
    assert one.divergence() == 0 and other.divergence() == 12.5


def test_published_noise_moves_all_dimensions_of_a_part_alike():
    alike = noise("row", (50,), 2, LATENT, torch.device("cpu"))
    left, right = alike.chunk(2, dim=1)
    assert left.equal(left[:, :1].expand_as(left)) and not left.equal(right)
    free = noise("dimension", (50,), 2, LATENT, torch.device("cpu"))
    assert len(free.unique()) == 50 * LATENT


@pytest.mark.parametrize(("clips", "size"), [(9, 9), (9, 4), (1000, 64), (1, 1)])
def test_a_batch_has_no_clip_twice(clips, size):
    batches = draw(clips, size, 200, torch.device("cpu"))
    assert batches.shape == (200, size)
    assert all(len(rows.unique()) == size for rows in batches)
    assert batches.min() >= 0 and batches.max() < clips


def test_every_batch_of_clips_is_as_likely_as_any_other():
    batches = draw(5, 3, 40_000, torch.device("cpu"))
    sets = (1 << batches).sum(1)
    counts = sets.unique(return_counts=True)[1]
    assert len(counts) == 10
    assert (counts / 4000 - 1).abs().max() < 0.06  # four standard deviations
    assert (batches[:, 0].bincount() / 8000 - 1).abs().max() < 0.05


def test_only_the_classes_of_a_batch_are_asked_for():
    owned = torch.randint(7, (50, 5))
    for own, classes, places in zip(owned, *among(owned), strict=True):
        assert classes.equal(own.unique())
        assert classes[places].equal(own)


def test_the_terms_come_in_one_after_another():
    assert weights(SCHEDULE, 2, 8) == Weights(0.0, 0.0, False, 0.0)
    assert weights(SCHEDULE, 2, 12) == Weights(0.01, 0.0, False, 0.0)
    assert weights(SCHEDULE, 1, 16) == Weights(0.02, 0.0, True, 0.0)
    assert weights(SCHEDULE, 2, 16) == Weights(0.02, 0.01, True, 0.0)
    pulled = replace(SCHEDULE, distribution=0.5)
    assert weights(pulled, 0, 12).distribution == 0 and weights(pulled, 0, 13).distribution == 0.5


def test_every_cycle_reports_the_mean_of_every_term():
    ours, given = model(1, "linear"), batch(1)
    fit = anneal(ours, ours, given.motion, given.owned, said(given), SETTINGS)
    rows = list(fit)
    assert [row["text_kl"] > 0 for row in rows] == [False, False, True]
    assert all(row["motion"] > 0 and row["motion_kl"] > 0 for row in rows)
    assert all(row["distribution"] == 0 for row in rows)


def test_a_loss_that_is_no_number_ends_the_training():
    ours, given = model(1, "linear"), batch(1)
    given.motion[3, 2] = float("nan")
    with pytest.raises(Diverged, match="cycle 1"):
        next(anneal(ours, ours, given.motion, given.owned, said(given), SETTINGS))


@pytest.mark.parametrize(("start", "output"), product(("zero", "random"), ("linear", "relu")))
def test_the_classifier_is_that_of_full_batch_adam(start, output):
    settings = replace(CLASSIFIER, start=start, output=output)
    latents = torch.randn(CLASSES, 30, LATENT) + torch.randn(CLASSES, 1, LATENT)
    torch.manual_seed(1)
    weight, bias = learn(latents, settings)
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
    latents = imagine(ours, words, "dimension", 20_000)
    assert latents.shape == (CLASSES, 20_000, LATENT)
    torch.testing.assert_close(latents.mean(1), text.mean, rtol=0, atol=0.1)
    torch.testing.assert_close(latents.std(1), text.deviation, rtol=0.05, atol=0.0)


def test_the_order_of_candidates_does_not_touch_their_scores():
    ours, words, motion = model(2, "linear"), torch.randn(2, CLASSES, WORDS), torch.rand(9, MOTION)
    order = torch.randperm(CLASSES)
    scores = []
    for candidates in (words, words[:, order]):
        torch.manual_seed(2)
        scores.append(recognise(ours, motion, candidates, "dimension", CLASSIFIER))
    torch.testing.assert_close(scores[0][:, order], scores[1], rtol=1e-3, atol=1e-4)


def test_the_published_output_of_the_classifier_is_never_negative():
    ours, words, motion = model(1, "relu"), torch.randn(1, CLASSES, WORDS), torch.rand(9, MOTION)
    published = replace(CLASSIFIER, start="random", output="relu")
    assert recognise(ours, motion, words, "row", published).min() == 0
