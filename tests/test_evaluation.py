"""From answers to numbers: counted over clips, with an interval that covers what it should."""

import numpy as np
import pytest

from zsar.evaluation import (
    accuracy,
    bootstrap_interval,
    class_accuracies,
    confusion,
    mean_and_std,
    mean_class_accuracy,
)

TRUTH = np.array([0, 0, 0, 1])
ANSWERS = np.array([0, 0, 1, 1])


def test_overall_counts_clips_and_per_class_counts_classes():
    assert accuracy(ANSWERS, TRUTH) == 75
    assert mean_class_accuracy(ANSWERS, TRUTH) == pytest.approx((200 / 3 + 100) / 2)
    assert class_accuracies(ANSWERS, TRUTH) == pytest.approx({0: 200 / 3, 1: 100})


def test_one_seed_has_no_deviation():
    assert mean_and_std([40.0]) == (40.0, 0.0)
    assert mean_and_std([40.0, 60.0]) == pytest.approx((50, 200**0.5))


def test_the_interval_holds_the_mean_and_narrows_with_more_clips():
    draw = np.random.default_rng(0)
    few, many = draw.random((3, 50)) < 0.6, draw.random((3, 5000)) < 0.6
    for right in (few, many):
        low, high = bootstrap_interval(right, 500, seed=0)
        assert low < 100 * right.mean() < high
    assert np.diff(bootstrap_interval(many, 500, 0)) < np.diff(bootstrap_interval(few, 500, 0)) / 3


def test_the_interval_covers_the_true_rate_about_as_often_as_it_claims():
    draw = np.random.default_rng(1)
    hits = 0
    for trial in range(100):
        low, high = bootstrap_interval(draw.random((1, 200)) < 0.7, 200, trial)
        hits += low <= 70 <= high
    assert hits >= 85


def test_the_interval_is_the_same_on_every_run():
    right = np.random.default_rng(2).random((2, 30)) < 0.5
    assert bootstrap_interval(right, 100, 7) == bootstrap_interval(right, 100, 7)


def test_confusion_names_every_answer_of_every_seed_in_class_order():
    rows = confusion(np.array([[1, 0], [0, 0]]), np.array([1, 0]), ["a", "b"])
    assert rows == [
        {"actual": "a", "predicted": "a"},
        {"actual": "a", "predicted": "a"},
        {"actual": "b", "predicted": "a"},
        {"actual": "b", "predicted": "b"},
    ]
