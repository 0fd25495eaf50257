"""Supervised training: the best epoch is kept, a killed training resumes, a divergence stops it."""

import pytest
import torch
from torch.nn import functional as F

from toy_encoders import PLAIN, shift_gcn, stgcn, toy_clips, training
from zsar.encoders.supervised import TrainingState, accuracy
from zsar.learning.augment import AugmentationConfig, augment, cropped, rotations, stretched
from zsar.learning.training import Diverged

AUGMENTED = AugmentationConfig(least_share=0.7, rotation=0.2, shear=0.1)
NO_CLIPS = toy_clips(0)
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
    clips = toy_clips(64), toy_clips(32)
    torch.manual_seed(seed)
    return make(4, **changes), *clips


def same(one, other) -> bool:
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())


def test_training_ends_with_the_weights_of_the_best_validation_epoch(make):
    encoder, train, val = seeded(make, epochs=10, lr=0.02)
    rows = list(encoder.fit(train, val))
    best = max(row["val_accuracy"] for row in rows)
    assert rows[-1]["joint"] < rows[0]["joint"]
    assert best > 2 / 4  # twice chance
    assert accuracy(encoder, val, 16) == best
    assert not encoder.training


def test_of_equally_good_epochs_the_later_is_kept():
    encoder, *_ = seeded(stgcn)
    state = TrainingState(encoder, training())
    for value, right in enumerate((0.5, 0.7, 0.7, 0.6)):
        torch.nn.init.constant_(encoder.heads["joint"].bias, value)
        state.keep_best({"val_accuracy": right})
    assert state.kept["heads.joint.bias"].tolist() == [2] * 4


