"""What does not change what is measured: where, how large, how fast recorded, which hand, beside
which other clips, and how little sensors, their gaps and their joints do."""

from dataclasses import replace

import numpy as np
import pytest

from toy_motions import attributes, gallery, measured
from zsar.data.layouts import LAYOUTS
from zsar.data.skeleton import JOINTS
from zsar.demo.rig import MIRRORED
from zsar.kinematics.measure import TIMED, measure
from zsar.kinematics.timeline import Motion
from zsar.kinematics.vocabulary import vocabulary

MOTIONS = gallery()
NAMES = list(vocabulary())
SIGMA = vocabulary().column("sigma")
# A path without any width has no turning sense: what its rounding errors enclose is divided by it.
FLAT = {"sense", "sense_side"}
# Where the hand passes the head between two frames; whether a path is just too small for a form.
MOMENTARY = {"head_side", "round", "round_side"}
STILL = {"stands", "holds a right angle"}  # no hand moves: which one works is chance


def of(motions: dict[str, Motion]) -> np.ndarray:
    return measure(list(motions.values()))


def changed(
    motions: dict[str, Motion], tolerance: float | np.ndarray, but: set[str] = frozenset()
) -> list[str]:
    """What is further than so many sigma from the original, or NaN in one of them only."""
    found = of(motions)
    before = np.array([list(measured()[name].values()) for name in motions])
    differs = ~np.isclose(found, before, rtol=0, atol=tolerance * SIGMA, equal_nan=True)
    return [
        f"{name}: {NAMES[column]} {before[row, column]:.3f} became {found[row, column]:.3f}"
        for row, name in enumerate(motions)
        for column in np.flatnonzero(differs[row])
        if NAMES[column] not in but
    ]


