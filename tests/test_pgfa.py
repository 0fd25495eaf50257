"""PGFA: its losses, its trainable encoder, and prototypes of the clips that are scored."""

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from stages.harness.write import weights
from toy_encoders import shift_gcn, stgcn, toy_clips
from zsar.encoders.base import Encoder
from zsar.encoders.reuse import ENCODER_MODES
from zsar.learning.contrastive import (
    CONTRASTIVE_LOSSES,
    ContrastiveConfig,
    Pairs,
    kl,
    soft_targets,
    sphereface,
    symmetric_kl,
)
from zsar.learning.optim import SGDConfig, warmup_multi_step
from zsar.learning.training import full
from zsar.learning.world import Clips, Sizes, Text
from zsar.methods._end_to_end import PGFAConfig
from zsar.methods.pgfa import PGFA
from zsar.methods.pgfa_aligned import AlignedPGFA, AlignedPGFAConfig

TERMS = ContrastiveConfig(
    "cosines", sharpness=10.0, second=1.0, cap=0.2, margin=0.2, angle_multiplier=3, gap=0.5
)
SETTINGS = PGFAConfig(
    encoder="fine_tuned",
    loss="kl",
    terms=TERMS,
    temperature=0.07,
    temperature_learnt=False,
    optimizer=SGDConfig(0.05, 0.9, 5e-4),
    epochs=2,
    warmup=1,
    warmup_by="step",
    milestones=(),
    decay=0.1,
    batch_size=16,
    init="torch",
)
SEEN, CLASSES = 4, 6


class FirstFrame(Encoder):
    """A layer on the first frame of the first body; its config is its width."""

    Config = int

    def __init__(self, num_classes: int, config: int):
        super().__init__(num_classes, config)
        self.width = config
        self.layer = nn.Sequential(nn.Linear(75, config), nn.BatchNorm1d(config))
        self.head = nn.Linear(config, num_classes)

    @classmethod
    def num_epochs(cls, config):
        return 0

    def fit(self, train, val, checkpoint_dir=None):
        raise NotImplementedError

    def maps(self, skeletons):
        return self(skeletons)[:, None, :, None, None]

    def classify(self, features):
        return self.head(features)

    def forward(self, skeletons):
        return self.layer(skeletons[:, :, 0, :, 0].flatten(1))


@pytest.fixture
def world():
    """Clips whose skeletons hold a rotated, noisy copy of the text of their class."""
    torch.manual_seed(0)
    labels = torch.arange(120) % CLASSES
    words = torch.randn(CLASSES, 1, 12)
    skeletons = 0.1 * torch.randn(120, 3, 4, 25, 2)
    skeletons[:, :, 0, :, 0] += (words[labels, 0] @ torch.randn(12, 75)).unflatten(1, (3, 25))
    encoder = FirstFrame(SEEN, 8).eval().requires_grad_(False)
    clips = Clips(labels, encoder(skeletons), skeletons)
    return clips, Text(words, words[:, :, None], torch.arange(CLASSES)[:, None]), encoder


def trained(kind, world, config):
    clips, text, encoder = world
    torch.manual_seed(1)
    method = kind(Sizes.of(clips, text), config, encoder)
    rows = list(method.fit(clips[clips.labels < SEEN], text))
    return method.eval(), rows


def pairs(motion, labels):
    torch.manual_seed(0)
    words = F.normalize(torch.randn(CLASSES, 12), dim=1)[labels]
    unit = F.normalize(motion(words), dim=1)
    return Pairs(unit, words, labels[:, None] == labels, torch.tensor(14.29))


