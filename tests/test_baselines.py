"""The discriminative baselines: ranking losses, triplets, discrepancy, weight decay, critic."""

import pytest
import torch
from torch.nn import functional as F

import toys
from zsar.errors import UserError
from zsar.learning.critic import Critic
from zsar.learning.losses import every_class, kernel, mmd, triplet_loss, wrong_classes
from zsar.learning.optim import AdamConfig
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods import global_clip, jpose, revise
from zsar.methods.global_clip import GlobalCLIP
from zsar.methods.jpose import JPoSE
from zsar.methods.revise import ReViSE, signed_log1p

ADAM = AdamConfig(1e-2, 0.0)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def unit_rows(rows, width):
    return F.normalize(torch.randn(rows, width), dim=1)


def test_the_published_ranking_adds_the_margin_of_the_true_class_as_a_constant():
    clips, texts, targets = unit_rows(9, 4), unit_rows(3, 4), torch.arange(9) % 3
    plain, published = (rank(clips, texts, targets, 0.3) for rank in (wrong_classes, every_class))
    torch.testing.assert_close(published, plain + 0.3)


def test_only_the_true_text_gets_a_gradient_from_the_published_ranking():
    clips, targets = unit_rows(4, 4), torch.zeros(4, dtype=torch.long)
    for rank, learns in ((wrong_classes, True), (every_class, False)):
        texts = unit_rows(2, 4).requires_grad_()
        rank(clips, texts, targets, 2.0).backward()
        assert texts.grad[0].abs().sum() > 0
        assert (texts.grad[1].abs().sum() > 0) == learns


def test_the_discrepancy_is_that_of_all_pairs_of_clips_and_their_texts():
    clips, texts, targets = torch.randn(12, 3), torch.randn(4, 3), torch.randint(3, (12,))
    own = texts[targets]
    every = (kernel(clips, clips, 0.5) + kernel(own, own, 0.5) - 2 * kernel(clips, own, 0.5)).mean()
    torch.testing.assert_close(mmd(clips, texts, targets, 0.5), every)
    torch.testing.assert_close(
        kernel(clips, texts, 0.5), (-0.5 * torch.cdist(clips, texts).square()).exp()
    )
    assert mmd(texts, texts, torch.arange(4), 0.5).abs() < 1e-6


def test_a_triplet_has_the_farthest_positive_and_the_nearest_negative():
    features, groups = unit_rows(8, 3), torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    expected = 0.0
    for i in range(8):
        alike = features @ features[i]
        gap = alike[groups != groups[i]].max() - alike[groups == groups[i]].min() + 0.3
        expected += gap.clamp(min=0) / 8
    torch.testing.assert_close(triplet_loss(features, groups, 0.3, "other_word", "own"), expected)


def test_the_published_negative_is_the_clip_itself():
    features, groups = unit_rows(6, 3), torch.arange(6)
    torch.testing.assert_close(triplet_loss(features, groups, 0.3, "any", "own"), torch.tensor(0.3))


def test_without_a_negative_the_triplet_loss_is_zero():
    features, groups = unit_rows(6, 3), torch.zeros(6, dtype=torch.long)
    for pairs in ("own", "all"):
        assert triplet_loss(features, groups, 0.3, "other_word", pairs) == 0


def test_the_logarithm_of_negative_features_mirrors_that_of_positive_ones():
    features = torch.tensor([[0.0, 1.0, -1.0, 7.0]])
    torch.testing.assert_close(
        signed_log1p(features)[0, [0, 1, 3]], torch.log1p(features[0, [0, 1, 3]])
    )
    assert signed_log1p(features)[0, 2] == -signed_log1p(features)[0, 1]


def revise_config(**changes):
    given = {
        "hidden": 6,
        "text_hidden": (8,),
        "head": 4,
        "reconstruction": "linear",
        "ranking": "wrong_classes",
        "margin": 0.3,
        "kernel": 32.0,
        "contractive": 0.1,
        "contraction_learns": True,
        "optimizer": ADAM,
        "text_decay": 0.0,
        "epochs": 1,
        "batch_size": 8,
    }
    return revise.ReViSEConfig(**given | changes)


def test_the_contraction_is_the_norm_of_the_derivative_of_the_summed_hidden_layer():
    method, features = (
        ReViSE(Sizes(5, 7, 1), revise_config(), None),
        torch.randn(9, 5, requires_grad=True),
    )
    hidden = method.motion.encoder(features)
    slope = torch.autograd.grad(hidden.sum(), features, retain_graph=True)[0].norm()
    torch.testing.assert_close(method.contraction(hidden), slope)
    assert method.contraction(hidden).requires_grad
    published = ReViSE(Sizes(5, 7, 1), revise_config(contraction_learns=False), None)
    assert not published.contraction(published.motion.encoder(features)).requires_grad


