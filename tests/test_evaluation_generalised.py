"""Generalised evaluation: rules found by search are those that trying everything finds."""

from dataclasses import replace

import numpy as np
import pytest

from zsar.evaluation import (
    CalibratedStacking,
    Gate,
    GateFeatures,
    ScoredClips,
    ausuc,
    harmonic_bootstrap_interval,
    harmonic_mean,
    seen_and_unseen,
    select_gate,
    select_stacking,
)
from zsar.evaluation.gate import THRESHOLDS, fit_gate

ALONE = np.arange(9)  # a class of its own for every clip
SEEN, UNSEEN = np.array([0, 2, 3, 5]), np.array([1, 4, 6])


def scored(seed: int, clips: int = 90, skill: float = 2.0, bias: float = 1.5) -> ScoredClips:
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
    return ScoredClips(labels, SEEN, UNSEEN, scores(UNSEEN), joint, scores(SEEN))


def candidates(*temperatures: float) -> list[GateFeatures]:
    return [GateFeatures(temperature, 3) for temperature in temperatures]


def test_both_sides_are_weighed_over_clips_and_over_classes():
    clips = scored(0)
    answers = np.where(clips.labels == 2, 0, clips.labels)  # one seen class is never found
    found = seen_and_unseen(answers, clips)
    assert found["unseen"] == found["unseen_per_class"] == 100
    assert found["seen"] == pytest.approx(
        100 * np.mean(answers[clips.is_seen] == clips.labels[clips.is_seen])
    )
    assert found["seen_per_class"] == pytest.approx(100 * 3 / 4)
    assert found["harmonic_per_class"] == pytest.approx(2 * 75 * 100 / 175)


def test_a_side_that_is_never_right_has_no_harmonic_mean():
    assert harmonic_mean(0.0, 0.0) == 0 and harmonic_mean(80.0, 0.0) == 0
    assert harmonic_mean(50.0, 100.0) == pytest.approx(200 / 3)


def test_the_interval_of_the_harmonic_mean_is_that_of_the_seeds_own_harmonic_means():
    """One clip on each side: only the draw of seeds varies."""
    is_seen = np.array([True, False])
    first_is_right = np.array([[True, True], [False, False]])
    assert harmonic_bootstrap_interval(first_is_right, ALONE[:2], is_seen, 500) == (0, 100)
    each_fails_on_one_side = np.array([[True, False], [False, True]])
    assert harmonic_bootstrap_interval(each_fails_on_one_side, ALONE[:2], is_seen, 500) == (0, 0)
    both_alike = np.array([[True, True], [True, True]])
    assert harmonic_bootstrap_interval(both_alike, ALONE[:2], is_seen, 500) == (100, 100)


def test_the_interval_draws_the_clips_of_either_side_among_themselves():
    """With all seen clips right, the ends are harmonic means of 100 and 0, 50 or 100."""
    is_seen = np.arange(9) < 7
    right = np.where(np.arange(9) == 8, False, True)[None]
    assert harmonic_bootstrap_interval(right, is_seen.astype(int), is_seen, 500) == (0, 100)
    assert harmonic_bootstrap_interval(
        right[:, ::-1], is_seen[::-1].astype(int), is_seen[::-1], 500
    ) == (0, 100)


def test_the_interval_of_the_harmonic_mean_holds_it_and_is_the_same_on_every_run():
    is_seen = scored(0, clips=300).is_seen
    right = np.random.default_rng(1).random((3, 300)) < np.where(is_seen, 0.7, 0.4)
    mean = np.mean(
        [harmonic_mean(*(100 * row[side].mean() for side in (is_seen, ~is_seen))) for row in right]
    )
    low, high = harmonic_bootstrap_interval(right, is_seen.astype(int), is_seen, 500)
    assert low < mean < high and high - low < 25
    assert (low, high) == harmonic_bootstrap_interval(right, is_seen.astype(int), is_seen, 500)


@pytest.mark.parametrize("C", [0.1, 1.0, 2.0, 1000.0])
@pytest.mark.parametrize("share", [0.5, 0.03])
def test_the_regression_minimises_log_loss_and_the_norm_of_the_weights(C, share):
    """At the optimum of C x (summed log loss) + |weights|^2 / 2 no gradient is left."""
    clips = scored(0, 300)
    is_seen = np.random.default_rng(1).random(300) >= share
    features = GateFeatures(2.0, 3)
    scores = clips.unseen_scores, clips.seen_logits
    gate = fit_gate(features, *scores, is_seen, "half", C)
    residual = gate.prob_unseen(*scores) - ~is_seen
    assert abs(residual.sum()) < 1e-6
    np.testing.assert_allclose(C * features(*scores).T @ residual, -gate.weights, atol=1e-6)


