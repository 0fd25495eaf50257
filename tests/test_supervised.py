"""Supervised training: it keeps its best epoch, goes on after a kill, stops if it explodes."""

import pytest
import torch
from torch.nn import functional as F

from toy_encoders import STILL, footage, shift_gcn, stgcn, training
from zsar.encoders.supervised import TrainingState, accuracy
from zsar.learning.augment import AugmentationConfig, augment, cropped, rotations, stretched
from zsar.learning.training import Diverged

LIVELY = AugmentationConfig(least_share=0.7, rotation=0.2, shear=0.1)
NOTHING = footage(0)
MAKE = {"stgcn": stgcn, "shift_gcn": shift_gcn}


@pytest.fixture(autouse=True)
def as_in_the_stages():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(params=MAKE)
def make(request):
    return MAKE[request.param]


def seeded(make, seed=0, **changes):
    """What a stage does: seed, then build; the clips are the same whatever the seed."""
    torch.manual_seed(7)
    clips = footage(64), footage(32)
    torch.manual_seed(seed)
    return make(4, **changes), *clips


def same(one, other) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())


def test_an_encoder_learns_and_ends_with_the_weights_of_its_best_epoch(make):
    encoder, train, held = seeded(make, epochs=10, lr=0.02)
    rows = list(encoder.fit(train, held))
    best = max(row["val_accuracy"] for row in rows)
    assert rows[-1]["joint"] < rows[0]["joint"]
    assert best > 2 / 4  # twice chance
    assert accuracy(encoder, held, 16) == best
    assert not encoder.training


def test_of_equally_good_epochs_the_later_is_kept():
    encoder, *_ = seeded(stgcn)
    lesson = TrainingState(encoder, training())
    for value, right in enumerate((0.5, 0.7, 0.7, 0.6)):
        torch.nn.init.constant_(encoder.heads["joint"].bias, value)
        lesson.judge({"val_accuracy": right})
    assert lesson.kept["heads.joint.bias"].tolist() == [2] * 4