@pytest.mark.parametrize("loss", CONTRASTIVE_LOSSES.values(), ids=CONTRASTIVE_LOSSES)
def test_every_loss_prefers_clips_that_lie_at_their_texts(loss):
    labels = torch.arange(24) % CLASSES
    near = loss(pairs(lambda words: words + 0.1 * torch.randn_like(words), labels), TERMS)
    far = loss(pairs(lambda words: words.roll(1, 0), labels), TERMS)
    assert sum(near.values()) < sum(far.values())


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("kl+margin", {"cap": 1.1}),
        ("kl+cosface", {"margin": 0.0}),
        ("kl+sphereface", {"angle_multiplier": 1}),
    ],
)
def test_a_margin_that_asks_nothing_leaves_the_loss_and_one_that_asks_makes_it_greater(
    name, harmless
):
    batch = pairs(lambda words: words + 0.5 * torch.randn_like(words), torch.arange(24) % CLASSES)
    (plain,) = kl(batch, TERMS).values()
    (same,) = CONTRASTIVE_LOSSES[name](batch, replace(TERMS, **harmless)).values()
    (harder,) = CONTRASTIVE_LOSSES[name](batch, TERMS).values()
    torch.testing.assert_close(same, plain)
    assert harder > plain


def thrice(logits):
    half_turns = (3 / torch.pi * logits.clamp(-1 + 1e-6, 1 - 1e-6).acos()).floor()
    return (-1) ** half_turns * (4 * logits**3 - 3 * logits) - 2 * half_turns


@pytest.mark.parametrize(
    ("name", "harder"),
    [
        ("kl+margin", lambda logits: logits.clamp(max=0.2)),
        ("kl+cosface", lambda logits: logits - 0.2),
        ("kl+sphereface", thrice),
    ],
)
def test_published_margins_shape_logits_also_far_beyond_what_a_cosine_can_be(name, harder):
    batch = pairs(torch.randn_like, torch.arange(24) % CLASSES)
    logits = batch.scale * batch.cosines
    assert (logits[batch.same] < -1).any() and (logits[batch.same] > 1).any()
    shaped = torch.where(batch.same, harder(logits), logits)
    (loss,) = CONTRASTIVE_LOSSES[name](batch, replace(TERMS, shaped="logits")).values()
    torch.testing.assert_close(loss, symmetric_kl(shaped, soft_targets(batch, TERMS)))
    (ours,) = CONTRASTIVE_LOSSES[name](batch, TERMS).values()
    assert not torch.isclose(loss, ours)


@pytest.mark.parametrize("turns", [1, 2, 3, 4, 5])
def test_a_multiplied_angle_never_gains_on_the_way_from_0_to_180_degrees(turns):
    angles = torch.linspace(0.01, 3.13, 64)
    shaped = sphereface(angles.cos().view(8, 8), replace(TERMS, angle_multiplier=turns)).flatten()
    first = angles < torch.pi / turns
    torch.testing.assert_close(shaped[first], (turns * angles[first]).cos(), rtol=1e-3, atol=1e-3)
    assert (shaped.diff() < 1e-3).all()


def test_the_settings_offer_every_loss_and_every_way_to_see():
    offered = get_type_hints(PGFAConfig)
    assert get_args(offered["loss"]) == tuple(CONTRASTIVE_LOSSES)
    assert get_args(offered["encoder"]) == tuple(ENCODER_MODES)


