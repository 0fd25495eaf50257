"""Generalised evaluation: rules found by search are those that trying everything finds."""

from dataclasses import replace

import numpy as np
import pytest

from zsar.evaluation import (
    Gate,
    GateFeatures,
    Stacking,
    Trial,
    ausuc,
    balance,
    fitted_gate,
    fitted_stacking,
    harmonic,
    harmonic_interval,
)
from zsar.evaluation.gate import THRESHOLDS, logistic

SEEN, UNSEEN = np.array([0, 2, 3, 5]), np.array([1, 4, 6])


def trial(seed: int, clips: int = 90, skill: float = 2.0, bias: float = 1.5) -> Trial:
    """Scores lean to the right class, and the joint ones to the seen side, as in practice."""
    draw = np.random.default_rng(seed)
    labels = draw.choice(
        np.concatenate((SEEN, UNSEEN)), clips, p=[0.3, 0.2, 0.05, 0.05, 0.1, 0.2, 0.1]
    )

    def scores(classes):
        lean = skill * (labels[:, None] == classes)
        return (lean + draw.normal(size=(clips, len(classes)))).astype(np.float32)

    joint = scores(np.concatenate((SEEN, UNSEEN)))
    joint[:, : len(SEEN)] += bias
    return Trial(labels, SEEN, UNSEEN, scores(UNSEEN), joint, scores(SEEN))


def views(*temperatures: float) -> list[GateFeatures]:
    return [GateFeatures(temperature, 3) for temperature in temperatures]


def test_both_sides_are_weighed_over_clips_and_over_classes():
    exam = trial(0)
    answers = np.where(exam.labels == 2, 0, exam.labels)  # one seen class is never found
    found = balance(answers, exam)
    assert found["unseen"] == found["unseen_per_class"] == 100
    assert found["seen"] == pytest.approx(
        100 * np.mean(answers[exam.is_seen] == exam.labels[exam.is_seen])
    )
    assert found["seen_per_class"] == pytest.approx(100 * 3 / 4)
    assert found["harmonic_per_class"] == pytest.approx(2 * 75 * 100 / 175)


def test_a_side_that_is_never_right_has_no_harmonic_mean():
    assert harmonic(0.0, 0.0) == 0 and harmonic(80.0, 0.0) == 0
    assert harmonic(50.0, 100.0) == pytest.approx(200 / 3)


def test_the_interval_of_the_harmonic_mean_is_that_of_the_seeds_own_harmonic_means():
    """One clip on each side: only the draw of seeds varies."""
    is_seen = np.array([True, False])
    first_is_right = np.array([[True, True], [False, False]])
    assert harmonic_interval(first_is_right, is_seen, 500, seed=0) == (0, 100)
    each_fails_on_one_side = np.array([[True, False], [False, True]])
    assert harmonic_interval(each_fails_on_one_side, is_seen, 500, seed=0) == (0, 0)
    both_alike = np.array([[True, True], [True, True]])
    assert harmonic_interval(both_alike, is_seen, 500, seed=0) == (100, 100)


def test_the_interval_draws_the_clips_of_either_side_among_themselves():
    """With all seen clips right, the ends are harmonic means of 100 and 0, 50 or 100."""
    is_seen = np.arange(9) < 7
    right = np.where(np.arange(9) == 8, False, True)[None]
    assert harmonic_interval(right, is_seen, 500, seed=0) == (0, 100)
    assert harmonic_interval(right[:, ::-1], is_seen[::-1], 500, seed=0) == (0, 100)


def test_the_interval_of_the_harmonic_mean_holds_it_and_is_the_same_on_every_run():
    is_seen = trial(0, clips=300).is_seen
    right = np.random.default_rng(1).random((3, 300)) < np.where(is_seen, 0.7, 0.4)
    mean = np.mean(
        [harmonic(*(100 * row[side].mean() for side in (is_seen, ~is_seen))) for row in right]
    )
    low, high = harmonic_interval(right, is_seen, 500, seed=3)
    assert low < mean < high and high - low < 25
    assert (low, high) == harmonic_interval(right, is_seen, 500, seed=3)


