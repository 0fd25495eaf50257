"""What is peculiar to the discriminative baselines: how they rank, mix, mine and compare."""

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


def unit(rows, width):
    return F.normalize(torch.randn(rows, width), dim=1)


def test_the_published_ranking_also_charges_the_right_class_and_its_margin_is_a_constant():
    motion, words, right = unit(9, 4), unit(3, 4), torch.arange(9) % 3
    sound, published = (rank(motion, words, right, 0.3) for rank in (wrong_classes, every_class))
    torch.testing.assert_close(published, sound + 0.3)


def test_only_the_right_text_learns_from_the_published_ranking():
    motion, right = unit(4, 4), torch.zeros(4, dtype=torch.long)
    for rank, learns in ((wrong_classes, True), (every_class, False)):
        words = unit(2, 4).requires_grad_()
        rank(motion, words, right, 2.0).backward()
        assert words.grad[0].abs().sum() > 0
        assert (words.grad[1].abs().sum() > 0) == learns


def test_the_discrepancy_is_that_of_all_pairs_of_clips_and_their_words():
    motion, words, right = torch.randn(12, 3), torch.randn(4, 3), torch.randint(3, (12,))
    told = words[right]
    every = (
        kernel(motion, motion, 0.5) + kernel(told, told, 0.5) - 2 * kernel(motion, told, 0.5)
    ).mean()
    torch.testing.assert_close(mmd(motion, words, right, 0.5), every)
    torch.testing.assert_close(
        kernel(motion, words, 0.5), (-0.5 * torch.cdist(motion, words).square()).exp()
    )
    assert mmd(words, words, torch.arange(4), 0.5).abs() < 1e-6


def test_a_triplet_takes_the_least_alike_of_the_word_and_the_most_alike_of_another():
    motion, groups = unit(8, 3), torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    expected = 0.0
    for i in range(8):
        alike = motion @ motion[i]
        gap = alike[groups != groups[i]].max() - alike[groups == groups[i]].min() + 0.3
        expected += gap.clamp(min=0) / 8
    torch.testing.assert_close(triplet_loss(motion, groups, 0.3, "other_word", "own"), expected)


def test_the_published_negative_is_the_clip_itself():
    motion, groups = unit(6, 3), torch.arange(6)
    torch.testing.assert_close(triplet_loss(motion, groups, 0.3, "any", "own"), torch.tensor(0.3))


def test_without_another_word_there_is_no_triplet():
    motion, groups = unit(6, 3), torch.zeros(6, dtype=torch.long)
    for pairs in ("own", "all"):
        assert triplet_loss(motion, groups, 0.3, "other_word", pairs) == 0


def test_features_below_zero_are_tempered_like_those_above():
    features = torch.tensor([[0.0, 1.0, -1.0, 7.0]])
    torch.testing.assert_close(
        signed_log1p(features)[0, [0, 1, 3]], torch.log1p(features[0, [0, 1, 3]])
    )
    assert signed_log1p(features)[0, 2] == -signed_log1p(features)[0, 1]


def recipe(**changes):
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
    method, motion = ReViSE(Sizes(5, 7, 1), recipe()), torch.randn(9, 5, requires_grad=True)
    hidden = method.motion.encoder(motion)
    slope = torch.autograd.grad(hidden.sum(), motion, retain_graph=True)[0].norm()
    torch.testing.assert_close(method.contraction(hidden), slope)
    assert method.contraction(hidden).requires_grad
    published = ReViSE(Sizes(5, 7, 1), recipe(contraction_learns=False))
    assert not published.contraction(published.motion.encoder(motion)).requires_grad


def test_words_below_zero_can_be_given_back_unless_the_published_relu_is_asked_for():
    for last, negative in (("linear", True), ("relu", False)):
        method = ReViSE(Sizes(5, 7, 1), recipe(reconstruction=last))
        assert (method.words.decoder(torch.randn(20, 6)) < 0).any() == negative


