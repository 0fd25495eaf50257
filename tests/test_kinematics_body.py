"""What is measured of trunk, head and legs, on motions whose numbers are known by construction."""

from math import log2

import numpy as np
import pytest

from mannequin import Mannequin, seconds
from toy_motions import attributes, check_known_values, each_known, measured, through
from zsar.kinematics.measure import measure
from zsar.kinematics.vocabulary import vocabulary

NAN = float("nan")
EXPECTED = [  # attribute, tolerance, its value in some motions
    # Where the hips go
    ("travel", 0.07, {"stands": 0, "walks forward": log2(5.8), "goes away and back": 0}),
    ("path", 0.07, {"stands": 0, "walks backward": log2(5.8), "goes away and back": log2(5)}),
    ("forward", 0.01, {"walks forward": 1, "walks backward": -1, "walks sideways": 0}),
    ("forward", 0.01, {"stands": NAN, "glides aside": 0, "goes away and back": 0}),
    ("drop_end", 0.03, {"sits down": -0.8, "stands up": 0.8, "squats": 0, "falls": -1.45}),
    ("drop_range", 0.03, {"stands": 0, "sits down": 0.8, "squats": 1.1}),
    ("drop_transient", 0.03, {"stands": 0, "sits down": 0, "stands up": 0, "squats": 1.1}),
    ("hip_low", 0.03, {"stands": 1.75, "sits down": 0.95, "squats": 0.65, "falls": 0.3}),
    ("hip_start", 0.03, {"stands": 1.75, "sits down": 1.75, "stands up": 0.95}),
    # Trunk and head
    ("lean_max", 0.02, {"stands": 0, "bows": 0.6, "leans back": 0.3, "leans aside": 0.5}),
    ("lean_end", 0.02, {"bows": 0, "bows and stays": 0.6, "falls": 1}),
    ("lean_fwd", 0.02, {"stands": 0, "bows": 0.6, "leans back": -0.3, "leans aside": 0}),
    ("twist", 0.08, {"stands": 0, "swings the shoulders": 0.8, "turns half around": 2}),
    ("turn", 0.02, {"stands": 0, "bows": 0, "turns half around": 1, "turns around twice": 3}),
    ("head_move", 0.03, {"stands": 0, "nods": 0.3, "shakes the head": 0.2, "bows": 0}),
    ("head_fwd", 0.01, {"stands": 0, "looks down": 0.15, "bows and stays": 0, "nods": 0}),
    ("head_cycles", 0, {"stands": 0, "nods": log2(5), "shakes the head": log2(5), "bows": 0}),
    ("trunk_cycles", 0, {"stands": 0, "bows": 1, "leans aside": 1, "bobs three times": 2}),
    ("trunk_cycles", 0, {"bows and stays": 0, "nods": 0, "sits down": 0}),
    # Knees and feet
    ("knee_max", 0.02, {"stands": 0.14, "sits": 0.61, "squats": 0.93}),
    ("knee_asym", 0.02, {"stands": 0, "squats": 0, "lifts a knee": 0.645}),
    ("seat_start", 0.02, {"stands": 0.12, "sits down": 0.12, "stands up": 0.99}),
    ("seat_end", 0.02, {"stands": 0.12, "sits down": 0.99, "stands up": 0.12}),
    ("foot_lift", 0.02, {"stands": 0, "kicks": 1, "lifts a knee": 0.85, "squats": 0}),
    ("foot_fwd", 0.02, {"stands": 0.25, "kicks": 1.45, "sits": 1.05}),
    ("foot_back", 0.02, {"stands": 0, "heel to the bottom": 0.7, "sits": -0.8}),
    ("knee_top", 0.02, {"stands": -0.825, "sits": 0, "lifts a knee": -0.15}),
    ("foot_speed", 0.2, {"stands": 0, "kicks": log2(5.7), "walks forward": log2(4.6)}),
    ("one_leg", 0.02, {"stands": 0, "stands on one leg": 1, "hops": 0}),
    ("stance", 0.03, {"stands": 0.44, "lunges": 1.66}),
    # Steps and jumps
    ("gait", 0.2, {"stands": 0, "walks forward": log2(5), "steps on the spot": log2(5)}),
    ("gait", 0.2, {"walks backward": log2(5), "walks sideways": log2(5), "hops": 0}),
    ("gait_rate", 0.05, {"stands": NAN, "walks forward": 1, "steps on the spot": 1}),
    ("jump", 0.15, {"stands": 0, "jumps": 0.6, "hops": 0.3, "lifts a knee": 0}),
    ("jumps", 0, {"stands": 0, "hops": log2(5), "sits down": 0, "walks forward": 0}),
]


@each_known(EXPECTED)
def test_a_known_motion_has_its_known_value(attribute, tolerance, expected):
    check_known_values(attribute, tolerance, expected)


def test_every_attribute_of_the_body_is_tried():
    assert {row[0] for row in EXPECTED} == attributes("body")


def test_bending_before_a_jump_and_after_it_counts_as_well():
    assert measured()["jumps"]["jumps"] == log2(1 + 2)


def test_a_jump_is_as_high_in_a_long_clip():
    heights = []
    for duration in (2, 12):
        time = seconds(duration)
        leap = 0.5 * np.maximum(1 - ((time - duration / 2) / 0.3) ** 2, 0)
        feet = dict.fromkeys(("right", "left"), (0, leap, 0))
        heights.append(measure([Mannequin(time, hips=(0, leap, 0), feet=feet).motion()])[0])
    place = list(vocabulary()).index("jump")
    assert [each[place] for each in heights] == pytest.approx([0.47, 0.47], abs=0.03)


def test_a_resting_hand_has_no_elbow_share_of_its_own():
    time = seconds(4)
    bow = Mannequin(time, lean=54 * through(time, (0, 0), (2, 1), (4, 0)))
    found = measure([bow.motion()])
    assert not found[0, list(vocabulary()).index("elbow_share")] > 1
