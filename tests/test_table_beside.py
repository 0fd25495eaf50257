"""The tables beside the zero-shot ones, published numbers without cells, and settings by layers."""

import csv
import io
import json
import re

import pytest

from toy_results import asked, one_shot, recognition, result, row
from zsar.table import RENDERERS, grids, read_results, render
from zsar.table.columns import ABSENT, FROZEN, ONE_SHOT, TRANSFERRED, meaning_of
from zsar.table.grid import MARK
from zsar.table.other_tables import FINETUNED_TITLE, FROZEN_TITLE, TRANSFER_TITLE
from zsar.table.published import published_numbers
from zsar.table.render import WIDTH

ORDER = {"datasets": ["ntu60", "demo"], "cells": ["ntu60/unseen5/stgcn"], "methods": ["smie"]}
EVERYTHING = asked(
    [result("ntu60/unseen5", "smie")],
    one_shot=[one_shot("ntu120/one_shot")],
    recognition=[recognition("ntu60/xsub"), recognition("demo/xsub")],
)


def titled(words: str, found=EVERYTHING):
    (grid,) = (grid for grid in grids(found) if grid.title == words)
    return grid


def shown(grid, block: int, name: str) -> dict[str, str]:
    return dict(zip(grid.heads, row(grid.groups[block], name), strict=True))


def test_recognition_stands_beside_what_the_authors_printed_for_the_same_protocol():
    grid = titled(FROZEN_TITLE)
    assert [block.title for block in grid.groups] == ["ntu60/xsub", "demo/xsub"]
    assert shown(grid, 0, "umurl") == {
        "encoder": "umurl",
        "linear": "80.00 ± 0.50",
        "as_published": "81.00",
        "1-NN": "70.00 ± 1.00",
        "coordinates 1-NN": "30.00",
        "published linear": "84.20 (a)",
        "published retrieval": "72.00",
    }
    assert shown(grid, 1, "umurl")["published linear"] == ABSENT
    assert "(a) the linear number is the best test epoch" in grid.notes


def test_fine_tuning_has_a_column_for_each_share_of_labels():
    grid = titled(FINETUNED_TITLE)
    assert grid.heads[:3] == ["encoder", "1 %", "100 %"]
    assert row(grid.groups[0], "umurl")[1:3] == ["40.00 ± 1.00", "90.00 ± 0.75"]
    yardstick = grid.groups[1]
    assert yardstick.title == "ntu60/xsub, only published"
    assert row(yardstick, "ST-GCN")[1:] == [ABSENT, ABSENT, "81.60"]


def test_a_transferred_encoder_says_where_it_comes_from():
    numbers = shown(titled(TRANSFER_TITLE), 0, "umurl")
    assert numbers["from"] == "nw_ucla/xview/umurl" and numbers["fine-tuned"] == "85.00 ± 1.50"


NEAREST = {"retrieval_1nn": {"mean": 70.0, "std": 1.0}}


def test_what_was_not_run_has_no_row():
    found = asked(recognition=[recognition("demo/xsub", retrieval=NEAREST)])
    (grid,) = grids(found)
    assert grid.title == FROZEN_TITLE
    assert row(grid.groups[0], "umurl") == ["umurl", ABSENT, ABSENT, "70.00 ± 1.00", ABSENT]


def test_one_shot_has_a_block_for_each_split():
    found = asked(one_shot=[one_shot("ntu120/one_shot"), one_shot("ntu60/one_shot")])
    (grid,) = grids(found)
    assert [block.title for block in grid.groups] == [
        f"{name}/one_shot, transductive (chance 5.00, 400 unseen clips, 3 whole runs)"
        for name in ("ntu120", "ntu60")
    ]
    assert shown(grid, 0, "pgfa_aligned")["one_shot"] == "60.00 ± 2.00"


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex"])
def test_every_column_is_explained_in_every_form(form):
    words = render(EVERYTHING, form).replace(r"$\pm$", "±").replace("\\", "")
    words = " ".join(words.split())
    for column in (*ONE_SHOT, *FROZEN, *TRANSFERRED):
        assert meaning_of(column.keys[0]) in words, column
    assert "with 1 % of the labels" in words and "with 100 % of the labels" in words