@pytest.mark.parametrize("killed_in", [1, 17, 30])  # steps; four make an epoch
def test_a_killed_training_goes_on_and_ends_with_the_weights_of_an_undisturbed_one(
    make, killed_in, tmp_path
):
    undisturbed, train, held = seeded(make, augmentation=LIVELY)
    rows = list(undisturbed.fit(train, held))
    killed, *_ = seeded(make, augmentation=LIVELY)
    killed.losses = mortal(killed.losses, killed_in)
    with pytest.raises(KeyboardInterrupt):
        list(killed.fit(train, held, tmp_path))
    resumed, *_ = seeded(make, augmentation=LIVELY)
    resumed.losses = mortal(resumed.losses, 32 - 4 * ((killed_in - 1) // 4) + 1)
    assert list(resumed.fit(train, held, tmp_path)) == rows
    assert same(resumed, undisturbed)
    assert not list(tmp_path.iterdir())


def mortal(losses, steps):
    """Losses that can be taken so many times but one."""

    def some(clips):
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise KeyboardInterrupt
        return losses(clips)

    return some


def test_another_training_does_not_go_on_from_a_foreign_checkpoint(tmp_path):
    first, train, held = seeded(stgcn)
    next(first.fit(train, held, tmp_path))
    for changes in ({"seed": 1}, {"lr": 1e-3}):
        plain, *_ = seeded(stgcn, **changes)
        rows = list(plain.fit(train, held))
        beside, *_ = seeded(stgcn, **changes)
        assert list(beside.fit(train, held, tmp_path)) == rows
    assert len(list(tmp_path.iterdir())) == 1


def test_the_same_seed_gives_the_same_weights(make):
    def taught(seed):
        encoder, *clips = seeded(make, seed, augmentation=LIVELY, epochs=2)
        return encoder, list(encoder.fit(*clips))

    (one, rows), (other, same_rows), (third, _) = taught(0), taught(0), taught(1)
    assert rows == same_rows
    assert same(one, other)
    assert not same(one, third)


def test_an_explosion_names_epoch_and_rate_and_leaves_the_last_good_checkpoint(tmp_path):
    encoder, train, held = seeded(stgcn)
    healthy, steps = encoder.losses, iter(range(1000))
    encoder.losses = lambda clips: {
        name: loss * (1 if next(steps) < 5 else float("nan"))
        for name, loss in healthy(clips).items()
    }
    rows = encoder.fit(train, held, tmp_path)
    next(rows)
    (checkpoint,) = tmp_path.iterdir()
    before = checkpoint.read_bytes()
    with pytest.raises(Diverged, match=r"epoch 2, learning rate 0\.0048.*joint nan"):
        next(rows)
    assert checkpoint.read_bytes() == before


def test_a_loss_above_the_ceiling_is_an_explosion():
    encoder, train, held = seeded(stgcn, ceiling=1.0)
    with pytest.raises(Diverged, match=r"epoch 1, learning rate 0\.005"):
        next(encoder.fit(train, held))


def test_where_nothing_is_held_out_the_last_epoch_stays(make):
    encoder, train, _ = seeded(make, epochs=3)
    rows = list(encoder.fit(train, NOTHING))
    assert len(rows) == 3 and not any("val_accuracy" in row for row in rows)
    whole, *_ = seeded(make, epochs=3)
    lesson = TrainingState(whole, whole.settings.training)
    assert list(lesson.descent(whole.losses, train)) == rows
    assert same(encoder, whole)


def test_a_killed_training_without_held_out_clips_goes_on(tmp_path):
    undisturbed, train, _ = seeded(stgcn, epochs=3)
    rows = list(undisturbed.fit(train, NOTHING))
    killed, *_ = seeded(stgcn, epochs=3)
    next(killed.fit(train, NOTHING, tmp_path))
    resumed, *_ = seeded(stgcn, epochs=3)
    assert list(resumed.fit(train, NOTHING, tmp_path)) == rows
    assert same(resumed, undisturbed)


def test_heads_may_learn_behind_networks_that_stay(make):
    encoder, train, held = seeded(make, learns="heads", lr=0.05)
    before = {name: value.clone() for name, value in encoder.networks.state_dict().items()}
    rows = list(encoder.fit(train, held))
    assert rows[-1]["joint"] < rows[0]["joint"]
    assert all(torch.equal(v, before[k]) for k, v in encoder.networks.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "rates"),
    [
        ({"schedule": "cosine"}, [1.0, 0.854, 0.5, 0.146]),
        ({"schedule": "steps", "milestones": (1, 3)}, [1.0, 0.1, 0.1, 0.01]),
        ({"schedule": "steps", "optimizer": "sgd", "momentum": 0.9}, [1.0] * 4),
    ],
)
def test_the_rate_follows_the_schedule_from_epoch_to_epoch(changes, rates):
    encoder, *_ = seeded(stgcn, epochs=4, lr=1.0, ceiling=float("inf"), **changes)
    lesson = TrainingState(encoder, encoder.settings.training)
    seen = []
    for _ in range(4):
        seen.append(lesson.optimizer.param_groups[0]["lr"])
        lesson.optimizer.step()
        lesson.schedule.step()
    assert seen == pytest.approx(rates, abs=1e-3)


def test_streams_learn_as_they_would_alone():
    both, train, held = seeded(stgcn, streams=("joint", "bone"), dropout=0.0, epochs=2)
    alone, *_ = seeded(stgcn, streams=("joint",), dropout=0.0, epochs=2)
    alone.load_state_dict({name: both.state_dict()[name] for name in alone.state_dict()})
    torch.manual_seed(1)
    rows = list(both.fit(train, held))
    torch.manual_seed(1)
    losses = [row["joint"] for row in alone.fit(train, held)]
    assert [row["joint"] for row in rows] == pytest.approx(losses, rel=1e-4)


def test_nothing_to_vary_leaves_clips_as_they_are():
    skeletons = footage(4).skeletons
    assert torch.equal(augment(skeletons, STILL), skeletons)


def test_varied_clips_differ_from_one_another_and_absent_bodies_stay_absent():
    skeletons = footage(1).skeletons.expand(6, -1, -1, -1, -1)
    made = augment(skeletons, LIVELY)
    assert made.shape == skeletons.shape
    assert all(not torch.allclose(made[0], each) for each in made[1:])
    assert not made[..., 1].any()


def test_a_turn_keeps_lengths_and_angles():
    turns = rotations(5, 3.0, torch.device("cpu"))
    torch.testing.assert_close(turns @ turns.mT, torch.eye(3).expand(5, 3, 3))
    torch.testing.assert_close(turns.det(), torch.ones(5))


def test_a_crop_is_a_stretch_of_the_clip_in_time():
    ramp = torch.arange(20.0).view(1, 1, 20, 1, 1).expand(200, 3, 20, 25, 2)
    made = cropped(ramp, 0.5)[:, 0, :, 0, 0]
    steps = made.diff(dim=1)[:, 1:-1]  # at the ends of a clip there is nothing beyond
    assert made.min() >= 0 and made.max() <= 19
    assert steps.min() > 0.49 and steps.max() < 1.01
    torch.testing.assert_close(steps.amin(1), steps.amax(1), atol=1e-4, rtol=0)
    assert steps.amax(1).std() > 0.1


def test_a_stretched_clip_is_that_of_a_linear_resize():
    skeletons = footage(3).skeletons
    theirs = F.interpolate(skeletons.flatten(3), (20, 50), mode="bilinear")
    torch.testing.assert_close(stretched(skeletons, 20).flatten(3), theirs)
    assert stretched(skeletons, 12) is skeletons
