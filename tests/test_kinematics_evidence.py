"""Evidence adds up, what is unknown says nothing, and calibration learns what it can."""

import json

import numpy as np
import pytest

import toy_kinematics
from zsar.kinematics.calibration import CalibrationConfig, SeenClasses, Trust, calibrate, calibrated
from zsar.kinematics.described import Descriptions, from_rows
from zsar.kinematics.evidence import TEMPERATURE, evidence, expectation, scores, totals
from zsar.kinematics.explain import VARIANT, explain
from zsar.kinematics.vocabulary import vocabulary

CLASSES = 9
MEANING = np.random.default_rng(3).normal(size=(CLASSES, 4))
LABELS = np.repeat(np.arange(CLASSES), 12)
DESCRIBED = toy_kinematics.described(MEANING)
MEASURED = toy_kinematics.measured(MEANING, LABELS)
NAMES = [f"class {k}" for k in range(CLASSES)]
CONFIG = CalibrationConfig([16.0, 4.0], [20.0], [1.0, 0.0], 6, 3)


def right(expected) -> float:
    return float((totals(evidence(MEASURED, expected)).argmax(1) == LABELS).mean())


def test_described_classes_are_recognised_without_learning():
    assert right(expectation(DESCRIBED)) > 0.95


def test_the_explanation_adds_up_to_the_difference_of_the_scores():
    expected = expectation(DESCRIBED)
    found = scores(MEASURED, expected)
    for row in (0, 40, 100):
        why = explain("clip", MEASURED[row], DESCRIBED, NAMES, 2, 5)
        assert sum(each.nats for each in why.reasons) == pytest.approx(why.nats, abs=1e-9)
        difference = TEMPERATURE * (found[row, 2] - found[row, 5])
        assert why.nats == pytest.approx(difference, abs=1e-9)
        assert {each.attribute for each in why.reasons} == {*vocabulary(), VARIANT}


def test_what_is_expected_is_of_a_way_that_the_class_has():
    """A class with fewer ways than others has empty places, which fit nothing."""
    empty = np.full_like(DESCRIBED.value, np.nan)
    fields = [np.concatenate([each, empty], axis=1) for each in (DESCRIBED.value, DESCRIBED.spread)]
    between = np.concatenate([DESCRIBED.between, empty], axis=1)
    weight = np.pad(DESCRIBED.weight, ((0, 0), (0, DESCRIBED.weight.shape[1])))
    more = Descriptions(*fields, between, weight, DESCRIBED.ids)
    why = explain("clip", MEASURED[0], more, NAMES, 2, 5)
    assert why.reasons == explain("clip", MEASURED[0], DESCRIBED, NAMES, 2, 5).reasons
    assert any(each.expected is not None for each in why.reasons)


def test_without_names_the_best_class_is_explained_against_the_next():
    why = explain("clip", MEASURED[0], DESCRIBED, NAMES)
    assert [why.answer, why.against] == [name for name, _ in why.ranking[:2]]
    assert json.loads(why.as_json())["answer"] == "class 0"
    assert why.lines(3)[0].startswith("clip: class 0 (+0.0), ")
    assert why.lines(3)[-1].endswith(f"{len(vocabulary()) + 1 - 3} attributes")


def test_what_could_not_be_measured_says_nothing():
    some = MEASURED[:1].copy()
    some[0, 3] = np.nan
    assert (evidence(some, expectation(DESCRIBED))[..., 3] == 0).all()


def test_a_clip_of_which_nothing_could_be_measured_has_no_score():
    nothing = np.full_like(MEASURED[:1], np.nan)
    assert np.isnan(scores(nothing, expectation(DESCRIBED))).all()


def test_the_variant_that_fits_best_counts_with_how_usual_it_is():
    value = DESCRIBED.value[[0, 1], 0]
    two = from_rows(np.array([0, 0]), np.array([0.9, 0.1]), value, value * 0 + 1, value * 0)
    found = evidence(value, expectation(two))
    np.testing.assert_allclose(found[:, 0, -1], np.log([0.9, 0.1]))


def test_what_is_unsaid_is_expected_as_of_other_classes():
    value = DESCRIBED.value.copy()
    value[0, 0, 0] = np.nan
    columns = (value[:, 0], DESCRIBED.spread[:, 0], DESCRIBED.between[:, 0])
    found = expectation(from_rows(np.arange(CLASSES), np.ones(CLASSES), *columns))
    assert found.centre[0, 0, 0] == pytest.approx(value[1:, 0, 0].mean())
    assert found.scale[0, 0, 0] > found.scale[1, 0, 0]