def test_the_sheet_has_the_other_results_with_a_meaning_for_each_column():
    sheets = list(csv.DictReader(io.StringIO(render(EVERYTHING, "csv"))))
    ours = [each for each in sheets if not each["system"]]
    assert [each["task"] for each in ours] == ["zero-shot", "one-shot", *["recognition"] * 2]
    assert ours[2]["finetune.finetuned.0.01.mean"] == "40.0"
    assert ours[2]["linear_printed_by_authors"].startswith("84.20 (the linear number")
    theirs = {(each["system"], each["split"]): each for each in sheets if each["system"]}
    assert theirs["ST-GCN", "xsub"]["supervised_printed_by_authors"] == "81.60"
    assert theirs["STAR", "unseen5"]["unseen_texts"] == "True"
    meanings = list(csv.DictReader(io.StringIO(render(EVERYTHING, "meanings"))))
    assert [each["column"] for each in meanings] == list(sheets[0])
    assert all(each["meaning"] for each in meanings)


def test_published_numbers_of_a_named_data_set_need_no_cell():
    found = asked([result("ntu60/unseen5", "smie")], "ntu60")
    titles = [block.title for block in titled("synse splits, zero-shot", found).groups]
    assert "ntu60/unseen12, inductive, only published" in titles
    theirs = titled("sadvae splits, overview", found)
    assert row(theirs.groups[0], "TDSM") == ["TDSM", "", ABSENT, "88.88 (a)"]
    (mine,) = titled("purls splits, zero-shot", asked((), "uwa3dii")).groups[:1]
    assert row(mine, "PURLS")[1:] == ["", *[ABSENT] * 5, "35.65 (b)"]
    assert "UmURL" in render(asked((), "ntu60"), "terminal")
    assert grids(asked((), "demo")) == []


def test_a_published_harmonic_mean_without_cells_stands_in_one_table():
    titles = [grid.title for grid in grids(asked((), "ntu60"))]
    assert "synse splits, generalised by the gate" in titles
    assert "synse splits, generalised by stacking" not in titles


def test_our_mean_over_random_splits_is_shown_without_a_printed_one():
    study = [result(f"ntu60/smie_{k}", "smie", 30.0 + k) for k in (1, 2, 3)]
    grid = titled("smie splits, overview", asked(study))
    assert grid.heads[-1] == "ntu60 smie mean of 3"
    assert row(grid.groups[0], "smie")[-1] == "32.00"
    assert not any(" mean of " in each for each in grids(asked(study[:2]))[0].heads)
    sheets = csv.DictReader(io.StringIO(render(asked(study), "csv")))
    assert [each["zsl"] for each in sheets if not each["split"]] == ["32.0"]


def test_a_printed_mean_stands_beside_a_gap_where_ours_lacks_a_split():
    study = [result("ntu120/smie_4", "smie")]
    grid = titled("smie splits, overview", asked(study, "ntu120"))
    assert row(grid.groups[0], "smie")[-2:] == [ABSENT, "46.40 (a)"]


def test_cells_with_layers_of_settings_are_rows_of_their_own_in_the_same_tables():
    study = [
        result("ntu60/unseen5", "smie"),
        result("ntu60/unseen5", "smie+long"),
        result("ntu60+agcn/unseen5", "smie", encoder="shift_gcn+wide"),
    ]
    for title in ("synse splits, overview", "synse splits, zero-shot"):
        rows = titled(title, asked(study)).groups[0].rows
        assert [each[:2] for each in rows] == [
            ["smie", "stgcn"],
            ["smie+long", "stgcn"],
            ["smie", "shift_gcn+wide on ntu60+agcn"],
        ]
    assert {each[-1] for each in rows} == {"77.98 (b)"}
    assert MARK not in render(asked(study), "terminal")


