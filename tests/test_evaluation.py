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
ONE_CLASS = np.zeros(5000, int)


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
        low, high = bootstrap_interval(right, ONE_CLASS[: right.shape[1]], 500)
        assert low < 100 * right.mean() < high
    wide, narrow = (
        np.diff(bootstrap_interval(each, ONE_CLASS[: each.shape[1]], 500)) for each in (few, many)
    )
    assert narrow < wide / 3


def test_the_interval_covers_the_true_rate_about_as_often_as_it_claims():
    draw = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        low, high = bootstrap_interval(draw.random((1, 200)) < 0.7, ONE_CLASS[:200], 200)
        hits += low <= 70 <= high
    assert hits >= 85


def test_the_interval_is_the_same_on_every_run():
    right = np.random.default_rng(2).random((2, 30)) < 0.5
    labels = np.arange(30) % 3
    assert bootstrap_interval(right, labels, 100) == bootstrap_interval(right, labels, 100)


def test_classes_are_drawn_too():
    """All clips of a class are right, or none: only the draw of classes varies."""
    labels = np.repeat(np.arange(4), 100)
    right = (labels < 2)[None]
    low, high = bootstrap_interval(right, labels, 500)
    assert low <= 25 and high >= 75
    low, high = bootstrap_interval(right, np.zeros(400, int), 500)
    assert 40 < low < 50 < high < 60


def test_a_large_class_weighs_by_its_clips():
    labels = np.repeat([0, 1], [300, 1])
    assert bootstrap_interval((labels == 0)[None], labels, 500)[1] == 100
    assert bootstrap_interval(np.ones((2, 301), bool), labels, 50) == (100, 100)


def test_confusion_names_every_answer_of_every_seed_in_class_order():
    rows = confusion(np.array([[1, 0], [0, 0]]), np.array([1, 0]), ["a", "b"])
    assert rows == [
        {"actual": "a", "predicted": "a"},
        {"actual": "a", "predicted": "a"},
        {"actual": "b", "predicted": "a"},
        {"actual": "b", "predicted": "b"},
    ]
