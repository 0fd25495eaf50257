"""Confidence of a trained cell: right on average where it was chosen, none where nothing tells."""

import numpy as np
import pytest

from zsar.prediction.calibration import Presence, presence, trials

SEEN, UNSEEN, CLIPS = 12, 6, 240


def scores(draw: np.random.Generator, told: float) -> tuple[np.ndarray, np.ndarray]:
    """Of a method that sees the own class of a clip by so much; seen classes score higher."""
    targets = np.arange(CLIPS) % UNSEEN
    found = draw.normal(size=(CLIPS, SEEN + UNSEEN))
    found[:, :SEEN] += 1.0
    found[np.arange(CLIPS), SEEN + targets] += told
    return found, targets


def test_trials_hold_the_own_class_or_leave_it_out_altogether():
    found, targets = scores(np.random.default_rng(0), 3.0)
    some = trials(found, SEEN, targets)
    own = SEEN + some.targets
    rows = np.arange(len(own))
    assert len(own) == 2 * CLIPS and some.present.mean() == 0.5
    assert (some.labels[rows, own] == some.present).all()
    assert not some.others[rows, own].any()
    assert not (some.labels & some.others).any()
    assert not some.labels[:, :SEEN].any() and some.others[:, :SEEN].all()
    # The same number of labels with it and without it, or their number would tell.
    counts = some.labels.sum(1)
    assert (counts[::2] == counts[1::2]).all() and {*counts} == {1, 2, 3, 4, 5}


def test_confidence_in_none_is_right_on_average_for_clips_that_nobody_chose_it_by():
    draw = np.random.default_rng(1)
    found = presence(trials(*_with_seen(scores(draw, 4.0))))
    assert found is not None
    fresh = trials(*_with_seen(scores(draw, 4.0)))
    evidence = fresh.evidence(found.temperature)
    absent = 1 / (1 + np.exp(evidence - found.threshold))
    assert absent.mean() == pytest.approx(0.5, abs=0.05)
    assert absent[~fresh.present].mean() > 0.65 and absent[fresh.present].mean() < 0.35


def test_where_scores_tell_nothing_there_is_no_none_of_these():
    assert presence(trials(*_with_seen(scores(np.random.default_rng(2), 0.0)))) is None


def test_what_one_class_alone_tells_is_not_believed():
    """Judged by the threshold of the others, it errs."""
    draw = np.random.default_rng(3)
    found, targets = scores(draw, 0.0)
    lucky = targets == 0
    found[lucky, SEEN] += 8.0
    assert presence(trials(found, SEEN, targets)) is None


def test_none_of_them_does_not_depend_on_the_level_of_the_scores_and_falls_with_the_fit():
    rule = Presence(0.5, 0.3)
    labels, others = np.array([[1.0, 0.2], [3.0, 0.2]]), np.array([[0.5, 0.4, 0.1]] * 2)
    weak, strong = rule.none(labels, others)
    assert strong < weak
    assert rule.none(labels + 100, others + 100) == pytest.approx([weak, strong])
    # No evidence at all leaves what was held before the clip was seen.
    even = Presence(0.5, 0.0).none(np.ones((1, 3)), np.ones((1, 9)))
    assert even == pytest.approx([0.25])


def _with_seen(pair: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, int, np.ndarray]:
    return pair[0], SEEN, pair[1]