def turned(motion: Motion, degrees: float) -> Motion:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_y = np.float32([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return replace(motion, bodies=motion.bodies @ about_y)


def moved(motion: Motion, *way: float) -> Motion:
    return replace(motion, bodies=motion.bodies + np.float32(way))


def scaled(motion: Motion, size: float) -> Motion:
    return replace(motion, bodies=motion.bodies * np.float32(size))


def mirrored(motion: Motion) -> Motion:
    return replace(motion, bodies=motion.bodies[:, :, MIRRORED] * np.float32([-1, 1, 1]))


def hidden(motion: Motion, share: float, seed: int, each_joint: bool) -> Motion:
    """Zeros in so many of the frames, or of the joints in a frame, but for both ends."""
    shape = motion.bodies.shape[:3] if each_joint else motion.bodies.shape[:1]
    hide = np.random.default_rng(seed).random(shape) < share
    hide[[0, -1]] = False
    bodies = motion.bodies.copy()
    bodies[hide] = 0
    return replace(motion, bodies=bodies)


def noisy(motion: Motion, metres: float, seed: int) -> Motion:
    noise = np.random.default_rng(seed).normal(0, metres, motion.bodies.shape)
    return replace(motion, bodies=(motion.bodies + noise).astype(np.float32))


def changed_by(change, tolerance: float, but: set[str] = frozenset()) -> list[str]:
    return changed({name: change(each) for name, each in MOTIONS.items()}, tolerance, but)


# Where, how large, which hand, which body


@pytest.mark.parametrize("degrees", [73, 180, -120])
def test_the_direction_that_everything_faces_changes_nothing(degrees):
    assert not changed_by(lambda each: turned(each, degrees), 0.01, but=FLAT)


def test_the_place_before_the_camera_changes_nothing():
    assert not changed_by(lambda each: moved(each, 1.3, 0.4, -1.0), 0.01, but=FLAT)


@pytest.mark.parametrize("size", [0.7, 1.2])
def test_the_size_of_the_body_changes_nothing(size):
    assert not changed_by(lambda each: scaled(each, size), 0.01, but=FLAT)


def test_a_left_hander_does_the_same_with_the_other_hand():
    either = {*STILL, "drums by turns"}  # the hand that works may be either
    reflected = {name: mirrored(each) for name, each in MOTIONS.items() if name not in either}
    assert not changed(reflected, 0.01, but=FLAT | {"w_right"})
    column = NAMES.index("w_right")
    before = [measured()[name]["w_right"] for name in reflected]
    np.testing.assert_array_equal(of(reflected)[:, column], -np.array(before))


def test_the_performer_is_who_moves_more_whichever_body_comes_first():
    swapped = {
        name: replace(each, bodies=each.bodies[:, ::-1])
        for name, each in MOTIONS.items()
        if each.bodies.shape[1] == 2
    }
    assert len(swapped) > 10 and not changed(swapped, 0)


def test_a_left_hand_that_is_held_still_works():
    left = mirrored(MOTIONS["holds a right angle"])
    assert of({"": left})[0, NAMES.index("w_right")] == -1


def test_a_path_seen_from_its_edge_turns_in_no_sense():
    wheel = turned(MOTIONS["rolls a wheel"], 73)
    assert abs(of({"": wheel})[0, NAMES.index("sense")]) < 0.1


# Beside others


def test_clips_of_other_lengths_beside_a_clip_change_no_byte():
    short = {name: replace(each, bodies=each.bodies[:40]) for name, each in MOTIONS.items()}
    together = measure([*short.values(), *MOTIONS.values()])[: len(short)]
    assert of(short).tobytes() == together.tobytes()


def test_clips_of_other_lengths_beside_a_clip_change_little():
    short = {name: replace(each, bodies=each.bodies[:40]) for name, each in MOTIONS.items()}
    together = measure([*short.values(), *MOTIONS.values()])[: len(short)]
    differs = np.abs(of(short) - together) > 0.25 * SIGMA
    assert not differs[:, ~np.isin(NAMES, list(FLAT))].any()


def test_a_clip_alone_or_in_another_order_is_measured_to_the_same_byte():
    together = of(MOTIONS)
    order = np.random.default_rng(0).permutation(len(MOTIONS))
    clips = list(MOTIONS.values())
    assert measure([clips[place] for place in order]).tobytes() == together[order].tobytes()
    for place in range(0, len(clips), 7):
        assert measure([clips[place]]).tobytes() == together[place].tobytes()


def test_more_clips_than_fit_in_one_batch_are_measured_to_the_same_byte(monkeypatch):
    before = of(MOTIONS)
    monkeypatch.setattr("zsar.kinematics.measure.AT_ONCE", 1000)
    assert of(MOTIONS).tobytes() == before.tobytes()


def test_no_clip_is_changed_by_being_measured():
    bodies = MOTIONS["hug"].bodies.copy()
    of({"": MOTIONS["hug"]})
    assert np.array_equal(MOTIONS["hug"].bodies, bodies)


def test_single_and_double_precision_agree():
    assert not changed_by(lambda each: replace(each, bodies=each.bodies.astype(np.float64)), 0)


# How it is recorded


@pytest.mark.parametrize(("fps", "sigmas"), [(15.0, 0.6), (25.0, 0.6), (60.0, 0.01), (120.0, 0.01)])
def test_another_frame_rate_says_nearly_the_same(fps, sigmas):
    assert not changed(gallery(fps), sigmas, but=FLAT | MOMENTARY)


def test_without_a_frame_rate_nothing_is_said_about_time():
    timed = np.isin(NAMES, TIMED)
    found = of({name: replace(each, fps=float("nan")) for name, each in MOTIONS.items()})
    assert np.isnan(found[:, timed]).all()
    assert not changed_by(lambda each: replace(each, fps=float("nan")), 0, but=set(TIMED))


def test_frames_without_a_body_are_bridged():
    gaps = {name: hidden(each, 0.1, 0, each_joint=False) for name, each in MOTIONS.items()}
    assert not changed(gaps, 0.5, but=FLAT | MOMENTARY)


def test_joints_that_are_not_seen_for_a_moment_are_bridged():
    gaps = {name: hidden(each, 0.1, 0, each_joint=True) for name, each in MOTIONS.items()}
    assert not changed(gaps, 0.6, but=FLAT | MOMENTARY)


def test_empty_frames_before_and_after_belong_to_no_clip():
    def framed(motion: Motion) -> Motion:
        nobody = np.zeros_like(motion.bodies[:20])
        return replace(motion, bodies=np.concatenate([nobody, motion.bodies, nobody]))

    assert not changed_by(framed, 1e-6, but=FLAT)


def test_a_joint_that_is_never_seen_takes_only_what_needs_it():
    bodies = MOTIONS["drinks"].bodies.copy()
    bodies[:, :, JOINTS.index("head")] = 0
    found = dict(zip(NAMES, of({"": replace(MOTIONS["drinks"], bodies=bodies)})[0], strict=True))
    lost = {name for name in NAMES if np.isnan(found[name]) and name in attributes("hands")}
    nothing = {name for name, value in measured()["drinks"].items() if np.isnan(value)}
    assert {"w_head", "head_side"} <= lost and found["w_top"] == measured()["drinks"]["w_top"]
    assert lost - nothing <= {"w_head", "o_head", "head_side", "head_front", "head_up"}


def test_a_clip_without_any_body_is_nan_throughout():
    nobody = Motion(np.zeros((30, 1, 25, 3), np.float32), 30.0, np.zeros(25, bool))
    assert np.isnan(of({"": nobody})).all()


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_a_few_frames_are_enough(frames):
    short = {name: replace(each, bodies=each.bodies[:frames]) for name, each in MOTIONS.items()}
    found = of(short)
    assert np.isfinite(found[:, NAMES.index("w_top")]).all()


def test_a_second_body_without_frames_is_no_second_person():
    motion = MOTIONS["waves"]
    alone = replace(motion, bodies=np.concatenate([motion.bodies, 0 * motion.bodies], axis=1))
    assert not changed({"waves": alone}, 0)


# Noise

# White noise in every joint is more than a sensor's. Share of the motions that these stay within
# one sigma in; of all others all do.
JITTERY = {
    **{"w_start": 0.95, "w_end": 0.95, "head_path": 0.9, "head_side": 0.95, "core_speed": 0.95},
    **{"contact_level": 0.95, "gait": 0.95},
    **{"w_right": 0.9},  # where both hands do the same, W is either
    **{"elbow_share": 0.85, "partner": 0.8},  # the length of a path grows by the noise
    **{"round": 0.8, "round_side": 0.8, "hold": 0.75, "impulse": 0.6},
    **{"sense": 0.6, "sense_side": 0.6},
    **{"o_act": 0.2, "head_cycles": 0.2},  # a resting hand, a resting head
}


def test_a_jitter_of_one_centimetre_seldom_changes_anything_by_more_than_sigma():
    moving = {name: each for name, each in MOTIONS.items() if name not in STILL}
    found = of({name: noisy(each, 0.01, seed) for seed, (name, each) in enumerate(moving.items())})
    before = np.array([list(measured()[name].values()) for name in moving])
    agree = np.mean(~(np.abs(found - before) > SIGMA), axis=0)
    rows = zip(NAMES, agree, strict=True)
    assert not [f"{name}: {share:.2f}" for name, share in rows if share < JITTERY.get(name, 1)]


def test_a_jitter_of_one_millimetre_changes_nothing_but_what_hardly_moves():
    moving = {name: each for name, each in MOTIONS.items() if name not in STILL}
    found = of({name: noisy(each, 0.001, seed) for seed, (name, each) in enumerate(moving.items())})
    before = np.array([list(measured()[name].values()) for name in moving])
    far = (np.abs(found - before) > SIGMA).any(0)
    assert {name for name, is_far in zip(NAMES, far, strict=True) if is_far} <= FLAT | {
        "hold",
        "impulse",
    }


# Other sensors


def through_layout(motion: Motion, name: str) -> Motion:
    """As a sensor with these joints would have recorded it."""
    layout = LAYOUTS[name]
    body = {joint: motion.bodies[:, :, row] for row, joint in enumerate(JOINTS)}
    body |= {theirs: body[ours] for ours, theirs in layout.measured.items()}
    across = 0.15 * (body["right_shoulder"] - body["left_shoulder"])
    for side, sign in (("left", -1), ("right", 1)):
        finger = 2 * body[f"{side}_hand"] - body[f"{side}_wrist"]
        body |= {f"{side}_index": finger, f"{side}_pinky": finger}
        body |= {f"{side}_ear": body["head"] + sign * across}
    theirs = np.stack([body.get(joint, body["head"]) for joint in layout.joints], axis=2)
    return Motion(layout.to_ntu25(theirs), motion.fps, layout.derived_mask)


# Where a sensor has either ankles or feet, one stands for the other.
FEET = {"w_floor", "w_foot", "hip_low", "hip_start", "knee_max", "knee_asym"} | {
    *("foot_fwd", "foot_back", "foot_speed", "foot_contact")
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_sensor_measures_the_same(layout):
    """The neck is known to lie above the middle of the shoulders where no joint shows it."""
    footless = np.isin(NAMES, list(FEET)) & (layout in ("coco17", "kard15"))
    through = {name: through_layout(each, layout) for name, each in MOTIONS.items()}
    assert not changed(through, np.where(footless, 1.0, 0.1), but=FLAT)
