"""Cross-aligned VAEs: gradients equal those of autograd; noise and distances."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from toy_vae import FEATURES, LATENT, TEXT, batch, model
from zsar.errors import UserError
from zsar.vae.model import AlignedVAE, Gaussian, sample_noise
from zsar.vae.step import Batch, LossWeights, vae_step

EVERYTHING = LossWeights(motion_kl=0.3, text_kl=0.2, cross=True, distribution=0.1)


pytestmark = pytest.mark.usefixtures("double_precision")


def autograd_loss(ours: AlignedVAE, given: Batch, terms: LossWeights) -> torch.Tensor:
    """The loss as it would be written for autograd, the text clip by clip and part by part."""
    last = F.relu if ours.output == "relu" else lambda decoded: decoded
    texts = given.text[:, given.targets]
    motion_code = Gaussian.of(ours.encode_motion(given.features))
    text_code = Gaussian.of(ours.encode_text(texts))
    motion, text = motion_code.sample(given.noise[0]), text_code.sample(given.noise[1])

    def text_error(latents):
        shares = latents.chunk(ours.parts, dim=1)
        decoder = ours.text_decoder
        parts = zip(shares, decoder.weight, decoder.bias, texts, strict=True)
        return sum(
            F.mse_loss(last(share @ weight + bias), one) for share, weight, bias, one in parts
        )

    def motion_error(latents):
        decoder = ours.motion_decoder
        decoded = last(latents @ decoder.weight[0] + decoder.bias[0])
        return F.mse_loss(decoded, given.features)

    def kl(code):
        normal = torch.distributions.Normal(code.mean, code.std)
        standard = torch.distributions.Normal(0.0, 1.0)
        return torch.distributions.kl_divergence(normal, standard).sum(1).mean()

    loss = (
        motion_error(motion)
        + text_error(text)
        + terms.motion_kl * kl(motion_code)
        + terms.text_kl * kl(text_code)
    )
    if terms.cross:
        loss = loss + motion_error(text) + text_error(motion)
    gap = torch.cat((motion_code.mean - text_code.mean, motion_code.std - text_code.std), dim=1)
    return loss + terms.distribution * gap.norm(dim=1).sum()


@pytest.mark.parametrize(("parts", "output"), product((1, 2, 3), ("linear", "relu")))
@pytest.mark.parametrize(
    "terms", [EVERYTHING, LossWeights(0.0, 0.0, False, 0.0)], ids=["all", "own"]
)
def test_closed_form_gradients_equal_those_of_autograd(parts, output, terms):
    ours, given = model(parts, output), batch(parts)
    given.text.requires_grad_()
    learnt = [*ours.parameters(), given.text]
    loss = autograd_loss(ours, given, terms)
    expected = torch.autograd.grad(loss, learnt)
    named = vae_step(ours, given, terms)
    torch.testing.assert_close(sum(named.values()), loss.detach())
    for weight, gradient in zip(learnt, expected, strict=True):
        torch.testing.assert_close(weight.grad, gradient)


def test_texts_that_need_no_gradient_get_none():
    given = batch(1)
    vae_step(model(1, "linear"), given, EVERYTHING)
    assert given.text.grad is None


def test_parts_that_cannot_share_the_latent_equally_are_an_error():
    with pytest.raises(UserError, match="latent is 7, which 2 texts cannot share equally"):
        AlignedVAE(FEATURES, TEXT, 2, 7, "linear")


def test_the_distance_of_two_gaussians_is_that_of_their_means_and_standard_deviations():
    one = Gaussian.of(torch.tensor([[0.0, 0.0, 0.0, 0.0]]))
    other = Gaussian.of(torch.tensor([[3.0, 4.0, 0.0, 0.0]]))
    assert one.distance(other).item() == 5
    assert one.kl() == 0 and other.kl() == 12.5


def test_published_noise_is_one_number_for_all_dimensions_of_a_part():
    alike = sample_noise("row", (50,), 2, LATENT, torch.device("cpu"))
    left, right = alike.chunk(2, dim=1)
    assert left.equal(left[:, :1].expand_as(left)) and not left.equal(right)
    free = sample_noise("dimension", (50,), 2, LATENT, torch.device("cpu"))
    assert len(free.unique()) == 50 * LATENT