@pytest.mark.parametrize("strength", [0.1, 1.0, 2.0, 1000.0])
@pytest.mark.parametrize("share", [0.5, 0.03])
def test_the_regression_is_that_of_scikit_learn(strength, share):
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(0)
    target = np.append(draw.random(298) < share, [True, False])
    rows = draw.random((300, 6)) + np.outer(target, np.linspace(0, 1, 6))
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=100000).fit(rows, target)
    ours = logistic(rows, target, strength)
    chance = 1 / (1 + np.exp(-(rows @ ours[:-1] + ours[-1])))
    np.testing.assert_allclose(chance, theirs.predict_proba(rows)[:, 1], atol=1e-5)


@pytest.mark.parametrize("strength", [1.0, 1e6])
def test_the_regression_settles_where_the_sides_can_be_told_apart_without_error(strength):
    rows = np.concatenate((np.zeros((50, 2)), np.ones((50, 2))))
    weights = logistic(rows, rows[:, 0] > 0, strength)
    assert np.isfinite(weights).all() and weights[0] == pytest.approx(weights[1]) and weights[0] > 0


def test_a_view_holds_the_highest_probabilities_of_either_side():
    exam = trial(1)
    seen = GateFeatures(2.0, 2)(exam.gate, exam.seen_logits)
    odds = np.exp(exam.gate[0].astype(float)), np.exp(exam.seen_logits[0].astype(float) / 2.0)
    expected = [sorted(side / side.sum(), reverse=True)[:2] for side in odds]
    np.testing.assert_allclose(seen[0], np.concatenate(expected))


def test_scores_may_be_large():
    exam = trial(1)
    assert np.isfinite(GateFeatures(0.01, 3)(1e4 * exam.gate, 1e4 * exam.seen_logits)).all()


def test_the_gate_keeps_the_temperature_that_suits_the_validation_phase():
    validation = trial(2, 300)
    found = fitted_gate(validation, views(0.1, 1.0, 10.0), "class_means", 1.0)
    each = {t: fitted_gate(validation, views(t), "class_means", 1.0) for t in (0.1, 1.0, 10.0)}
    given = validation.gate, validation.seen_logits, validation.is_seen
    worth = {t: gate.likelihood(*given) for t, gate in each.items()}
    assert worth[found.view.temperature] == max(worth.values()) > min(worth.values())


def test_a_temperature_at_which_all_clips_look_alike_is_not_kept_for_a_lucky_threshold():
    validation = trial(2, 90)
    found = fitted_gate(validation, views(1.0, 1e3), "class_means", 1.0)
    assert found.view.temperature == 1.0


def test_the_gate_serves_another_trial_with_more_classes():
    exam, validation = trial(3, 400), trial(4, 400)
    fewer = replace(
        validation, unseen=UNSEEN[:2], gate=validation.gate[:, :2], joint=validation.joint[:, :6]
    )
    rows = ~np.isin(fewer.labels, UNSEEN[2:])
    fewer = Trial(
        fewer.labels[rows],
        SEEN,
        UNSEEN[:2],
        fewer.gate[rows],
        fewer.joint[rows],
        fewer.seen_logits[rows],
    )
    gate = fitted_gate(fewer, [GateFeatures(1.0, 2)], "class_means", 1.0)
    found = balance(gate.answers(exam), exam)
    assert found["seen"] > 30 and found["unseen"] > 30


def test_beyond_the_threshold_a_clip_is_unseen():
    exam = trial(5)
    gate = fitted_gate(exam, views(1.0), "half", 1.0)
    assert gate.threshold == 0.5
    for threshold, classes in ((-1.0, UNSEEN), (1.0, SEEN)):
        assert np.isin(replace(gate, threshold=threshold).answers(exam), classes).all()


def test_thresholds_are_a_half_or_midway_between_the_means():
    chance, is_seen = np.array([0.1, 0.3, 0.9]), np.array([True, True, False])
    assert THRESHOLDS["half"](chance, is_seen) == 0.5
    assert THRESHOLDS["class_means"](chance, is_seen) == pytest.approx((0.2 + 0.9) / 2)


def test_the_searched_threshold_puts_most_clips_on_their_side():
    draw = np.random.default_rng(0)
    chance, is_seen = draw.uniform(0.2, 0.8, 200), draw.random(200) < 0.5
    found = THRESHOLDS["most_right"](chance, is_seen)
    right = {each: np.mean((chance > each) == ~is_seen) for each in np.arange(25, 75) / 100}
    assert right[found] == max(right.values())
    assert found == min(each for each, share in right.items() if share == right[found])


