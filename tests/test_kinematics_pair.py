"""What is measured of two people, on motions whose numbers are known by construction."""

from math import log2

import pytest

from toy_motions import THEMES, attributes, check_known_values, each_known, measured
from zsar.kinematics.vocabulary import vocabulary

NAN = float("nan")
EXPECTED = [  # attribute, tolerance, its value in some motions
    ("people", 0, {"stands": 1, "shake hands": 2}),
    ("pair_far", 0.02, {"stands": NAN, "approaches": 5, "part": 5, "shake hands": 1.6}),
    ("pair_near", 0.02, {"stands": NAN, "approaches": 2, "hug": 0.5, "shake hands": 1.6}),
    ("approach", 0.02, {"stands": NAN, "approaches": -3, "part": 3, "shake hands": 0}),
    ("contact", 0.02, {"shake hands": 0.1, "slaps": 0.18, "pats the shoulder": 0.1}),
    ("o_contact", 0.03, {"shake hands": 1.12, "pushes": 0.35}),
    ("contact_level", 0.02, {"shake hands": 0.4, "slaps": 1.3, "pats the shoulder": 0.9}),
    ("contact_head", 0.02, {"slaps": 0.18, "shake hands": 1.28}),
    ("contact_time", 0.05, {"shake hands": 0.8, "slaps": 0.8, "approaches": 0}),
    ("hands_meet", 0.02, {"shake hands": 0.1, "approaches": 1.25}),
    ("heads_near", 0.02, {"whispers": 0.6, "approaches": 2}),
    ("foot_contact", 0.05, {"kicks the other": 0.07, "shake hands": 1.35}),
    ("facing", 0.01, {"shake hands": 1, "stands side on": 0, "turns the back": -1}),
    ("other_facing", 0.01, {"shake hands": 1, "turns the back": 1, "speaks to a back": -1}),
    ("partner", 0.03, {"both wave": 0.94, "slaps": 0}),
    ("partner_lean", 0.02, {"pushes": 0.3, "slaps": 0}),
    ("partner_travel", 0.02, {"pushes": 1, "slaps": 0, "part": log2(2.5)}),
    ("partner_hand", 0.02, {"shake hands": 0.4, "slaps": -0.25}),
    ("duration", 0.02, {"stands": 2, "shake hands": 2}),
]


@each_known(EXPECTED)
def test_a_known_motion_has_its_known_value(attribute, tolerance, expected):
    check_known_values(attribute, tolerance, expected)


def test_every_attribute_of_a_pair_is_tried():
    assert {row[0] for row in EXPECTED} == attributes("pair")


def test_hands_and_trunk_of_a_pair_are_those_of_the_performer():
    pushes, slaps = measured()["pushes"], measured()["slaps"]
    assert pushes["w_fwd"] == pytest.approx(1, abs=0.03) and pushes["lean_max"] < 0.05
    assert slaps["w_top"] == pytest.approx(1.3, abs=0.03) and slaps["travel"] == 0


def test_every_group_of_the_vocabulary_belongs_to_one_theme():
    groups = [group for theme in THEMES.values() for group in theme]
    assert sorted(groups) == sorted(vocabulary().groups)