def test_jpose_refuses_anything_but_verbs_and_nouns():
    settings = jpose.JPoSEConfig(
        8, 4, "wrong_classes", 0.3, 0.01, "other_word", "own", ADAM, 0.0, 1, 8
    )
    with pytest.raises(UserError, match="verbs and nouns"):
        JPoSE(Sizes(5, 7, 3), settings)


def test_jpose_mines_by_word_so_classes_that_share_a_verb_are_alike_there():
    settings = jpose.JPoSEConfig(
        8, 4, "wrong_classes", 0.3, 1.0, "other_word", "own", ADAM, 0.0, 1, 8
    )
    method = JPoSE(Sizes(5, 7, 2), settings)
    features, right = torch.randn(6, 5), torch.tensor([0, 0, 1, 1, 2, 2])
    groups = torch.stack((torch.zeros(6, dtype=torch.long), right), 1)  # one verb, three nouns
    losses = method.losses(features, torch.randn(3, 2, 7), groups, right)
    assert losses["verbs_triplet"] == 0 and losses["nouns_triplet"] > 0


@pytest.mark.parametrize(
    ("name", "changes", "parts"),
    [
        ("revise", {"text_decay": 1e3}, {"words"}),
        ("jpose", {"joint_decay": 1e3}, {"joint_motion", "joint_words"}),
    ],
)
def test_only_the_published_part_of_a_method_has_a_weight_decay_of_its_own(name, changes, parts):
    clips, text = toys.clips(), toys.text(toys.sources(name))
    seen, ends = clips[torch.isin(clips.labels, toys.SEEN)], []
    for each in ({}, changes):
        method = toys.build(name, (clips, text), batch_size=len(clips), **each)
        next(iter(method.fit(seen, text)))  # a single step: no part has heard of the others
        ends.append(method.state_dict())
    moved = {key.split(".")[0] for key, value in ends[0].items() if not value.equal(ends[1][key])}
    assert moved == parts


def test_a_critic_may_see_each_motion_and_text_once():
    critic, motion, words = Critic(5, 3, (8, 4)), torch.randn(6, 5), torch.randn(4, 3)
    hidden = torch.cat((motion[2], words[1])) @ critic.layers[0].weight.T + critic.layers[0].bias
    torch.testing.assert_close(critic.grid(motion, words)[2, 1], critic.judge(hidden))
    torch.testing.assert_close(critic(motion[:4], words), critic.grid(motion, words).diagonal())


def world():
    labels = torch.arange(24) % 3
    features = torch.randn(24, 5)
    words = torch.randn(3, 1, 7)
    clips = Clips(labels, features, torch.zeros(24, 3, 1, 25, 2), torch.nn.Identity())
    return clips, Text(words, words[:, :, None], torch.arange(3)[:, None])


def test_class_mates_are_wrong_answers_only_in_clip():
    clips, text = world()
    first = {}
    for positives in ("same_class", "own_clip"):
        torch.manual_seed(0)
        settings = global_clip.GlobalCLIPConfig(positives, 0.07, 0.01, ADAM, 60, 24)
        rows = list(GlobalCLIP(Sizes.of(clips, text), settings).fit(clips, text))
        first[positives] = [row["contrast"] for row in rows]
    # With eight clips a class, CLIP's own loss cannot fall below log 8.
    assert first["own_clip"][-1] > torch.tensor(8.0).log()
    assert first["same_class"][-1] < first["own_clip"][-1] - 1


def test_the_temperature_does_not_fall_below_its_bound():
    settings = global_clip.GlobalCLIPConfig("same_class", 0.07, 0.05, ADAM, 1, 24)
    method = GlobalCLIP(Sizes(5, 7, 1), settings)
    torch.testing.assert_close(method.scale(), torch.tensor(1 / 0.07))
    method.log_scale.data += 9.0
    torch.testing.assert_close(method.scale(), torch.tensor(1 / 0.05))
