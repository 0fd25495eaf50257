"""Views of clips: how often each change is applied, and clips that are easily handled wrong."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from zsar.encoders.umurl_views import (
    ViewConfig,
    ViewSample,
    apply_views,
    crops,
    joint_transforms,
    lengths,
    sample_views,
    stretched,
    to_frame_major,
    whole_clips,
)

PUBLISHED = ViewConfig(0.1, 64, 0.5, 15, 0.5)
MANY = 4000
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def random_clips(count: int, frames: int):
    return to_frame_major(torch.randn(count, 3, frames, 25, 2))


def corruptions(transforms):
    """Which views are sheared, which have zeroed and which have scrambled joints."""
    same = (transforms == torch.eye(3)).flatten(2).all(2)
    sheared = ~same.any(1)
    zeroed = (transforms == 0).flatten(2).all(2)
    return sheared, ~sheared & zeroed.any(1), ~sheared & ~zeroed.any(1), same, zeroed


def test_half_of_the_views_are_sheared_and_a_quarter_each_zeroed_and_scrambled():
    sheared, zeroed, scrambled, *_ = corruptions(joint_transforms(MANY, PUBLISHED, CPU))
    for which, share in ((sheared, 0.5), (zeroed, 0.25), (scrambled, 0.25)):
        # Four standard errors.
        assert abs(which.double().mean() - share) < 4 * (share * (1 - share) / MANY) ** 0.5


def test_fifteen_different_joints_are_corrupted_each_as_often_as_any_other():
    sheared, masked, _, same, zeroed = corruptions(joint_transforms(MANY, PUBLISHED, CPU))
    changed = ~same[~sheared]
    assert (changed.sum(1) == 15).all()
    assert (zeroed[masked].sum(1) == 15).all()
    spread = (0.6 * 0.4 / len(changed)) ** 0.5
    assert ((changed.double().mean(0) - 0.6).abs() < 4.5 * spread).all()


def test_matrices_are_uniform_between_minus_one_and_one_and_alike_for_all_joints():
    transforms = joint_transforms(MANY, PUBLISHED, CPU)
    sheared, _, scrambled, same, _ = corruptions(transforms)
    assert (transforms[sheared] == transforms[sheared][:, :1]).all()
    assert (transforms[sheared].diagonal(dim1=2, dim2=3) == 1).all()
    off = transforms[sheared][:, 0][:, ~torch.eye(3, dtype=torch.bool)]
    pairs = zip(transforms[scrambled], same[scrambled], strict=True)
    own = torch.stack([view[~kept][0] for view, kept in pairs])
    for values in (off, own):
        assert values.abs().max() <= 1
        deciles = values.flatten().quantile(torch.linspace(0.1, 0.9, 9))
        assert torch.allclose(deciles, torch.linspace(-0.8, 0.8, 9), atol=0.06)


def test_crops_are_as_long_as_published_and_lie_anywhere():
    length = torch.full((MANY,), 300)
    start, count = crops(length, PUBLISHED)
    # floor(300 u) for u uniform in [0.1, 1], but no less than 64.
    assert count.min() == 64 and 297 <= count.max() <= 300
    assert abs((count == 64).double().mean() - (65 / 300 - 0.1) / 0.9) < 0.025
    assert abs(count.double().mean() - (64 * 0.13 + (65 + 300) / 2 * 0.87)) < 4
    assert (start >= 0).all() and (start + count <= length).all()
    short = count == 64
    assert start[short].min() < 20 and start[short].max() > 216
    assert abs(start[short].double().mean() - 118) < 20


@pytest.mark.parametrize("frames", [1, 2, 50, 63, 64])
def test_a_clip_of_at_most_64_frames_is_never_cropped(frames):
    start, count = crops(torch.full((100,), frames), PUBLISHED)
    assert (start == 0).all() and (count == frames).all()


def test_views_of_one_batch_differ():
    clips = random_clips(2, 70)
    sample = sample_views(torch.full((8,), 70), PUBLISHED)
    views = apply_views(clips, torch.zeros(8, dtype=torch.long), sample, 64)
    assert len({view.numpy().tobytes() for view in views}) == 8


@pytest.mark.parametrize(("start", "count"), [(0, 70), (3, 64), (60, 10), (69, 1), (10, 33)])
def test_resizing_is_linear_interpolation(start, count):
    clips = random_clips(2, 70)
    rows, where = torch.tensor([1, 0]), torch.tensor([start, start])
    found = stretched(clips, rows, where, torch.tensor([count, count]), 64)
    part = clips[rows, start : start + count].flatten(2).transpose(1, 2)
    expected = F.interpolate(part, size=64, mode="linear", align_corners=False)
    torch.testing.assert_close(found.flatten(2), expected.transpose(1, 2), atol=1e-5, rtol=1e-5)


def test_a_joint_of_a_view_is_its_matrix_times_the_joint():
    clips = random_clips(3, 64)
    transforms = torch.randn(3, 25, 3, 3)
    rows = torch.arange(3)
    sample = ViewSample(torch.zeros_like(rows), torch.full_like(rows, 64), transforms)
    expected = torch.einsum("vjyx,vfbjx->vfbjy", transforms, clips)
    torch.testing.assert_close(apply_views(clips, rows, sample, 64), expected)


def test_both_bodies_change_alike_and_an_absent_one_stays_absent():
    skeletons = torch.randn(4, 3, 50, 25, 2)
    skeletons[:2, ..., 1] = skeletons[:2, ..., 0]
    skeletons[2:, ..., 1] = 0
    clips = to_frame_major(skeletons)
    views = apply_views(clips, torch.arange(4), sample_views(lengths(clips), PUBLISHED), 64)
    assert torch.equal(views[:2, :, 0], views[:2, :, 1])
    assert not views[2:, :, 1].any() and views[2:, :, 0].any()


def test_frames_behind_the_last_body_do_not_count():
    skeletons = torch.randn(3, 3, 300, 25, 2)
    skeletons[0, :, 80:] = 0
    skeletons[1, :, 20:30] = 0  # a gap is part of the clip
    skeletons[2] = 0
    clips = to_frame_major(skeletons)
    assert lengths(clips).tolist() == [80, 300, 1]
    assert not whole_clips(clips, 64)[2].any()
    views = apply_views(
        clips, torch.full((50,), 2), sample_views(torch.ones(50).long(), PUBLISHED), 64
    )
    assert not views.any() and views.isfinite().all()


def test_a_clip_of_the_right_length_stays_as_it_is():
    clips = random_clips(2, 64)
    assert torch.equal(whole_clips(clips, 64), clips)


def test_a_shorter_crop_may_be_allowed():
    _, count = crops(torch.full((MANY,), 50), replace(PUBLISHED, least_frames=16))
    assert count.min() == 16 and count.max() >= 49
