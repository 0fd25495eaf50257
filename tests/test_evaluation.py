"""From answers to numbers: counted over clips, with an interval that covers what it should."""

import numpy as np
import pytest

from zsar.evaluation import by_class, confusion, interval, overall, per_class, spread

TRUTH = np.array([0, 0, 0, 1])
ANSWERS = np.array([0, 0, 1, 1])


def test_overall_counts_clips_and_per_class_counts_classes():
    assert overall(ANSWERS, TRUTH) == 75
    assert per_class(ANSWERS, TRUTH) == pytest.approx((200 / 3 + 100) / 2)
    assert by_class(ANSWERS, TRUTH) == pytest.approx({0: 200 / 3, 1: 100})


def test_one_seed_has_no_deviation():
    assert spread([40.0]) == (40.0, 0.0)
    assert spread([40.0, 60.0]) == pytest.approx((50, 200**0.5))


def test_the_interval_holds_the_mean_and_narrows_with_more_clips():
    draw = np.random.default_rng(0)
    few, many = draw.random((3, 50)) < 0.6, draw.random((3, 5000)) < 0.6
    for right in (few, many):
        low, high = interval(right, 500, seed=0)
        assert low < 100 * right.mean() < high
    assert np.diff(interval(many, 500, 0)) < np.diff(interval(few, 500, 0)) / 3


def test_the_interval_covers_the_true_rate_about_as_often_as_it_claims():
    draw = np.random.default_rng(1)
    hits = 0
    for trial in range(100):
        low, high = interval(draw.random((1, 200)) < 0.7, 200, trial)
        hits += low <= 70 <= high
    assert hits >= 85


def test_the_interval_is_the_same_on_every_run():
    right = np.random.default_rng(2).random((2, 30)) < 0.5
    assert interval(right, 100, 7) == interval(right, 100, 7)


def test_confusion_names_every_answer_of_every_seed_in_class_order():
    rows = confusion(np.array([[1, 0], [0, 0]]), np.array([1, 0]), ["a", "b"])
    assert rows == [
        {"actual": "a", "predicted": "a"},
        {"actual": "a", "predicted": "a"},
        {"actual": "b", "predicted": "a"},
        {"actual": "b", "predicted": "b"},
    ]