@pytest.mark.parametrize("C", [1.0, 1e6])
def test_the_regression_converges_where_the_sides_are_separable(C):
    is_seen = np.arange(100) < 50
    scores = np.where(is_seen[:, None], [0.0, 0.0], [5.0, 0.0])
    gate = fit_gate(GateFeatures(1.0, 2), scores, np.zeros((100, 2)), is_seen, "half", C)
    assert np.isfinite(gate.weights).all() and gate.weights[0] == pytest.approx(-gate.weights[1])
    assert np.array_equal(gate.prob_unseen(scores, np.zeros((100, 2))) > 0.5, ~is_seen)


def test_the_features_hold_the_highest_probabilities_of_either_side():
    clips = scored(1)
    seen = GateFeatures(2.0, 2)(clips.unseen_scores, clips.seen_logits)
    odds = (
        np.exp(clips.unseen_scores[0].astype(float)),
        np.exp(clips.seen_logits[0].astype(float) / 2.0),
    )
    expected = [sorted(side / side.sum(), reverse=True)[:2] for side in odds]
    np.testing.assert_allclose(seen[0], np.concatenate(expected))


def test_scores_may_be_large():
    clips = scored(1)
    assert np.isfinite(
        GateFeatures(0.01, 3)(1e4 * clips.unseen_scores, 1e4 * clips.seen_logits)
    ).all()


def test_the_gate_keeps_the_temperature_that_suits_the_validation_phase():
    validation = scored(2, 300)
    found = select_gate(validation, candidates(0.1, 1.0, 10.0), "class_means", 1.0)
    each = {t: select_gate(validation, candidates(t), "class_means", 1.0) for t in (0.1, 1.0, 10.0)}
    given = validation.unseen_scores, validation.seen_logits, validation.is_seen
    worth = {t: gate.log_likelihood(*given) for t, gate in each.items()}
    assert worth[found.features.temperature] == max(worth.values()) > min(worth.values())


def test_a_temperature_at_which_all_clips_look_alike_is_not_kept_for_a_lucky_threshold():
    validation = scored(2, 90)
    found = select_gate(validation, candidates(1.0, 1e3), "class_means", 1.0)
    assert found.features.temperature == 1.0


def test_the_gate_serves_another_trial_with_more_classes():
    clips, validation = scored(3, 400), scored(4, 400)
    fewer = replace(
        validation,
        unseen=UNSEEN[:2],
        unseen_scores=validation.unseen_scores[:, :2],
        joint_scores=validation.joint_scores[:, :6],
    )
    rows = ~np.isin(fewer.labels, UNSEEN[2:])
    fewer = ScoredClips(
        fewer.labels[rows],
        SEEN,
        UNSEEN[:2],
        fewer.unseen_scores[rows],
        fewer.joint_scores[rows],
        fewer.seen_logits[rows],
    )
    gate = select_gate(fewer, [GateFeatures(1.0, 2)], "class_means", 1.0)
    found = seen_and_unseen(gate.predict(clips), clips)
    assert found["seen"] > 30 and found["unseen"] > 30


def test_beyond_the_threshold_a_clip_is_unseen():
    clips = scored(5)
    gate = select_gate(clips, candidates(1.0), "half", 1.0)
    assert gate.threshold == 0.5
    for threshold, classes in ((-1.0, UNSEEN), (1.0, SEEN)):
        assert np.isin(replace(gate, threshold=threshold).predict(clips), classes).all()


def test_thresholds_are_a_half_or_midway_between_the_means():
    chance, is_seen = np.array([0.1, 0.3, 0.9]), np.array([True, True, False])
    assert THRESHOLDS["half"](chance, is_seen) == 0.5
    assert THRESHOLDS["class_means"](chance, is_seen) == pytest.approx((0.2 + 0.9) / 2)


def test_the_searched_threshold_puts_most_clips_on_their_side():
    draw = np.random.default_rng(0)
    chance, is_seen = draw.uniform(0.2, 0.8, 200), draw.random(200) < 0.5
    found = THRESHOLDS["best_accuracy"](chance, is_seen)
    right = {each: np.mean((chance > each) == ~is_seen) for each in np.arange(25, 75) / 100}
    assert right[found] == max(right.values())
    assert found == min(each for each, share in right.items() if share == right[found])