def test_texts_are_reconstructed_with_negative_values_except_with_the_published_relu():
    for last, negative in (("linear", True), ("relu", False)):
        method = ReViSE(Sizes(5, 7, 1), revise_config(reconstruction=last), None)
        assert (method.text.decoder(torch.randn(20, 6)) < 0).any() == negative


def test_jpose_refuses_anything_but_verbs_and_nouns():
    config = jpose.JPoSEConfig(
        8, 4, "wrong_classes", 0.3, 0.01, "other_word", "own", ADAM, 0.0, 1, 8
    )
    with pytest.raises(UserError, match="verbs and nouns"):
        JPoSE(Sizes(5, 7, 3), config, None)


def test_jpose_mines_triplets_by_verb_and_by_noun_not_by_class():
    config = jpose.JPoSEConfig(
        8, 4, "wrong_classes", 0.3, 1.0, "other_word", "own", ADAM, 0.0, 1, 8
    )
    method = JPoSE(Sizes(5, 7, 2), config, None)
    features, targets = torch.randn(6, 5), torch.tensor([0, 0, 1, 1, 2, 2])
    groups = torch.stack((torch.zeros(6, dtype=torch.long), targets), 1)  # one verb, three nouns
    losses = method.losses(features, torch.randn(3, 2, 7), groups, targets)
    assert losses["verbs_triplet"] == 0 and losses["nouns_triplet"] > 0


@pytest.mark.parametrize(
    ("name", "changes", "parts"),
    [
        ("revise", {"text_decay": 1e3}, {"text"}),
        ("jpose", {"joint_decay": 1e3}, {"joint_motion", "joint_text"}),
    ],
)
def test_the_second_weight_decay_applies_only_to_the_published_part(name, changes, parts):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    seen, ends = clips[torch.isin(clips.labels, toys.SEEN)], []
    for each in ({}, changes):
        method = toys.build(name, (clips, text), batch_size=len(clips), **each)
        next(iter(method.fit(seen, text)))  # a single step: the parts do not affect one another yet
        ends.append(method.state_dict())
    moved = {key.split(".")[0] for key, value in ends[0].items() if not value.equal(ends[1][key])}
    assert moved == parts


def test_the_grid_of_a_critic_equals_its_logits_of_pairs():
    critic = Critic(5, 3, (8, 4))
    clips, texts = torch.randn(6, 5), torch.randn(4, 3)
    hidden = torch.cat((clips[2], texts[1])) @ critic.layers[0].weight.T + critic.layers[0].bias
    torch.testing.assert_close(critic.grid(clips, texts)[2, 1], critic.logits(hidden))
    torch.testing.assert_close(critic(clips[:4], texts), critic.grid(clips, texts).diagonal())


def world():
    labels = torch.arange(24) % 3
    features = torch.randn(24, 5)
    texts = torch.randn(3, 1, 7)
    clips = Clips(labels, features, torch.zeros(24, 3, 1, 25, 2))
    return clips, Text(texts, texts[:, :, None], torch.arange(3)[:, None])


def test_clips_of_one_class_are_negatives_of_one_another_only_with_own_clip():
    clips, text = world()
    losses = {}
    for positives in ("same_class", "own_clip"):
        torch.manual_seed(0)
        config = global_clip.GlobalCLIPConfig(positives, 0.07, 0.01, ADAM, 60, 24)
        rows = list(GlobalCLIP(Sizes.of(clips, text), config, None).fit(clips, text))
        losses[positives] = [row["contrast"] for row in rows]
    # With eight clips a class, CLIP's own loss cannot fall below log 8.
    assert losses["own_clip"][-1] > torch.tensor(8.0).log()
    assert losses["same_class"][-1] < losses["own_clip"][-1] - 1


def test_the_temperature_does_not_fall_below_its_bound():
    config = global_clip.GlobalCLIPConfig("same_class", 0.07, 0.05, ADAM, 1, 24)
    method = GlobalCLIP(Sizes(5, 7, 1), config, None)
    torch.testing.assert_close(method.scale(), torch.tensor(1 / 0.07))
    method.log_scale.data += 9.0
    torch.testing.assert_close(method.scale(), torch.tensor(1 / 0.05))