def test_a_class_that_is_said_to_vary_more_is_expected_more_widely():
    wide = DESCRIBED.spread[:, 0].copy()
    wide[3] *= 2
    columns = (DESCRIBED.value[:, 0], wide, DESCRIBED.between[:, 0])
    found = expectation(from_rows(np.arange(CLASSES), np.ones(CLASSES), *columns)).scale[:, 0]
    known = ~np.isnan(DESCRIBED.value[0, 0])
    assert (found[3, known] > found[2, known]).all()
    assert (found[3, known] < 2 * found[2, known]).all()  # not all of it is believed
    np.testing.assert_array_equal(found[2], found[4])


def test_what_legs_say_counts_less_learned_or_not():
    legs = np.isin(list(vocabulary()), vocabulary().group("legs"))
    learned = calibrate(SeenClasses.of(MEASURED, LABELS, DESCRIBED), Trust(16.0, 20.0, 0.0)).share
    for share in (expectation(DESCRIBED).share, learned):
        assert share[legs].mean() < 0.7 * share[~legs].mean()


def test_a_variant_that_a_class_has_not_changes_no_evidence():
    value, rows = DESCRIBED.value[:, 0], np.array([0, 1, 1])
    more = from_rows(rows, np.array([1.0, 0.6, 0.4]), value[:3], value[:3] * 0 + 1, value[:3] * 0)
    alone = more[np.array([0])]
    both, one = (evidence(MEASURED, expectation(each)) for each in (more, alone))
    known = ~np.isnan(value[0])
    np.testing.assert_array_equal(both[:, 0, :-1][:, known], one[:, 0, :-1][:, known])


def test_which_hand_works_may_be_either_where_no_name_says_it():
    place = list(vocabulary()).index("w_right")
    value = DESCRIBED.value.copy()
    value[1:, 0, place], value[0, 0, place] = 1.0, np.nan
    columns = (value[:, 0], DESCRIBED.spread[:, 0], DESCRIBED.between[:, 0])
    found = expectation(from_rows(np.arange(CLASSES), np.ones(CLASSES), *columns))
    mean, deviation = vocabulary().attributes["w_right"].unsaid
    assert found.centre[0, 0, place] == mean and found.scale[0, 0, place] > deviation


def test_calibration_mends_descriptions_that_are_all_wrong_in_the_same_way():
    """Everybody is quicker, higher and wider than described, by two sigma."""
    sigma, unseen = vocabulary().column("sigma"), np.array([1, 4, 7])
    seen = np.setdiff1d(np.arange(CLASSES), unseen)
    rows = np.isin(LABELS, seen)
    moved = MEASURED + 2 * sigma
    found = calibrated(moved[rows], LABELS[rows], DESCRIBED, CONFIG)
    known = ~np.isnan(DESCRIBED.value[0, 0])
    shift = (found.offset + (found.slope - 1) * DESCRIBED.value[1, 0]) / sigma
    assert 0.3 < np.median(shift[known]) <= 2
    plain, mended = expectation(DESCRIBED[unseen]), found.expectation(DESCRIBED[unseen])
    own = np.searchsorted(unseen, 4)
    terms = [totals(evidence(moved[LABELS == 4], each))[:, own].mean() for each in (plain, mended)]
    assert terms[1] > terms[0]


def test_seen_classes_that_compete_are_expected_as_they_were_measured():
    seen = np.arange(6)
    rows = np.isin(LABELS, seen)
    found = calibrated(MEASURED[rows], LABELS[rows], DESCRIBED, CONFIG)
    expected = found.expectation(DESCRIBED)
    known = ~np.isnan(MEASURED[0])
    mean = MEASURED[LABELS == 2].mean(0)
    np.testing.assert_allclose(expected.centre[2, 0, known], mean[known])
    assert right(expected) > 0.95


def test_clips_of_unseen_classes_change_no_calibration():
    seen, places = np.arange(6), LABELS[LABELS < 6]
    one = calibrated(MEASURED[LABELS < 6], places, DESCRIBED, CONFIG)
    changed = MEASURED.copy()
    changed[LABELS >= 6] = np.nan
    other = calibrated(changed[LABELS < 6], places, DESCRIBED, CONFIG)
    assert len(seen) == len(one.seen)
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, getattr(other, name))


def test_attributes_that_vary_together_share_their_weight():
    doubled = MEASURED.copy()
    doubled[:, 1] = doubled[:, 0] + 3.0
    classes = [SeenClasses.of(values, LABELS, DESCRIBED).share for values in (MEASURED, doubled)]
    assert classes[1][0] < 0.7 * classes[0][0]
    assert classes[1].mean() == pytest.approx(1)


def test_much_trust_in_descriptions_leaves_them_as_they_are():
    seen = SeenClasses.of(MEASURED, LABELS, DESCRIBED)
    found = calibrate(seen, Trust(1e9, 8.0, 0.0))
    np.testing.assert_allclose(found.offset, 0, atol=1e-6)
    np.testing.assert_allclose(found.slope, 1, atol=1e-6)