def test_both_ways_is_the_cross_entropy_of_clip_where_no_class_repeats():
    logits = torch.randn(7, 7)
    right = torch.arange(7)
    clip = (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2
    torch.testing.assert_close(symmetric_kl(logits, torch.eye(7)), clip)


def test_what_does_not_fill_a_batch_waits_and_too_few_are_one_batch():
    torch.manual_seed(0)
    assert [len(batch) for batch in full(70, 16, torch.device("cpu"))] == [16, 16, 16, 16]
    assert len(torch.cat(list(full(70, 16, torch.device("cpu")))).unique()) == 64
    assert [len(batch) for batch in full(5, 16, torch.device("cpu"))] == [5]


@pytest.mark.parametrize(
    ("every", "expected"),
    [(1, [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0]), (2, [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0])],
)
def test_the_rate_rises_from_nothing_and_stays(every, expected):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule, rates = warmup_multi_step(optimizer, 4, every, (), 0.1), []
    for _ in range(7):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == expected


def test_the_rate_falls_at_each_milestone():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule, rates = warmup_multi_step(optimizer, 2, 1, (3, 5), 0.5), []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == [0.0, 1.0, 2.0, 1.0, 1.0, 0.5]


def test_milestones_are_epochs_and_change_what_is_learnt_from_them_on(world):
    settings = replace(SETTINGS, epochs=3, warmup=0, encoder="frozen")
    constant, falling = (
        trained(PGFA, world, replace(settings, milestones=each))[1] for each in ((), (2,))
    )
    assert constant[:2] == falling[:2] and constant[2] != falling[2]
    still, _ = trained(PGFA, world, replace(settings, milestones=(2,), decay=0.0))
    before, _ = trained(PGFA, world, replace(settings, epochs=2))
    assert still.projection.project.weight.equal(before.projection.project.weight)


def test_the_published_projection_starts_with_wider_weights_and_no_bias():
    made, config = {}, replace(SETTINGS, encoder="frozen")
    for name in ("torch", "kaiming_fan_out"):
        torch.manual_seed(0)
        made[name] = PGFA(Sizes(256, 768, 1), replace(config, init=name), None).projection
    plain, published = (each.project for each in made.values())
    assert plain.bias.abs().max() > 0 and not published.bias.any()
    assert published.weight.std().item() == pytest.approx((2 / 768) ** 0.5, rel=0.02)
    assert plain.weight.abs().max() <= 256**-0.5


def test_warmed_up_by_epoch_as_published_the_first_epoch_learns_nothing(world):
    for by in ("epoch", "step"):
        settings = replace(SETTINGS, epochs=1, warmup_by=by, encoder="frozen")
        start = trained(PGFA, world, replace(settings, epochs=0))[0].state_dict()
        end = trained(PGFA, world, settings)[0].state_dict()
        still = all(end[name].equal(value) for name, value in start.items())
        assert still == (by == "epoch")


@pytest.mark.parametrize("encoder", ["frozen", "fine_tuned", "from_scratch"])
def test_the_frozen_encoder_is_left_as_it_was(world, encoder):
    before = {name: value.clone() for name, value in world[2].state_dict().items()}
    method, rows = trained(PGFA, world, replace(SETTINGS, encoder=encoder))
    assert rows[-1]["kl"] < rows[0]["kl"]
    for name, value in world[2].state_dict().items():
        assert torch.equal(value, before[name])
    assert not any(weight.requires_grad for weight in world[2].parameters())
    own = [name for name in method.state_dict() if "layer" in name]
    assert bool(own) == (encoder != "frozen")


def test_fine_tuning_begins_at_the_frozen_encoder_and_training_from_scratch_does_not(world):
    clips, text, given = world
    features = {}
    for encoder in ("fine_tuned", "from_scratch"):
        config = replace(SETTINGS, encoder=encoder)
        method = PGFA(Sizes.of(clips, text), config, given).eval()
        features[encoder] = method.projection.encoder(clips.skeletons)
    torch.testing.assert_close(features["fine_tuned"], clips.features)
    assert (features["from_scratch"] - clips.features).abs().max() > 0.1


class PartlyFrozen(FirstFrame):
    """An encoder whose own training leaves all but the head as it is."""

    def train(self, mode=True):
        super().train(mode)
        self.layer.requires_grad_(False).eval()
        return self


def test_an_encoder_that_kept_still_learns_as_one_of_the_methods_own(world):
    clips, text, _ = world
    frozen = PartlyFrozen(SEEN, 8).eval().requires_grad_(False)
    clips = replace(clips, features=frozen(clips.skeletons))
    method, _ = trained(PGFA, (clips, text, frozen), SETTINGS)
    own = method.projection.encoder.network.layer
    assert not own[0].weight.equal(frozen.layer[0].weight)
    assert not own[1].running_mean.equal(frozen.layer[1].running_mean)


@pytest.mark.parametrize("encoder", ["fine_tuned", "from_scratch"])
def test_a_method_built_anew_scores_the_same_with_the_trained_encoder_among_its_weights(
    world, encoder
):
    clips, text, given = world
    config = replace(SETTINGS, encoder=encoder)
    method, _ = trained(PGFA, world, config)
    twin = PGFA(Sizes.of(clips, text), config, given).eval()
    twin.load_state_dict(method.state_dict())
    torch.testing.assert_close(twin.score(clips, text), method.score(clips, text))
    assert twin.state_dict().keys() == method.state_dict().keys()


@pytest.mark.parametrize("encoder", ["frozen", "fine_tuned", "from_scratch"])
@pytest.mark.parametrize("make", [stgcn, shift_gcn])
def test_both_graph_networks_learn_to_lie_at_the_texts_in_every_way(make, encoder):
    torch.manual_seed(0)
    film, network = toy_clips(96), make(4).eval().requires_grad_(False)
    clips = Clips(film.labels, network(film.skeletons), film.skeletons)
    words = torch.randn(4, 1, 12)
    text = Text(words, words[:, :, None], torch.arange(4)[:, None])
    world, new = (clips[torch.arange(64)], text, network), clips[torch.arange(64, 96)]
    method, rows = trained(PGFA, world, replace(SETTINGS, encoder=encoder, epochs=12))
    assert rows[-1]["kl"] < 0.6 * rows[0]["kl"]
    right = (method.score(new, text).argmax(1) == new.labels).float().mean()
    assert right > 0.4 or encoder == "frozen"  # which knows nothing of its own


@pytest.mark.parametrize("encoder", ["frozen", "fine_tuned", "from_scratch"])
@pytest.mark.parametrize("make", [stgcn, shift_gcn])
def test_a_trained_graph_network_comes_back_from_the_file_that_a_stage_writes(
    make, encoder, tmp_path
):
    torch.manual_seed(0)
    film, network = toy_clips(48), make(4).eval().requires_grad_(False)
    clips = Clips(film.labels, network(film.skeletons), film.skeletons)
    words = torch.randn(4, 1, 12)
    text = Text(words, words[:, :, None], torch.arange(4)[:, None])
    settings = AlignedPGFAConfig(**vars(replace(SETTINGS, encoder=encoder)), alpha=0.9)
    method, _ = trained(AlignedPGFA, (clips, text, network), settings)
    weights(tmp_path / "0.safetensors", method)
    twin = AlignedPGFA(Sizes.of(clips, text), settings, network)
    twin.load_state_dict(load_file(tmp_path / "0.safetensors"))
    assert twin.eval().score(clips, text).equal(method.score(clips, text))
    own = method.projection.encoder
    assert (own is None) == (encoder == "frozen")
    assert own is None or (own(clips.skeletons) - clips.features).abs().max() > 1e-3


def test_weights_without_the_trained_encoder_are_refused(world):
    method, _ = trained(PGFA, world, replace(SETTINGS, encoder="frozen"))
    with pytest.raises(RuntimeError, match=r"encoder\.network"):
        PGFA(Sizes.of(*world[:2]), SETTINGS, world[2]).load_state_dict(method.state_dict())


def test_a_learnt_temperature_moves_and_a_fixed_one_does_not(world):
    for learns in (True, False):
        method, _ = trained(PGFA, world, replace(SETTINGS, temperature_learnt=learns))
        moved = (method.projection.log_scale.exp() - 1 / 0.07).abs().item() > 1e-3
        assert moved == learns


def test_only_the_aligned_row_is_moved_by_other_clips(world):
    clips, text, _ = world
    few, novel = torch.arange(10), text[torch.tensor([4, 5])]
    plain, _ = trained(PGFA, world, SETTINGS)
    aligned, _ = trained(AlignedPGFA, world, AlignedPGFAConfig(**vars(SETTINGS), alpha=0.9))
    assert (PGFA.transductive, AlignedPGFA.transductive) == (False, True)
    torch.testing.assert_close(plain.score(clips[few], novel), plain.score(clips, novel)[few])
    moved = aligned.score(clips[few], novel) - aligned.score(clips, novel)[few]
    assert moved.abs().max() > 1e-3
    torch.testing.assert_close(aligned.projection(clips), plain.projection(clips))
