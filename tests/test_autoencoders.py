"""Aligned autoencoders: gradients are those of autograd, noise and distances what they are told."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from toy_autoencoders import LATENT, MOTION, WORDS, batch, model
from zsar.errors import UserError
from zsar.vae.model import AlignedVAE, Gaussian, sample_noise
from zsar.vae.step import Batch, LossWeights, vae_step

EVERYTHING = LossWeights(motion_kl=0.3, text_kl=0.2, cross=True, distribution=0.1)


pytestmark = pytest.mark.usefixtures("double_precision")


def by_graph(ours: AlignedVAE, given: Batch, terms: LossWeights) -> torch.Tensor:
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


@pytest.mark.parametrize(("parts", "output"), product((1, 2, 3), ("linear", "relu")))
@pytest.mark.parametrize(
    "terms", [EVERYTHING, LossWeights(0.0, 0.0, False, 0.0)], ids=["all", "own"]
)
def test_the_closed_form_is_what_autograd_finds(parts, output, terms):
    ours, given = model(parts, output), batch(parts)
    given.words.requires_grad_()
    learnt = [*ours.parameters(), given.words]
    loss = by_graph(ours, given, terms)
    expected = torch.autograd.grad(loss, learnt)
    named = vae_step(ours, given, terms)
    torch.testing.assert_close(sum(named.values()), loss.detach())
    for weight, gradient in zip(learnt, expected, strict=True):
        torch.testing.assert_close(weight.grad, gradient)


def test_texts_that_are_given_get_no_gradient():
    given = batch(1)
    vae_step(model(1, "linear"), given, EVERYTHING)
    assert given.words.grad is None


def test_parts_that_cannot_share_the_latent_equally_are_an_error():
    with pytest.raises(UserError, match="latent is 7, which 2 texts cannot share equally"):
        AlignedVAE(MOTION, WORDS, 2, 7, "linear")


def test_a_distribution_is_as_far_from_another_as_means_and_deviations_are():
    one = Gaussian.of(torch.tensor([[0.0, 0.0, 0.0, 0.0]]))
    other = Gaussian.of(torch.tensor([[3.0, 4.0, 0.0, 0.0]]))
    assert one.distance(other).item() == 5
    assert one.divergence() == 0 and other.divergence() == 12.5


def test_published_noise_moves_all_dimensions_of_a_part_alike():
    alike = sample_noise("row", (50,), 2, LATENT, torch.device("cpu"))
    left, right = alike.chunk(2, dim=1)
    assert left.equal(left[:, :1].expand_as(left)) and not left.equal(right)
    free = sample_noise("dimension", (50,), 2, LATENT, torch.device("cpu"))
    assert len(free.unique()) == 50 * LATENT