def test_a_threshold_that_is_a_number_stays_what_it_is():
    validation = trial(0)
    given, half = (fitted_gate(validation, views(2.0), each, 1.0) for each in (0.35, "half"))
    assert given.threshold == 0.35 and half.threshold == 0.5
    assert np.array_equal(given.weights, half.weights)
    chance = given.chance(validation.gate, validation.seen_logits)
    as_unseen = np.isin(given.answers(validation), UNSEEN)
    assert np.array_equal(as_unseen, chance > 0.35) and as_unseen.sum() > (chance > 0.5).sum()


@pytest.mark.parametrize("seed", range(5))
def test_no_penalty_suits_the_validation_phase_better(seed):
    validation = trial(seed, 40)
    best = balance(fitted_stacking(validation).answers(validation), validation)["harmonic"]
    leads = validation.joint[:, : len(SEEN)].max(1) - validation.joint[:, len(SEEN) :].max(1)
    tried = [
        balance(Stacking(float(penalty)).answers(validation), validation)["harmonic"]
        for penalty in np.concatenate((leads - 1e-4, leads + 1e-4))
    ]
    assert best >= max(tried) > 0


def test_the_penalty_makes_up_for_a_bias_of_the_scores():
    plain, leaning = trial(6, 500, bias=0.0), trial(6, 500, bias=3.0)
    assert fitted_stacking(leaning).penalty == pytest.approx(
        fitted_stacking(plain).penalty + 3, abs=1e-5
    )


def test_stacking_is_the_best_class_after_the_penalty():
    exam = trial(7)
    classes = np.concatenate((SEEN, UNSEEN))
    paid = exam.joint - 1.25 * np.isin(classes, SEEN)
    np.testing.assert_array_equal(Stacking(1.25).answers(exam), classes[paid.argmax(1)])


@pytest.mark.parametrize("clips", [15, 90])
@pytest.mark.parametrize("digits", [0, 6])
def test_the_area_counts_the_pairs_that_some_penalty_gets_right(clips, digits):
    """Some penalty gets a seen and an unseen clip right if the seen one is further ahead."""
    exam = trial(8, clips)
    exam = replace(exam, joint=np.round(exam.joint, digits))
    seen, unseen = exam.joint[:, : len(SEEN)], exam.joint[:, len(SEEN) :]
    leads = seen.max(1) - unseen.max(1)
    right = np.where(
        exam.is_seen, SEEN[seen.argmax(1)] == exam.labels, UNSEEN[unseen.argmax(1)] == exam.labels
    )
    ahead = leads[exam.is_seen][:, None] - leads[~exam.is_seen]
    pairs = (ahead > 0) + 0.5 * (ahead == 0)
    pairs *= right[exam.is_seen][:, None] * right[~exam.is_seen]
    assert ausuc(exam)["area"] == pytest.approx(100 * pairs.mean())
    weights = 1 / np.bincount(exam.labels)[exam.labels]
    shares = np.outer(weights[exam.is_seen], weights[~exam.is_seen])
    assert ausuc(exam)["area_per_class"] == pytest.approx(
        100 * (shares * pairs).sum() / shares.sum()
    )


def test_the_area_of_scores_that_never_err_is_whole_and_of_a_constant_a_half():
    exam = trial(9)
    perfect = 10.0 * (exam.labels[:, None] == np.concatenate((SEEN, UNSEEN)))
    whole = {"area": 100, "area_per_class": 100}
    assert ausuc(replace(exam, joint=perfect)) == pytest.approx(whole)
    # The side is told apart by nothing, the class within it without error.
    level = np.where(perfect > 0, 1.0, 0.0)
    level[~exam.is_seen, 0] = level[exam.is_seen, len(SEEN)] = 1.0
    assert ausuc(replace(exam, joint=level))["area"] == pytest.approx(50)


def test_equal_leads_change_hands_together():
    exam = trial(10)
    tied = replace(exam, joint=np.round(exam.joint))
    stacking = fitted_stacking(tied)
    assert stacking.penalty % 1 == 0.5  # between two leads, never on one
    assert balance(stacking.answers(tied), tied)["harmonic"] > 0


def test_scores_of_nothing_but_noise_still_have_numbers():
    exam = trial(11, skill=0.0)
    flat = replace(exam, joint=np.zeros_like(exam.joint), gate=np.zeros_like(exam.gate))
    assert fitted_stacking(flat).penalty == 0
    assert isinstance(fitted_gate(flat, views(1.0), "class_means", 1.0), Gate)
    assert set(ausuc(flat)) == {"area", "area_per_class"}
