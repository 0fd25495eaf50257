"""What is measured of the hands, on motions whose numbers are known by construction."""

from math import log2, pi

import numpy as np
import pytest

from mannequin import Mannequin, seconds
from toy_motions import attributes, check_known_values, each_known, raised
from zsar.kinematics.measure import measure
from zsar.kinematics.vocabulary import vocabulary

NAN = float("nan")
EXPECTED = [  # attribute, tolerance, its value in some motions
    # How far and where
    ("w_top", 0.03, {"stands": -0.25, "reaches up": 2.0, "waves": 1.5, "touches the foot": -0.25}),
    ("w_low", 0.05, {"stands": -0.25, "touches the knee": -0.825, "touches the foot": -1.1}),
    ("w_fwd", 0.03, {"stands": 0.1, "points forwards": 1.1, "pushes forwards": 1.1}),
    ("w_back", 0.03, {"stands": -0.1, "reaches behind": 0.6, "circles clockwise": -0.8}),
    ("w_out", 0.03, {"stands": 0.45, "points aside": 1.5, "waves with the left": 0.87}),
    ("w_cross", 0.05, {"stands": -0.45, "touches the other shoulder": 0.35, "drinks": -0.05}),
    ("w_floor", 0.05, {"stands": 1.5, "touches the foot": 0.15}),
    ("w_chest", 0.03, {"stands": 1.1, "touches the chest": 0.3}),
    ("w_belt", 0.05, {"touches the belly": 0.42, "circles clockwise": 1.05}),
    ("w_knee", 0.05, {"stands": 0.63, "touches the knee": 0.14}),
    ("w_foot", 0.05, {"stands": 1.44, "touches the foot": 0.18}),
    ("w_level", 0.05, {"stands": -0.25, "reaches up": 2.0, "circles clockwise": 1.1}),
    ("w_front", 0.03, {"stands": 0.1, "points forwards": 1.1, "reaches behind": -0.6}),
    ("w_side", 0.03, {"points aside": 1.5, "touches the other shoulder": -0.35}),
    ("w_start", 0.1, {"stands": -0.25, "swipes inwards": -0.25, "circles clockwise": 1.6}),
    ("w_end", 0.1, {"stands": -0.25, "swipes inwards": -0.25, "circles clockwise": 1.6}),
    # At the head
    ("w_head", 0.03, {"stands": 1.71, "drinks": 0.3, "phones": 0.26}),
    ("head_share", 0.08, {"stands": 0, "drinks": 0.9, "points forwards": 0, "waves": 0.3}),
    ("head_path", 0.15, {"stands": 0, "drinks": log2(1.7), "brushes teeth": log2(3.5)}),
    ("head_side", 0.02, {"stands": NAN, "drinks": 0.05, "phones": 0.25}),
    ("head_front", 0.02, {"stands": NAN, "drinks": 0.25, "phones": 0.05}),
    ("head_up", 0.02, {"stands": NAN, "drinks": -0.15, "phones": -0.05}),
    # The other hand
    ("o_top", 0.05, {"stands": -0.25, "surrenders": 1.8, "waves": -0.25}),
    ("o_fwd", 0.03, {"stands": 0.1, "claps": 0.7, "points forwards": 0.1}),
    ("o_cross", 0.03, {"stands": -0.45, "crosses the arms": 0.3}),
    ("o_head", 0.05, {"stands": 1.71, "covers the face": 0.26, "drinks": 1.71}),
    ("o_level", 0.05, {"stands": -0.25, "surrenders": 1.76, "waves": -0.25}),
    ("o_act", 0.03, {"stands": NAN, "waves": 0, "claps": 0.98, "drums by turns": 0.98}),
    ("hands_near", 0.08, {"stands": 0.9, "folds the hands": 0.1, "claps": 0.16}),
    ("hands_joined", 0.08, {"stands": 0, "folds the hands": 1, "claps": 0.29}),
    ("hands_wide", 0.05, {"stands": 0.9, "spreads the arms": 2.8}),
    ("hands_level", 0.05, {"stands": NAN, "folds the hands": 0.6, "covers the face": 1.4}),
    ("mirror", 0.02, {"stands": NAN, "waves": NAN, "claps": 1, "drums by turns": -1}),
    ("w_right", 0, {"waves": 1, "waves with the left": -1}),
    # The elbow
    ("elbow_max", 0.03, {"stands": 0.18, "holds a right angle": 0.6}),
    ("elbow_min", 0.03, {"points forwards": 0.25, "swings a straight arm": 0.07, "drinks": 0.82}),
    ("elbow_share", 0.05, {"swings a straight arm": 0.5}),
    # The stroke
    ("lat_dir", 0.25, {"swipes inwards": -0.75, "swipes outwards": 0.75, "waves": 0}),
    ("vert_dir", 0.25, {"chops downwards": -0.75, "lifts upwards": 0.75, "circles clockwise": 0}),
    ("fwd_dir", 0.25, {"pushes forwards": 0.75, "pulls back": -0.75, "saws forwards and back": 0}),
    ("lat_range", 0.09, {"swipes inwards": 1.4, "circles clockwise": 1, "waves": 0.6}),
    ("vert_range", 0.09, {"circles clockwise": 1, "beats up and down": 0.6, "drinks": 0.1}),
    ("fwd_range", 0.09, {"pushes forwards": 0.9, "saws forwards and back": 0.6, "waves": 0}),
    # The form of the path
    ("round", 0.05, {"circles clockwise": 1, "circles once": 1, "waves": 0, "rolls a wheel": 0}),
    ("round", 0.05, {"draws a figure of eight": 0, "saws forwards and back": NAN}),
    ("sense", 0.12, {"circles clockwise": 1, "circles counter-clockwise": -1, "waves": 0}),
    ("sense", 0.12, {"circles once": pi / 4, "draws a figure of eight": 0, "rolls a wheel": 0}),
    ("round_side", 0.05, {"rolls a wheel": 1, "circles clockwise": 0, "beats up and down": 0}),
    ("sense_side", 0.05, {"rolls a wheel": 1, "circles clockwise": 0, "waves": 0}),
    # Rhythm
    ("w_cycles", 0.25, {"stands": 0, "drinks": 0, "circles once": 1, "circles clockwise": log2(5)}),
    ("w_cycles", 0.25, {"waves": log2(7), "beats up and down": log2(7), "claps": log2(6)}),
    ("w_rate", 0.03, {"stands": NAN, "circles clockwise": 1, "waves": 2, "claps": 1.5}),
    ("w_speed", 0.2, {"stands": -3, "circles clockwise": log2(pi), "drums by turns": log2(3.77)}),
    ("core_speed", 0.2, {"stands": -4, "circles clockwise": log2(pi), "drums by turns": log2(2.4)}),
    ("impulse", 0.1, {"circles clockwise": 0, "drums by turns": log2(pi / 2)}),
    ("hold", 0.05, {"stands": 1, "circles clockwise": 0, "drums by turns": 0.1, "drinks": 0.85}),
]


@each_known(EXPECTED)
def test_a_known_motion_has_its_known_value(attribute, tolerance, expected):
    check_known_values(attribute, tolerance, expected)


@pytest.mark.parametrize("rate", [2, 3])
@pytest.mark.parametrize("way", [(1, 0, 0), (0.6, 0.5, 0.6)], ids=["sideways", "aslant"])
def test_small_quick_cycles_count_in_whatever_direction(way, rate):
    time = seconds(4)
    beat = 0.15 * np.cos(2 * np.pi * rate * time)
    place = [where + part * beat for where, part in zip((0.5, 1.2, 0.6), way, strict=True)]
    person = Mannequin(time, right_hand=raised(time, tuple(place)))
    found = dict(zip(vocabulary(), measure([person.motion()])[0], strict=True))
    assert found["w_cycles"] == pytest.approx(log2(1 + 3 * rate), abs=0.3)
    assert found["w_rate"] == pytest.approx(rate, abs=0.1)


def test_every_attribute_of_the_hands_is_tried():
    assert {row[0] for row in EXPECTED} == attributes("hands")
