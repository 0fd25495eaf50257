"""The table of `zsar reproduce`: our numbers beside those that were printed of the same."""

import re

import pytest

import toy_results
from toy_config import config
from toy_results import one
from zsar.config.settings import without_layers
from zsar.reproduce import compare
from zsar.reproduce.study import Study, StudyRun


def told(*runs: StudyRun, found: dict | None = None) -> list[list[str]]:
    """The rows of the table."""
    shown = Study("A title", "A paper", [], [])
    text = compare.table_lines(shown, runs, found or {}, config())
    rows = text[5 : text.index("", 5)]
    starts = [text[4].index(head) for head in ("texts", "split")]
    return [
        [row[: starts[0]].strip(), row[starts[0] : starts[1]].strip()]
        + re.split(r" {2,}", row[starts[1] :].strip())
        for row in rows
    ]


RANDOM = [f"ntu120/smie50/smie_{k}/stgcn" for k in (4, 5, 6)]


def results(*runs: StudyRun, zsl: float = 40.0) -> dict:
    return {
        each.name: {
            "text": each.text,
            "zero_shot": toy_results.numbers(
                each.cell.dataset, without_layers(each.cell.split), zsl
            ),
            "one_shot": toy_results.one_shot("ntu60/one_shot").numbers,
        }
        for each in runs
    }


def test_ours_stand_beside_what_the_authors_printed_for_the_same_split():
    printed = one("ntu60/smie50/unseen5/stgcn")
    (row,) = told(printed, found=results(printed))
    values = row[2:]
    assert row[:2] == ["smie", "minilm"]
    # The difference is that of the epoch which is best on the test clips, as theirs is.
    assert values == [
        "ntu60/unseen5",
        "40.00 ± 1.25",
        "36.0 to 44.0",
        "43.00",
        "77.98 (a)",
        "-34.98",
    ]


def test_what_is_not_done_yet_has_its_printed_numbers_all_the_same():
    (row,) = told(one("ntu60/smie50/unseen5/stgcn"))
    values = row[2:]
    assert values == ["ntu60/unseen5", "-", "-", "-", "77.98 (a)", "-"]


def test_random_splits_have_a_mean_that_stands_beside_the_printed_one():
    runs = [one(place, text="mpnet") for place in RANDOM]
    found = {}
    for zsl, each in zip((30.0, 40.0, 56.0), runs, strict=True):
        found |= results(each, zsl=zsl)
    *single, mean = told(*runs, found=found)
    assert [row[2] for row in single] == [f"ntu120/smie_{k}" for k in (4, 5, 6)]
    assert all(row[-1] == "-" for row in single)
    values = mean[2:]
    assert values == ["ntu120/smie, mean of 3", "42.00", "-", "45.00", "46.40 (a)", "-1.40"]


def test_a_mean_with_a_gap_is_none_and_other_texts_have_their_own():
    runs = [one(place) for place in RANDOM]
    *_, mean = told(*runs, found=results(*runs[:2]))
    assert mean[2:][1] == "-"
    others = [one(place, text="mpnet") for place in RANDOM]
    rows = told(*runs, *others, found=results(*runs, *others))
    assert [row[1] for row in rows if "mean of 3" in row[2]] == ["minilm", "mpnet"]


def test_a_lone_random_split_has_no_mean():
    assert len(told(one(RANDOM[0]))) == 1


def test_caveats_have_a_letter_each_and_the_study_its_own_words():
    runs = [one("ntu60/smie50/unseen5/stgcn"), one("ntu60/smie50/unseen5/stgcn", "pgfa_aligned")]
    text = compare.table_lines(
        Study("A title", "A paper", ["other features"], []), runs, {}, config()
    )
    assert text[:3] == ["A title", "A paper", "0 of 2 runs are done"]
    rows = "\n".join(text[: text.index("", 5)])
    notes = "\n".join(text[text.index("", 5) :])
    assert "77.98 (a)" in rows and "80.26 (b)" in rows
    assert notes.index("other features") < notes.index("(a) best epoch") < notes.index("(b) trans")


def test_printed_systems_can_be_named_and_layers_answer_to_the_bare_name():
    place = "ntu60/agcn_300/unseen5/shift_gcn"
    (both,) = told(one(place, "msf"))
    (named,) = told(one(place, "msf", printed=("MSF (CLIP ViT-B/16)",)))
    (none,) = told(one(place, "msf", printed=()))
    counts = [sum(each.count(".") for each in row[3:]) for row in (both, named, none)]
    assert counts == [2, 1, 0]
    (layered,) = told(one("ntu60/smie50/unseen5/stgcn+as_published", "smie+as_published"))
    assert any("77.98 (a)" in each for each in layered)


def test_the_harmonic_mean_and_one_shot_have_rows_of_their_own():
    place = "ntu60/smie50/unseen5/stgcn"
    runs = [one(place, generalised=True), one("ntu60/smie50/one_shot/stgcn", one_shot=True)]
    found = results(runs[0]) | {runs[1].name: results(one(place))[one(place).name]}
    rows = told(*runs, found=found)
    assert [row[0] for row in rows] == ["smie", "smie H", "smie", "smie one-shot"]
    shown = [row[2:][1] for row in rows]
    assert shown == ["40.00 ± 1.25", "42.00 ± 0.50", "40.00 ± 1.25", "60.00 ± 2.00"]


def test_an_encoder_on_all_classes_has_a_row_for_each_task():
    tasks = ("linear", "retrieval", "finetune")
    each = one("ntu60/umurl_whole/xsub/umurl", "", tasks=tasks)
    found = {each.name: toy_results.recognition("ntu60/xsub").numbers | {"text": "minilm"}}
    rows = [[row[0], *row[2:]] for row in told(each, found=found)]
    assert [row[:3] for row in rows] == [
        ["umurl linear", "ntu60/xsub", "80.00 ± 0.50"],
        ["umurl retrieval", "ntu60/xsub", "70.00 ± 1.00"],
        ["umurl finetune", "ntu60/xsub", "90.00 ± 0.75"],
    ]
    assert rows[0][4] == "81.00" and float(rows[0][6]) == pytest.approx(
        81 - float(rows[0][5].split()[0]), abs=0.01
    )