@pytest.mark.parametrize(
    ("place", "method"),
    [("ntu60/unseen5", "smie+as_published"), ("ntu60+as_published/smie_1", "smie")],
)
def test_settings_as_published_have_a_footnote(place, method):
    for grid in grids(asked([result(place, method)])):
        (ours, *_) = grid.groups
        assert any(cell.endswith(MARK) for cell in ours.rows[0][:2])
        assert f"{MARK}: settings as published, quirks included" in grid.notes


def test_means_are_of_one_kind_of_settings():
    study = [result(f"ntu60/smie_{k}", "smie") for k in (1, 2)]
    study += [result("ntu60+agcn/smie_3", "smie", 90.0)]
    rows = titled("smie splits, overview", asked(study)).groups[0].rows
    assert [each[-1] for each in rows] == [ABSENT, ABSENT]


def test_the_terminal_is_never_wider_than_a_hundred_characters():
    study = [
        result(f"ntu60/{name}", "pgfa_aligned", encoder="shift_gcn")
        for name in ("unseen5", "unseen12", "smie_1", "smie_2", "smie_3", "unseen20", "unseen30")
    ]
    study += [result(f"ntu120/smie_{k}", "pgfa_aligned+as_published") for k in (4, 5, 6)]
    found = asked(study, "ntu60", "ntu120", recognition=[recognition("ntu60/xsub")])
    words = render(found, "terminal")
    assert max(map(len, words.splitlines())) <= WIDTH
    assert all(head in words for grid in grids(found) for head in grid.heads)


@pytest.mark.parametrize("form", sorted({*RENDERERS} - {"meanings"}))
def test_every_printed_number_of_a_named_data_set_is_in_every_form(form):
    names = "ntu60", "ntu120", "pku51", "utd_mhad", "nw_ucla", "uwa3dii"
    words = render(asked((), *names), form)
    for each in published_numbers():
        assert re.search(rf"\b{each.value:.2f}\b", words), each


def test_the_other_results_are_found_apart_from_the_cells(tmp_path):
    for path, numbers in {
        "ntu60/smie50/unseen5/stgcn/smie.json": result("ntu60/unseen5", "smie").numbers,
        "one_shot/ntu60/smie50/one_shot/stgcn/pgfa_aligned.json": one_shot(
            "ntu60/one_shot"
        ).numbers,
        "recognition/demo/smie50/xsub/umurl/linear.json": {
            "linear_last": {"mean": 1.0, "std": 0.0}
        },
        "recognition/demo/smie50/xsub/umurl/retrieval.json": {
            "retrieval_1nn": {"mean": 2.0, "std": 0.0}
        },
        "headline.json": {},
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(numbers))
    found = read_results(tmp_path, ORDER)
    assert [each.name for each in found.cells] == ["ntu60/smie50/unseen5/stgcn/smie"]
    assert [each.place for each in found.one_shot] == ["ntu60/one_shot"]
    assert list(found.recognition[0].numbers) == ["linear", "retrieval"]
    only = found.only(["demo"], [])
    assert only.evaluated == ["demo/xsub"]
    assert found.only([], ["one_shot"]).evaluated == ["ntu60/one_shot"]


def test_names_with_layers_follow_the_bare_one_and_answer_to_it(tmp_path):
    names = ["smie+a/stgcn", "smie/stgcn+b", "smie/stgcn", "devise/stgcn"]
    for name in names:
        method, encoder = name.split("/")
        for preprocess in ("agcn", "smie50"):
            path = tmp_path / "ntu60" / preprocess / "unseen5" / encoder / f"{method}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(result("ntu60/unseen5", method).numbers))
    found = read_results(tmp_path, ORDER)
    order = ["stgcn/smie", "stgcn/smie+a", "stgcn/devise", "stgcn+b/smie"]
    expected = [f"ntu60/{name}/unseen5/{each}" for name in ("smie50", "agcn") for each in order]
    assert [each.name for each in found.cells] == expected
    assert found.only(["ntu60"], []).cells == found.cells
    assert len(found.only(["ntu60+agcn"], []).cells) == 4