@pytest.mark.parametrize("killed_in", [1, 17, 30])  # steps; four make an epoch
def test_a_killed_training_resumes_and_ends_with_the_weights_of_an_uninterrupted_one(
    make, killed_in, tmp_path
):
    uninterrupted, train, val = seeded(make, augmentation=AUGMENTED)
    rows = list(uninterrupted.fit(train, val))
    killed, *_ = seeded(make, augmentation=AUGMENTED)
    killed.losses = interrupted(killed.losses, killed_in)
    with pytest.raises(KeyboardInterrupt):
        list(killed.fit(train, val, tmp_path))
    resumed, *_ = seeded(make, augmentation=AUGMENTED)
    resumed.losses = interrupted(resumed.losses, 32 - 4 * ((killed_in - 1) // 4) + 1)
    assert list(resumed.fit(train, val, tmp_path)) == rows
    assert same(resumed, uninterrupted)


def test_a_training_that_has_ended_is_not_run_again(make, tmp_path):
    """A stage that is killed later finds it so."""
    first, train, val = seeded(make, augmentation=AUGMENTED)
    rows = list(first.fit(train, val, tmp_path))
    again, *_ = seeded(make, augmentation=AUGMENTED)
    again.losses = interrupted(again.losses, 1)
    assert list(again.fit(train, val, tmp_path)) == rows and same(again, first)


def interrupted(losses, steps):
    """Losses that are interrupted when they are computed for this many times."""

    def counted(clips):
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise KeyboardInterrupt
        return losses(clips)

    return counted


def test_the_checkpoint_of_another_training_is_not_used(tmp_path):
    first, train, val = seeded(stgcn, epochs=3)
    next(first.fit(train, val, tmp_path))
    for changes in ({"seed": 1}, {"lr": 1e-3}):
        plain, *_ = seeded(stgcn, epochs=3, **changes)
        rows = list(plain.fit(train, val))
        beside, *_ = seeded(stgcn, epochs=3, **changes)
        assert list(beside.fit(train, val, tmp_path)) == rows
    assert len(list(tmp_path.iterdir())) == 3


def test_the_same_seed_gives_the_same_weights(make):
    def trained(seed):
        encoder, *clips = seeded(make, seed, augmentation=AUGMENTED, epochs=2)
        return encoder, list(encoder.fit(*clips))

    (one, rows), (other, same_rows), (third, _) = trained(0), trained(0), trained(1)
    assert rows == same_rows
    assert same(one, other)
    assert not same(one, third)


def test_a_divergence_names_epoch_and_rate_and_leaves_the_last_good_checkpoint(tmp_path):
    encoder, train, val = seeded(stgcn)
    healthy, steps = encoder.losses, iter(range(1000))
    encoder.losses = lambda clips: {
        name: loss * (1 if next(steps) < 5 else float("nan"))
        for name, loss in healthy(clips).items()
    }
    rows = encoder.fit(train, val, tmp_path)
    next(rows)
    (checkpoint,) = tmp_path.iterdir()
    before = checkpoint.read_bytes()
    with pytest.raises(Diverged, match=r"epoch 2, learning rate 0\.0048.*joint nan"):
        next(rows)
    assert checkpoint.read_bytes() == before


def test_a_loss_above_the_ceiling_is_a_divergence():
    encoder, train, val = seeded(stgcn, ceiling=1.0)
    with pytest.raises(Diverged, match=r"epoch 1, learning rate 0\.005"):
        next(encoder.fit(train, val))


def test_without_validation_clips_the_last_epoch_is_kept(make):
    encoder, train, _ = seeded(make, epochs=3)
    rows = list(encoder.fit(train, NO_CLIPS))
    assert len(rows) == 3 and not any("val_accuracy" in row for row in rows)
    plain, *_ = seeded(make, epochs=3)
    state = TrainingState(plain, plain.config.training)
    assert list(state.epochs(plain.losses, train)) == rows
    assert same(encoder, plain)


def test_a_killed_training_without_validation_clips_resumes(tmp_path):
    uninterrupted, train, _ = seeded(stgcn, epochs=3)
    rows = list(uninterrupted.fit(train, NO_CLIPS))
    killed, *_ = seeded(stgcn, epochs=3)
    next(killed.fit(train, NO_CLIPS, tmp_path))
    resumed, *_ = seeded(stgcn, epochs=3)
    assert list(resumed.fit(train, NO_CLIPS, tmp_path)) == rows
    assert same(resumed, uninterrupted)


def test_with_learns_heads_the_networks_do_not_change(make):
    encoder, train, val = seeded(make, learns="heads", lr=0.05)
    before = {name: value.clone() for name, value in encoder.networks.state_dict().items()}
    rows = list(encoder.fit(train, val))
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
    state = TrainingState(encoder, encoder.config.training)
    found = []
    for _ in range(4):
        found.append(state.optimizer.param_groups[0]["lr"])
        state.optimizer.step()
        state.schedule.step()
    assert found == pytest.approx(rates, abs=1e-3)


def test_a_stream_learns_the_same_with_and_without_another():
    both, train, val = seeded(stgcn, streams=("joint", "bone"), dropout=0.0, epochs=2)
    alone, *_ = seeded(stgcn, streams=("joint",), dropout=0.0, epochs=2)
    alone.load_state_dict({name: both.state_dict()[name] for name in alone.state_dict()})
    torch.manual_seed(1)
    rows = list(both.fit(train, val))
    torch.manual_seed(1)
    losses = [row["joint"] for row in alone.fit(train, val)]
    assert [row["joint"] for row in rows] == pytest.approx(losses, rel=1e-4)


def test_without_augmentation_clips_do_not_change():
    skeletons = toy_clips(4).skeletons
    assert torch.equal(augment(skeletons, PLAIN), skeletons)


def test_augmented_clips_differ_from_one_another_and_absent_bodies_stay_absent():
    skeletons = toy_clips(1).skeletons.expand(6, -1, -1, -1, -1)
    made = augment(skeletons, AUGMENTED)
    assert made.shape == skeletons.shape
    assert all(not torch.allclose(made[0], each) for each in made[1:])
    assert not made[..., 1].any()


def test_a_rotation_keeps_lengths_and_angles():
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


def test_stretching_a_clip_is_linear_interpolation():
    skeletons = toy_clips(3).skeletons
    theirs = F.interpolate(skeletons.flatten(3), (20, 50), mode="bilinear")
    torch.testing.assert_close(stretched(skeletons, 20).flatten(3), theirs)
    assert stretched(skeletons, 12) is skeletons
