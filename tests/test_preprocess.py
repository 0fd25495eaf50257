"""Preprocessing on toy recordings: what every variant promises, then what is peculiar to a step."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from zsar.data.recording import Damaged, Recording
from zsar.data.skeleton import JOINTS
from zsar.errors import UserError
from zsar.preprocess.pipeline import STEPS, pipeline
from zsar.preprocess.sequence import SkeletonSequence
from zsar.preprocess.steps import (
    align_bone,
    centre_on_start,
    copy_lone_body,
    count_frames,
    crop_centre,
    drop_short,
    face_forward,
    first_bodies,
    follow_ids,
    most_motion_first,
    pad,
    repeat,
    resize,
    two_actors,
    widest_bodies,
)

VARIANTS = yaml.safe_load(Path("settings/preprocess.yaml").read_text())
every_variant = pytest.mark.parametrize("name", VARIANTS)
LEFT, RIGHT = JOINTS.index("left_shoulder"), JOINTS.index("right_shoulder")


def recording(frames, bodies=1, seed=0):
    """People of flesh: taller than wide, three metres away, all of them in every frame."""
    noise = np.random.default_rng(seed).normal(size=(frames, bodies, 25, 3))
    coordinates = noise * [0.1, 0.5, 0.1] + [0, 0, 3] + np.arange(bodies)[:, None, None] * [1, 0, 0]
    ids = np.broadcast_to(np.arange(bodies) + 7, (frames, bodies)).copy()
    return Recording("toy", 0, 0, 0, 0, coordinates.astype(np.float32), ids)


def sequence(*spans, frames=100):
    """One body per (first, last) frame, each on a path of its own."""
    made = recording(frames, len(spans))
    here = [[first <= frame <= last for first, last in spans] for frame in range(frames)]
    bodies = made.bodies * np.array(here)[..., None, None].astype(np.float32)
    return SkeletonSequence("toy", bodies, np.where(here, made.ids, 0), frames)


def without(made, *frames):
    bodies = made.bodies.copy()
    bodies[list(frames)] = 0
    return replace(made, bodies=bodies, ids=np.where(bodies.any((2, 3)), made.ids, 0))


@every_variant
@pytest.mark.parametrize("frames", [1, 2, 63, 100, 450])
@pytest.mark.parametrize("bodies", [1, 2, 5])
def test_two_bodies_of_finite_numbers_in_the_wanted_frames(name, frames, bodies):
    if name.startswith("ctrgcn") and frames < 12 and bodies > 1:
        return  # too short to tell a person from noise
    clip = pipeline(VARIANTS[name])(recording(frames, bodies))
    setting = ("repeat", "resize", "pad")
    (*_, wanted) = [frames, *(step["frames"] for step in VARIANTS[name] if step["step"] in setting)]
    assert clip.skeletons.shape == (3, wanted, 25, 2) and clip.skeletons.dtype == np.float32
    assert np.isfinite(clip.skeletons).all()
    cropped = any(step["step"] == "crop_centre" for step in VARIANTS[name])
    assert clip.length == (min(frames, 300) if cropped else frames)


@every_variant
def test_gaps_late_bodies_and_ghosts_leave_no_hole_in_the_numbers(name):
    made = without(recording(80, 3), 0, 1, 40, 79)
    made.bodies[:30, 1], made.ids[:30, 1] = 0, 0
    made.bodies[:60, 2], made.ids[:60, 2] = 0, 0
    assert np.isfinite(pipeline(VARIANTS[name])(made).skeletons).all()


@every_variant
def test_a_clip_without_any_body_is_damaged(name):
    with pytest.raises(Damaged, match="toy: no body in the recording"):
        pipeline(VARIANTS[name])(without(recording(30), *range(30)))


@every_variant
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_no_place_is_damage(name, value):
    made = recording(30)
    made.bodies[3, 0, 8, 1] = value
    with pytest.raises(Damaged, match="toy: a coordinate in the recording is not a finite number"):
        pipeline(VARIANTS[name])(made)


@every_variant
@pytest.mark.filterwarnings("error")
def test_absurd_distances_are_damage_or_survive_but_never_become_nan(name):
    made = recording(30)
    made.bodies[3, 0] = np.float32(3e38) * np.sign(made.bodies[3, 0])
    try:
        clip = pipeline(VARIANTS[name])(made)
    except Damaged as damaged:
        assert "toy: a coordinate after" in str(damaged)
    else:
        assert np.isfinite(clip.skeletons).all()


@every_variant
def test_a_recording_stays_as_it_was(name):
    made, twin = recording(90, 3), recording(90, 3)
    pipeline(VARIANTS[name])(made)
    assert np.array_equal(made.bodies, twin.bodies) and np.array_equal(made.ids, twin.ids)


@every_variant
def test_a_pipeline_does_the_same_in_another_process(name):
    steps = pipeline(VARIANTS[name])
    sent = pickle.loads(pickle.dumps(steps))
    assert sent(recording(70, 2)).skeletons.tobytes() == steps(recording(70, 2)).skeletons.tobytes()


def test_smie_needs_the_first_body():
    made = recording(30, 2)
    made.bodies[:, 0], made.ids[:, 0] = 0, 0
    with pytest.raises(Damaged, match="toy: no frame shows the spine_base of the first body"):
        pipeline(VARIANTS["smie50"])(made)


def test_ctrgcn_needs_one_body_that_stays():
    with pytest.raises(Damaged, match="toy: no body after drop_short"):
        pipeline(VARIANTS["ctrgcn"])(recording(11, 2))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("resize", "settings/preprocess.yaml: step 2 is 'resize', expected {step: NAME, ...}"),
        (
            {"frames": 50},
            "preprocess.yaml: step 2 is {'frames': 50}, expected {step: NAME, ...}",
        ),
        ({"step": "resise", "frames": 50}, "unknown step 2 'resise'; expected one of: "),
        ({"step": ["resize"]}, "unknown step 2 ['resize']; expected one of: "),
        (
            {"step": "resize", "frame": 50},
            "step 2, resize.frame (did you mean frames?); expected one of: frames",
        ),
        (
            {"step": "resize"},
            "step 2, resize.frames is missing (expected a whole number above 0 and",
        ),
        ({"step": "keep_counted", "n": 1}, "step 2, keep_counted.n; expected one of: none"),
        (
            {"step": "resize", "frames": 0},
            "resize.frames is 0, expected a whole number above 0",
        ),
        ({"step": "resize", "frames": True}, "frames is True, expected a whole number above 0"),
        (
            {"step": "crop_ends", "keep": 1.5},
            "keep is 1.5, expected a number above 0 and at most 1",
        ),
        (
            {"step": "centre_on_start", "joint": "nose"},
            "joint is 'nose', expected one of: spine_base",
        ),
    ],
)
def test_a_wrong_list_is_refused_before_any_clip(step, message):
    with pytest.raises(UserError) as refusal:
        pipeline([{"step": "drop_empty_frames"}, step])
    assert message in str(refusal.value)


def test_an_empty_list_is_refused():
    with pytest.raises(UserError, match="settings/preprocess.yaml: no step; expected some of"):
        pipeline([])


def test_an_error_about_an_unknown_step_lists_all_there_are():
    with pytest.raises(UserError) as refusal:
        pipeline([{"step": "?"}])
    assert all(name in str(refusal.value) for name in STEPS)


@pytest.mark.parametrize("frames", [1, 2, 3, 49, 50, 51, 100, 299, 300])
@pytest.mark.parametrize("wanted", [1, 50, 64])
def test_resizing_is_bilinear_without_aligned_corners(frames, wanted):
    given = sequence((0, frames), (0, frames), frames=frames)
    # In single precision torch rounds the positions, which costs up to 3e-5 in a long clip.
    image = torch.from_numpy(given.bodies.reshape(1, 1, frames, 150)).double()
    theirs = torch.nn.functional.interpolate(image, (wanted, 150), mode="bilinear")
    ours = resize(given, frames=wanted).bodies.reshape(wanted, 150)
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), rtol=0, atol=1e-6)


def test_padding_is_empty_and_lies_behind_the_clip():
    given = sequence((0, 7), frames=7)
    padded = pad(given, frames=10)
    assert np.array_equal(padded.bodies[:7], given.bodies) and not padded.bodies[7:].any()
    assert padded.length == given.length and padded.ids.shape == (10, padded.bodies.shape[1])
    assert np.array_equal(pad(given, frames=5).bodies, given.bodies[:5])
    assert pad(given, frames=5).length == 5


def test_as_many_frames_as_there_are_stay_untouched():
    given = sequence((0, 49), frames=50)
    assert np.array_equal(resize(given, frames=50).bodies, given.bodies)


def test_a_long_clip_keeps_its_middle():
    given = sequence((0, 400), frames=401)
    kept = crop_centre(given, frames=300)
    assert np.array_equal(kept.bodies, given.bodies[50:350]) and kept.length == 300


def test_the_length_counts_the_frames_that_show_the_joint():
    assert count_frames(sequence((10, 39), (0, 99)), joint=0).length == 30


def test_a_body_that_leaves_early_starts_over():
    given = sequence((0, 9), (4, 7), frames=10)
    long = repeat(given, frames=25)
    assert np.array_equal(long.bodies[:, 0], given.bodies[np.arange(25) % 10, 0])
    assert np.array_equal(long.bodies[:, 1], given.bodies[4 + np.arange(25) % 4, 1])


def test_a_gap_inside_is_closed_only_for_a_late_body():
    present = without(sequence((0, 9), frames=10), 5)
    late = without(sequence((1, 9), frames=10), 5)
    assert not repeat(present, frames=10).bodies[5].any()
    assert repeat(late, frames=10).bodies.any((1, 2, 3)).all()


def test_shoulders_lie_along_x_in_every_frame_and_nobody_is_deformed():
    given = sequence((0, 99), (0, 99))
    depth = np.abs(given.bodies[:, :, RIGHT, 2] - given.bodies[:, :, LEFT, 2]) * [1, -1]
    given.bodies[:, :, RIGHT, 2] = given.bodies[:, :, LEFT, 2] + depth
    turned = face_forward(given, left=LEFT, right=RIGHT, softening=1e-9).bodies
    across = turned[:, :, RIGHT] - turned[:, :, LEFT]
    assert np.abs(across[..., 2]).max() < 1e-3 and (across[..., 0] > 0).all()
    before, after = (np.linalg.norm(np.diff(b, axis=2), axis=3) for b in (given.bodies, turned))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_a_frame_that_needs_the_other_turn_is_turned_as_the_rest_of_the_clip():
    given = sequence((0, 9), frames=10)
    given.bodies[:, 0, LEFT], given.bodies[:, 0, RIGHT] = [0, 0, 3], [1, 0, 4]
    given.bodies[4, 0, RIGHT] = [1, 0, 2]
    turned = face_forward(given, left=LEFT, right=RIGHT, softening=1e-9).bodies
    depth = turned[:, 0, RIGHT, 2] - turned[:, 0, LEFT, 2]
    np.testing.assert_allclose(depth, np.where(np.arange(10) == 4, -np.sqrt(2), 0), atol=1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_first_bone_of_the_clip_lies_along_the_axis(axis):
    given = sequence((0, 99), (0, 99))
    turned = align_bone(given, start=LEFT, end=RIGHT, axis=axis).bodies
    bone = turned[0, 0, RIGHT] - turned[0, 0, LEFT]
    length = np.linalg.norm(given.bodies[0, 0, RIGHT] - given.bodies[0, 0, LEFT])
    np.testing.assert_allclose(bone, np.eye(3)[axis] * length, atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(turned, axis=3), np.linalg.norm(given.bodies, axis=3), atol=1e-5
    )


@pytest.mark.parametrize("factor", [0, 1, -1])
def test_a_bone_on_the_line_of_the_axis_turns_nothing(factor):
    given = sequence((0, 9), frames=10)
    given.bodies[0, 0, RIGHT] = given.bodies[0, 0, LEFT] + np.float32([factor, 0, 0])
    assert np.array_equal(align_bone(given, start=LEFT, end=RIGHT, axis=0).bodies, given.bodies)


def test_the_origin_is_the_first_sight_of_the_first_body_and_absence_stays_absence():
    centred = centre_on_start(sequence((20, 99), (0, 49)), joint=1).bodies
    assert not centred[20, 0, 1].any() and not centred[:20, 0].any() and not centred[50:, 1].any()


def test_slots_follow_ids_where_the_file_swaps_two_people():
    given = sequence((0, 99), (0, 99))
    mixed = replace(given, bodies=given.bodies.copy(), ids=given.ids.copy())
    mixed.bodies[60:], mixed.ids[60:] = given.bodies[60:, ::-1], given.ids[60:, ::-1]
    assert np.array_equal(follow_ids(mixed).bodies, given.bodies)


def test_a_body_that_returns_is_moved_up_into_its_gap():
    given = without(sequence((0, 99), frames=100), *range(30, 40))
    followed = follow_ids(given).bodies
    assert np.array_equal(followed[30:90], given.bodies[40:]) and not followed[90:].any()


def test_one_id_for_two_bodies_is_damage():
    given = sequence((0, 99), (50, 99))
    twice = replace(given, ids=np.where(given.ids, 7, 0))
    with pytest.raises(Damaged, match="toy: body 7 appears more than once in frame 50"):
        follow_ids(twice)


def test_a_short_body_goes_unless_it_is_alone():
    assert drop_short(sequence((0, 99), (5, 15)), frames=11).bodies.shape[1] == 1
    assert drop_short(sequence((0, 99), (5, 16)), frames=11).bodies.shape[1] == 2
    assert drop_short(sequence((5, 15)), frames=11).bodies.shape[1] == 1


def test_bodies_are_ordered_by_motion_and_furniture_goes():
    given = sequence((0, 99), (0, 99), (0, 99))
    size = np.float32([[[1, 1, 1]], [[9, 0.5, 1]], [[1, 2, 2]]])
    staged = replace(given, bodies=given.bodies * size)
    assert (most_motion_first(staged, width=0.8, share=0.7).ids[0] == [9, 7]).all()


def test_of_nothing_but_furniture_the_last_piece_stays():
    given = sequence((0, 99), (0, 99))
    staged = replace(given, bodies=given.bodies * np.float32([50, 0.1, 1]))
    assert (most_motion_first(staged, width=0.8, share=0.7).ids[0] == [8]).all()


@pytest.mark.parametrize(
    ("spans", "actors"),
    [
        ([(0, 99), (0, 99)], [{7}, {8}]),
        ([(0, 49), (50, 99)], [{7, 8}, set()]),
        ([(0, 49), (49, 99)], [{7, 8}, set()]),  # one shared frame is no overlap
        ([(0, 99), (0, 40), (60, 99)], [{7}, {8, 9}]),
        ([(0, 99), (0, 99), (20, 60)], [{7}, {8}]),
        ([(0, 99), (60, 99), (0, 40)], [{7}, {8}]),  # nobody stands in before the second actor
    ],
)
def test_further_bodies_continue_an_actor_where_there_is_room(spans, actors):
    kept = two_actors(sequence(*spans))
    assert [set(np.unique(ids)) - {0} for ids in kept.ids.T] == actors
    assert np.array_equal(kept.bodies.any((2, 3)), kept.ids > 0)


def test_the_widest_of_the_candidates_stay():
    given = sequence(*[(0, 99)] * 5)
    size = np.float32([1, 3, 2, 1, 9])[:, None, None]
    staged = replace(given, bodies=given.bodies * size)
    assert (widest_bodies(staged, candidates=4, bodies=2).ids[0] == [8, 9]).all()


def test_a_lone_body_leaves_the_second_place_empty_or_fills_it():
    alone = sequence((0, 99))
    assert not first_bodies(alone, bodies=2).bodies[:, 1].any()
    assert np.array_equal(copy_lone_body(alone, bodies=2).bodies[:, 1], alone.bodies[:, 0])


def test_two_bodies_are_never_copied_over():
    pair = sequence((0, 99), (0, 9))
    assert copy_lone_body(pair, bodies=2) is pair
