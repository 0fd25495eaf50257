"""AMSF's gate between seen and unseen: evidence, chances, threshold, decisions and accuracies."""

import numpy as np
import pytest

from zsar.evaluation import GateFeatures, accuracy, class_accuracies, harmonic_mean
from zsar.evaluation.gate import fit_gate

C = 2.0  # the published multinomial regression with C 1 is, on two classes, a binary one with C 2
SIDES = {"S": "x/seen_classes", "U": "x/unseen_classes"}


def check(arrays, note, folder):
    cases = sorted({name.split("/")[1] for name in arrays if name.startswith("y/")})
    assert cases
    for case in cases:
        start = f"y/{case}/"
        _case(arrays, {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)})


def _case(arrays, expected):
    features = GateFeatures(float(expected["temperature"]), arrays["x/unseen_prob_test"].shape[1])
    training, is_seen, test = _training(arrays), _is_seen(arrays), _scores(arrays, "test")
    for given, name in ((training, "train"), (test, "test")):
        arrays.close(features(*given), expected[f"gate_features_{name}"], "features")
    fitted = fit_gate(features, *training, is_seen, "class_means", C)
    for given, name in ((training, "train"), (test, "test")):
        arrays.close(fitted.prob_unseen(*given), expected[f"p_unseen_{name}"], "probabilities")
    threshold = float(expected["threshold"])
    chance = expected["p_unseen_train"]
    if threshold == pytest.approx((chance[is_seen].mean() + chance[~is_seen].mean()) / 2):
        arrays.close(fitted.threshold, threshold, "threshold")
    else:
        fitted = fit_gate(features, *training, is_seen, threshold, C)
    _answers(arrays, fitted.prob_unseen(*test) > fitted.threshold, expected)


def _answers(arrays, as_unseen, expected):
    np.testing.assert_array_equal(~as_unseen, expected["decision_seen"].astype(bool))
    seen, unseen, labels = (
        arrays[f"x/{name}"] for name in ("seen_classes", "unseen_classes", "label_test")
    )
    answers = np.where(
        as_unseen,
        np.sort(unseen)[arrays["x/unseen_prob_test"].argmax(1)],
        seen[arrays["x/seen_logits_test"][:, seen].argmax(1)],
    )
    np.testing.assert_array_equal(answers, expected["prediction"])
    right = class_accuracies(answers, labels)
    counted, averaged = {}, {}
    for side, name in SIDES.items():
        mine = np.isin(labels, arrays[name])
        counted[side] = accuracy(answers[mine], labels[mine])
        # A class without clips counts as never right there; ours leaves it out.
        averaged[side] = np.mean([right.get(int(k), 0.0) for k in arrays[name]])
    for found, name in ((counted, "ova"), (averaged, "avg")):
        found["H"] = harmonic_mean(found["S"], found["U"])
        for side, value in found.items():
            arrays.close(value, 100 * expected[f"{name}_{side}"])


def _scores(arrays, which):
    with np.errstate(divide="ignore"):
        return np.log(arrays[f"x/unseen_prob_{which}"]), arrays[f"x/seen_logits_{which}"]


def _training(arrays):
    sides = _scores(arrays, "gate_unseen"), _scores(arrays, "gate_seen")
    return [np.concatenate(pair) for pair in zip(*sides, strict=True)]


def _is_seen(arrays):
    return np.isin(
        np.concatenate((arrays["x/label_gate_unseen"], arrays["x/label_gate_seen"])),
        arrays["x/gate_seen_classes"],
    )
