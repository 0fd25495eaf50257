"""Any recording against any labels: what is answered, how surely, and what is refused."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import zsar
from toy_motions import gallery
from zsar.data.recording import Recording, slot_ids
from zsar.errors import UserError
from zsar.kinematics.known_classes import known_classes
from zsar.prediction.excerpts import excerpts
from zsar.prediction.kinematic import kinematic_model

LABELS = ["hand waving", "clapping", "squat", "kicking"]
DOES = {"waves": "hand waving", "claps": "clapping", "squats": "squat", "kicks": "kicking"}


def clip(name: str) -> Recording:
    motion = gallery()[name]
    bodies = motion.bodies
    return Recording(name, -1, 0, 0, 0, bodies, slot_ids(bodies), motion.derived, motion.fps)


@pytest.fixture(scope="module")
def model():
    return zsar.load()


def test_motions_are_told_apart_by_the_names_of_classes(model):
    found = model.predict([clip(each) for each in DOES], LABELS)
    assert [each.ranking[0].label for each in found] == list(DOES.values())
    assert found.labels[:3] == list(DOES.values())[:3]
    assert [each.clip for each in found] == list(DOES)


def test_confidences_are_shares_of_the_labels_and_of_none(model):
    for each in model.predict([clip("waves"), clip("covers the face")], LABELS):
        assert sum(a.confidence for a in each.ranking) + each.none == pytest.approx(1)
        assert [a.score for a in each.ranking] == sorted(
            (a.score for a in each.ranking), reverse=True
        )


def test_none_of_the_labels_is_an_answer(model):
    (found,) = model.predict(clip("waves"), ["squat", "falling", "kicking"])
    assert found.label is None and found.none == found.confidence > 0.9
    assert "none of these" in found.lines(3)[1]


def test_one_label_is_true_or_not(model):
    waves, squats = model.predict([clip("waves"), clip("squats")], ["hand waving"])
    assert waves.label == "hand waving" and squats.label is None


def test_the_order_and_the_company_of_clips_and_labels_change_nothing(model):
    (alone,) = model.predict(clip("claps"), LABELS)
    *_, last = model.predict([clip("waves"), clip("squats"), clip("claps")], LABELS[::-1])
    assert {a.label: a.score for a in alone.ranking} == pytest.approx(
        {a.label: a.score for a in last.ranking}, abs=1e-9
    )


def test_sentences_that_nobody_described_are_predicted(model):
    said = ["waves the raised hand from side to side", "squats down and gets up again"]
    found = model.predict([clip("waves"), clip("squats")], said)
    assert [each.ranking[0].label for each in found] == said


def test_the_classes_of_a_data_set_are_the_candidates_of_its_model():
    model = zsar.load(classes="sbu")
    assert model.classes == known_classes().of("sbu").names
    (found,) = model.predict(clip("kicks the other"))
    assert found.ranking[0].label == "kicking"
    with pytest.raises(UserError, match=r"no described classes of 'nope', expected one of: demo"):
        zsar.load(classes="nope")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, "no labels"),
        ([], "no labels"),
        ([" "], "a label is empty"),
        (["a", "a"], "'a' is given twice"),
        ("waves", "expected a list"),
        ([str(k) for k in range(10_001)], "10001 labels, expected at most 10000"),
    ],
)
def test_labels_that_are_none_are_refused(model, labels, said):
    with pytest.raises(UserError, match=said):
        model.predict(clip("waves"), labels)


def test_an_array_is_read_by_its_layout(model):
    bodies = clip("waves").bodies
    (found,) = model.predict(bodies, LABELS, layout="ntu25", fps=30)
    (expected,) = model.predict(clip("waves"), LABELS)
    assert found.ranking == expected.ranking
    with pytest.raises(UserError, match="expected a layout"):
        model.predict(bodies, LABELS)
    with pytest.raises(UserError, match=r"float32 of shape \(121, 1, 25, 3\), expected numbers"):
        model.predict(bodies, LABELS, layout="coco17")
    broken = bodies.copy()
    broken[3, 0, 4, 1] = np.nan
    with pytest.raises(UserError, match="clip 1: frame 4, body 1, left_shoulder is not finite"):
        model.predict(broken, LABELS, layout="ntu25")


def test_nobody_and_a_single_frame_are_no_reason_to_fail(model):
    waves = clip("waves")
    empty = replace(waves, bodies=np.zeros_like(waves.bodies), ids=np.zeros_like(waves.ids))
    one = replace(waves, bodies=waves.bodies[:1], ids=waves.ids[:1])
    with pytest.warns(UserWarning, match="nobody is there to be measured"):
        nobody, moment = model.predict([empty, one], LABELS)
    assert nobody.label is None and nobody.none == 1
    assert sum(a.confidence for a in moment.ranking) + moment.none == pytest.approx(1)


def long_clip(seconds: float) -> Recording:
    """Waves, and squats in the second half."""
    first, second = clip("waves"), clip("squats")
    times = round(seconds / 8)
    bodies = np.concatenate([first.bodies[:120]] * times + [second.bodies[:120]] * times)
    return replace(first, bodies=bodies, ids=slot_ids(bodies))


def test_long_recordings_are_taken_in_windows_with_times(model):
    found = model.predict(long_clip(24), LABELS)
    assert [(each.start, each.end) for each in found] == [(k, k + 4) for k in range(0, 21, 2)]
    assert found[0].label == "hand waving" and found[-1].label == "squat"


def test_windows_cover_every_frame_and_no_more():
    recording = long_clip(16)
    for seconds in (0.5, 3.3, 7.0, 15.9):
        found = list(excerpts(recording, seconds))
        assert found[0].start == 0 and found[-1].end == 16
        assert all(a.end >= b.start for a, b in pairwise(found))
    assert [each.whole for each in excerpts(recording, 0)] == [True]
    assert [each.whole for each in excerpts(clip("waves"), None)] == [True]
    with pytest.raises(UserError, match=r"window of 0.1 s, expected 0.5"):
        list(excerpts(recording, 0.1))


def test_who_does_not_know_the_rate_gets_no_times(model):
    unknown = replace(clip("waves"), fps=float("nan"))
    (found,) = model.predict(unknown, LABELS)
    assert found.start is None and found.ranking[0].label == "hand waving"
    assert "(" not in found.lines(1)[0]


def test_rows_are_plain_and_json_has_no_other_numbers(model):
    found = model.predict([clip("waves"), clip("claps")], LABELS)
    rows = found.rows(2)
    assert [(row["clip"], row["rank"]) for row in rows] == [
        ("waves", 1),
        ("waves", 2),
        ("claps", 1),
        ("claps", 2),
    ]
    read = json.loads(found.as_json(2))
    assert [each["ranking"][0]["confidence"] for each in read] == [
        row["confidence"] for row in rows if row["rank"] == 1
    ]


def test_reasons_add_up_to_the_difference_of_the_scores():
    model = kinematic_model()
    (found,) = model.predictions([clip("waves")], LABELS, None, explained=True)
    best, second = found.ranking[:2]
    assert found.explanation.answer == best.label and found.explanation.against == second.label
    assert found.explanation.nats == pytest.approx(best.score - second.score, abs=1e-9)
    assert sum(each.nats for each in found.explanation.reasons) == pytest.approx(
        found.explanation.nats, abs=1e-9
    )


def test_described_classes_are_predicted_without_torch():
    code = (
        "import sys, zsar, numpy as np;"
        " bodies = np.random.default_rng(0).normal(size=(60, 25, 3)) * 0.3 + [0, 0, 3];"
        " zsar.load(classes='sbu').predict(bodies, layout='ntu25', fps=30);"
        " print([each for each in ('torch', 'transformers', 'matplotlib') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_zsar_has_a_version_and_names_what_it_does_not_have():
    assert zsar.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        zsar.laod


def test_classes_are_known_by_their_published_names_too(model):
    known = model.known
    assert np.array_equal(known.named("Sitting down"), known.named("sit down"))
    assert len(known.named("standing up (from sitting position)")) >= 1
    (found,) = model.predict(clip("waves"), ["hand waving", "wear jacket"])
    (same,) = model.predict(clip("waves"), ["hand waving", "put on jacket"])
    assert [each.score for each in found.ranking] == [each.score for each in same.ranking]


def test_a_data_set_whose_classes_are_those_of_a_larger_one_has_candidates():
    ntu60 = zsar.load(classes="ntu60").classes
    assert ntu60 == zsar.load(classes="ntu120").classes[:60]
    with pytest.raises(UserError, match=r"'ntu61' \(did you mean ntu60\?\), expected one of: demo"):
        zsar.load(classes="ntu61")