def test_a_threshold_that_is_a_number_stays_what_it_is():
    validation = scored(0)
    given, half = (select_gate(validation, candidates(2.0), each, 1.0) for each in (0.35, "half"))
    assert given.threshold == 0.35 and half.threshold == 0.5
    assert np.array_equal(given.weights, half.weights)
    chance = given.prob_unseen(validation.unseen_scores, validation.seen_logits)
    as_unseen = np.isin(given.predict(validation), UNSEEN)
    assert np.array_equal(as_unseen, chance > 0.35) and as_unseen.sum() > (chance > 0.5).sum()


@pytest.mark.parametrize("seed", range(5))
def test_no_penalty_suits_the_validation_phase_better(seed):
    validation = scored(seed, 40)
    best = seen_and_unseen(select_stacking(validation).predict(validation), validation)["harmonic"]
    margins = validation.joint_scores[:, : len(SEEN)].max(1) - validation.joint_scores[
        :, len(SEEN) :
    ].max(1)
    tried = [
        seen_and_unseen(CalibratedStacking(float(penalty)).predict(validation), validation)[
            "harmonic"
        ]
        for penalty in np.concatenate((margins - 1e-4, margins + 1e-4))
    ]
    assert best >= max(tried) > 0


def test_the_penalty_makes_up_for_a_bias_of_the_scores():
    plain, leaning = scored(6, 500, bias=0.0), scored(6, 500, bias=3.0)
    assert select_stacking(leaning).penalty == pytest.approx(
        select_stacking(plain).penalty + 3, abs=1e-5
    )


def test_stacking_is_the_best_class_after_the_penalty():
    clips = scored(7)
    classes = np.concatenate((SEEN, UNSEEN))
    paid = clips.joint_scores - 1.25 * np.isin(classes, SEEN)
    np.testing.assert_array_equal(CalibratedStacking(1.25).predict(clips), classes[paid.argmax(1)])


@pytest.mark.parametrize("clips", [15, 90])
@pytest.mark.parametrize("digits", [0, 6])
def test_the_ausuc_counts_the_pairs_that_some_penalty_gets_right(clips, digits):
    """Some penalty gets a seen and an unseen clip right if the seen one is further ahead."""
    clips = scored(8, clips)
    clips = replace(clips, joint_scores=np.round(clips.joint_scores, digits))
    seen, unseen = clips.joint_scores[:, : len(SEEN)], clips.joint_scores[:, len(SEEN) :]
    margins = seen.max(1) - unseen.max(1)
    right = np.where(
        clips.is_seen,
        SEEN[seen.argmax(1)] == clips.labels,
        UNSEEN[unseen.argmax(1)] == clips.labels,
    )
    ahead = margins[clips.is_seen][:, None] - margins[~clips.is_seen]
    pairs = (ahead > 0) + 0.5 * (ahead == 0)
    pairs *= right[clips.is_seen][:, None] * right[~clips.is_seen]
    assert ausuc(clips)["ausuc"] == pytest.approx(100 * pairs.mean())
    weights = 1 / np.bincount(clips.labels)[clips.labels]
    shares = np.outer(weights[clips.is_seen], weights[~clips.is_seen])
    assert ausuc(clips)["ausuc_per_class"] == pytest.approx(
        100 * (shares * pairs).sum() / shares.sum()
    )


def test_the_ausuc_of_scores_that_never_err_is_whole_and_of_a_constant_a_half():
    clips = scored(9)
    perfect = 10.0 * (clips.labels[:, None] == np.concatenate((SEEN, UNSEEN)))
    whole = {"ausuc": 100, "ausuc_per_class": 100}
    assert ausuc(replace(clips, joint_scores=perfect)) == pytest.approx(whole)
    # The side is told apart by nothing, the class within it without error.
    level = np.where(perfect > 0, 1.0, 0.0)
    level[~clips.is_seen, 0] = level[clips.is_seen, len(SEEN)] = 1.0
    assert ausuc(replace(clips, joint_scores=level))["ausuc"] == pytest.approx(50)


def test_equal_margins_change_hands_together():
    clips = scored(10)
    tied = replace(clips, joint_scores=np.round(clips.joint_scores))
    stacking = select_stacking(tied)
    assert stacking.penalty % 1 == 0.5  # between two margins, never on one
    assert seen_and_unseen(stacking.predict(tied), tied)["harmonic"] > 0


def test_scores_of_nothing_but_noise_still_have_numbers():
    clips = scored(11, skill=0.0)
    flat = replace(
        clips,
        joint_scores=np.zeros_like(clips.joint_scores),
        unseen_scores=np.zeros_like(clips.unseen_scores),
    )
    assert select_stacking(flat).penalty == 0
    assert isinstance(select_gate(flat, candidates(1.0), "class_means", 1.0), Gate)
    assert set(ausuc(flat)) == {"ausuc", "ausuc_per_class"}
