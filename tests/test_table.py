"""The tables: nothing mixed that does not belong together, nothing shown without what it means."""

import csv
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

import toy_config
from toy_results import asked, result, row
from zsar.cli.status import cell_lines, rendered_tables
from zsar.cli.tables import table
from zsar.config.config import load
from zsar.data import protocols
from zsar.errors import UserError
from zsar.methods import method
from zsar.table import RENDERERS, CellResult, Results, grids, read_cells, render
from zsar.table.columns import ABSENT, GATE, MEANING, STACKING, ZERO_SHOT
from zsar.table.published import published_numbers

FACTS = Path(os.environ.get("ZSAR_FACTS", "../shared/facts"))
ORDER = {
    "datasets": ["utd_mhad", "ntu60", "ntu120", "demo"],
    "cells": [
        f"{split}/{encoder}"
        for split in ("utd_mhad/unseen5", "utd_mhad/unseen9", "ntu60/unseen5", "demo/unseen5")
        for encoder in ("stgcn", "umurl")
    ],
    "methods": ["smie", "devise", "msf", "pgfa_aligned"],
}


STUDY = [
    result("utd_mhad/unseen5", "smie", 41.5),
    result("utd_mhad/unseen5", "devise", 30.25),
    result("utd_mhad/unseen5", "pgfa_aligned", 50.0),
    result("utd_mhad/unseen9", "smie", 21.0),
    result("ntu60/unseen5", "smie", 60.0),
    result("ntu60/unseen5", "msf", 61.0),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A checkout with metrics of every cell of STUDY."""
    for each in STUDY:
        path = tmp_path / "metrics" / f"{each.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(each.numbers))
    toy_config.write(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def place(each: CellResult) -> tuple[str, str, str, str]:
    return each.dataset, each.split, each.encoder, each.method


def titled(words: str, found=STUDY):
    found = found if isinstance(found, Results) else asked(found)
    (grid,) = (grid for grid in grids(found) if grid.title == words)
    return grid


def test_families_of_splits_never_share_a_table():
    titles = [grid.title for grid in grids(asked(STUDY))]
    assert titles == [
        "purls splits, overview",
        "purls splits, zero-shot",
        "purls splits, generalised by the gate",
        "purls splits, generalised by stacking",
        "synse splits, overview",
        "synse splits, zero-shot",
        "synse splits, generalised by the gate",
        "synse splits, generalised by stacking",
    ]
    for grid in grids(asked(STUDY)):
        assert ("ntu60" in str(grid)) == grid.title.startswith("synse")


def test_transductive_methods_stand_apart():
    kinds = {each.system: each.transductive for each in published_numbers()} | {
        "pgfa_aligned": True
    }
    study = [*STUDY, *(result(f"ntu120/smie_{k}", "smie") for k in (4, 5, 6))]
    for grid in grids(asked(study)):
        for block in grid.groups:
            transductive = "transductive" in block.title
            assert transductive != ("inductive" in block.title.replace("transductive", ""))
            for name, *_ in block.rows:
                assert kinds.get(name, False) == transductive, (block.title, name)
    titles = [block.title for block in titled("synse splits, zero-shot").groups]
    assert titles[1:] == [
        "ntu60/unseen5, inductive, only published",
        "ntu60/unseen5, transductive, only published",
    ]
    last = titled("synse splits, zero-shot").groups[2]
    assert {row[0] for row in last.rows} == {"PGFA", "Skeleton-Cache"}


def test_methods_that_learn_from_texts_of_unseen_classes_are_marked():
    both = [result("ntu60/unseen5", "star"), result("ntu60/unseen5", "star+as_published")]
    both[1].numbers["unseen_texts"] = True
    for grid in grids(asked(both)):
        names = [name for block in grid.groups for name, *_ in block.rows]
        assert "star" in names and "star+as_published † §" in names
        assert any(note.startswith("§: learns from the texts of unseen") for note in grid.notes)


def test_a_published_number_stands_beside_a_row_of_its_own_kind_only():
    pair = [result("ntu60/unseen5", "pgfa"), result("ntu60/unseen5", "pgfa_aligned")]
    ours, _, aligned, _ = titled("synse splits, zero-shot", pair).groups
    assert row(ours, "pgfa")[-1] == ABSENT
    assert row(aligned, "pgfa_aligned")[-1].startswith("80.26 (")
    inductive = [CellResult(*(*place(pair[1]), pair[1].numbers | {"transductive": False}))]
    ours, _, apart = titled("synse splits, zero-shot", inductive).groups
    assert row(ours, "pgfa_aligned")[-1] == ABSENT and row(apart, "PGFA")[-1].startswith("80.26")


def test_at_a_glance_methods_meet_splits_and_gaps_stay_gaps():
    grid = titled("purls splits, overview")
    assert grid.heads == ["method", "encoder", "utd_mhad/unseen5", "utd_mhad/unseen9"]
    inductive, _ = grid.groups
    assert row(inductive, "smie") == ["smie", "stgcn", "41.50 ± 1.25", "21.00 ± 1.25"]
    assert row(inductive, "devise") == ["devise", "stgcn", "30.25 ± 1.25", ABSENT]


def test_a_published_number_stands_beside_the_same_split_only():
    study = [*STUDY, result("demo/unseen5", "smie"), result("utd_mhad/unseen9", "devise")]
    blocks = {
        block.title.split(" (")[0]: block
        for block in titled("purls splits, zero-shot", study).groups
    }
    first, second = (blocks[f"utd_mhad/{split}, inductive"] for split in ("unseen5", "unseen9"))
    assert row(first, "devise")[-1] == "12.50" and row(second, "devise")[-1] == "13.59"
    assert row(first, "smie")[-1] == ABSENT
    (own,) = titled("demo splits, zero-shot", study).groups
    assert row(own, "smie")[-1] == ABSENT


def test_systems_that_only_others_have_run_are_listed_apart():
    grid = titled("purls splits, zero-shot")
    only = next(b for b in grid.groups if b.title == "utd_mhad/unseen5, inductive, only published")
    assert {row[0] for row in only.rows} >= {"PURLS", "ReViSE"}
    assert "DeViSE" not in {row[0] for row in only.rows}


def test_every_caveat_has_a_letter_and_every_letter_a_caveat():
    for grid in grids(asked(STUDY)):
        cells = " ".join(cell for block in grid.groups for row in block.rows for cell in row)
        used = set(re.findall(r"\(([a-z])\)", cells))
        explained = {note[1] for note in grid.notes if re.match(r"\([a-z]\) ", note)}
        assert used == explained
    smie = row(titled("synse splits, zero-shot").groups[0], "smie")[-1]
    letter = smie.removeprefix("77.98 ")
    notes = titled("synse splits, zero-shot").notes
    assert f"{letter} best epoch on the unseen test set; mean of batch accuracies" in notes


def test_two_published_variants_of_a_method_are_told_apart():
    cell = row(titled("synse splits, zero-shot").groups[0], "msf")[-1]
    assert re.fullmatch(r"80\.46 \([a-z]\), 83\.55 \([a-z]\)", cell)
    assert len(set(re.findall(r"\(([a-z])\)", cell))) == 2


def test_a_published_mean_stands_beside_ours_over_the_same_splits():
    study = [result(f"ntu120/smie_{k}", "smie", 30.0 + k) for k in (4, 5, 6)]
    grid = titled("smie splits, overview", study)
    assert grid.heads[-2:] == ["ntu120 smie mean of 3", "published"]
    assert row(grid.groups[0], "smie")[-2:] == ["35.00", "46.40 (a)"]
    assert "(a) best epoch on the unseen test set; mean of batch accuracies" in grid.notes
    assert "ntu120 smie mean of 3" not in titled("smie splits, overview", study[:2]).heads
    study += [result("ntu120/smie_4", "devise")]
    assert row(titled("smie splits, overview", study).groups[0], "devise")[-2] == ABSENT


def test_a_mean_that_only_others_have_printed_is_listed_apart_where_all_its_splits_are():
    """Two data sets of one family: each mean stands in the column of its own."""
    study = [
        result(f"{name}/sadvae_{k}", "devise") for name in ("ntu60", "pku51") for k in (1, 2, 3)
    ]
    grid = titled("sadvae splits, overview", study)
    assert grid.heads[-4::2] == ["ntu60 sadvae mean of 3", "pku51 sadvae mean of 3"]
    ours, others = grid.groups
    assert others.title == "inductive, only published"
    assert row(ours, "devise")[-4:] == ["40.00", ABSENT, "40.00", ABSENT]
    assert row(others, "SA-DVAE")[-4:] == [ABSENT, "84.20 (a)", ABSENT, "66.54 (a)"]
    assert row(others, "TDSM")[-4:] == [ABSENT, "88.88 (a)", ABSENT, "70.76 (a)"]
    assert len(titled("sadvae splits, overview", study[:2]).groups) == 1


def test_what_a_column_means_stands_under_every_table():
    for form in ("terminal", "markdown", "latex"):
        shown = " ".join(
            render(asked(STUDY), form).replace(r"$\pm$", "±").replace("\\", "").split()
        )
        for column in (*ZERO_SHOT, *GATE, *STACKING):
            assert shown.count(MEANING[column.keys[0]]) >= 2, (form, column)


def test_every_table_tells_the_three_zero_shot_numbers_apart():
    for grid in grids(asked(STUDY)):
        for key in ("zsl", "zsl_last", "zsl_as_published"):
            here = key == "zsl" or key in grid.heads
            name = key if here else f"{key} (in the zero-shot table)"
            assert f"{name}: {MEANING[key]}" in grid.notes, (grid.title, key)


def test_the_generalised_tables_have_intervals_and_count_per_class():
    for by in ("the gate", "stacking"):
        grid = titled(f"purls splits, generalised by {by}")
        shown = dict(zip(grid.heads, row(grid.groups[0], "smie"), strict=True))
        assert shown["zsl"] == "41.50 ± 1.25"
        assert shown["95 %"] == "38.5 to 47.5" and shown["H per class"] == "43.00"


def test_numbers_that_a_cell_lacks_are_gaps():
    old = {key: value for key, value in STUDY[0].numbers.items() if key != "gzsl"}
    study = [CellResult("utd_mhad", "unseen5", "stgcn", "smie", old)]
    block = titled("purls splits, generalised by stacking", study).groups[0]
    gaps = [ABSENT] * len(STACKING)
    assert row(block, "smie") == ["smie", "stgcn", "41.50 ± 1.25", *gaps]


def test_the_sheet_has_every_number_of_every_cell():
    rows = list(csv.DictReader(io.StringIO(render(asked(STUDY), "csv"))))
    ours = [sheet for sheet in rows if not sheet["system"]]
    for sheet, each in zip(ours, STUDY, strict=True):
        assert float(sheet["zsl"]) == each.numbers["zsl"]
        assert float(sheet["gzsl.stacking.ausuc"]) == each.numbers["gzsl"]["stacking"]["ausuc"]
        assert sheet["method"] == each.method and sheet["family"] == each.family
        assert not any("classes" in key or "fitted" in key for key in sheet)
    assert rows[1]["zsl_printed_by_authors"] == "12.50"
    assert "unseen test set" in rows[4]["zsl_printed_by_authors"]


def test_the_sheet_has_rows_for_what_was_printed_and_stands_beside_no_cell():
    study = [*STUDY, *(result(f"ntu120/smie_{k}", "smie", 30.0 + k) for k in (4, 5, 6))]
    sheets = list(csv.DictReader(io.StringIO(render(asked(study), "csv"))))
    found = {(each["system"], each["published"]): each for each in sheets if each["system"]}
    other = found["SA-DVAE", "synse_ntu60_55_5"]
    assert other["dataset"] == "ntu60" and other["split"] == "unseen5"
    assert other["encoder"] == "" and other["method"] == "sa_dvae"
    assert other["zsl_printed_by_authors"] == "82.37 (best epoch on the unseen test set)"
    assert other["harmonic_printed_by_authors"] == "66.27" and other["zsl"] == ""
    assert found["Skeleton-Cache", "synse_ntu60_55_5"]["transductive"] == "True"
    mean = found["PGFA", "smie_split_4 smie_split_5 smie_split_6"]
    assert (mean["dataset"], mean["split"], mean["method"]) == ("ntu120", "", "pgfa_aligned")
    assert mean["zsl_printed_by_authors"].startswith("71.38 (transductive")
    (ours,) = (each for each in sheets if each["method"] == "smie" and not each["split"])
    assert (ours["zsl"], ours["encoder"], ours["system"]) == ("35.0", "stgcn", "")
    assert ours["zsl_printed_by_authors"].startswith("46.40 (best epoch")
    assert ("DeViSE", "purls_utd-mhad_ru5") not in found


def test_whatever_reads_structured_descriptions_is_marked():
    read, plain = (result("utd_mhad/unseen5", "devise", value) for value in (60.0, 30.0))
    other = result("utd_mhad/unseen9", "devise", 20.0)
    read = replace(read, encoder="kinematics", numbers=read.numbers | {"structured": True})
    for title in ("overview", "zero-shot"):
        shown = titled(f"purls splits, {title}", [read, plain, other])
        names = [row[:2] for group in shown.groups for row in group.rows if row[0] != ABSENT]
        assert ["devise ‡", "kinematics"] in names and ["devise", "stgcn"] in names
        assert ["devise", "kinematics"] not in names
        assert any(note.startswith("‡: ") for note in shown.notes)
        assert not any(each.startswith("‡") for each in titled(shown.title, [plain, other]).notes)


def test_every_column_of_the_sheet_has_a_meaning():
    heads = render(asked(STUDY), "csv").splitlines()[0].split(",")
    rows = list(csv.DictReader(io.StringIO(render(asked(STUDY), "meanings"))))
    assert [each["column"] for each in rows] == heads
    said = {each["column"]: each["meaning"] for each in rows}
    assert said["zsl_last"] == MEANING["zsl_last"]
    assert said["gzsl.gate.seen_std"] == "standard deviation over seeds of gzsl.gate.seen"
    assert all(said.values())


def test_markdown_and_latex_have_rows_of_equal_length():
    for line in render(asked(STUDY), "markdown").split("\n\n")[1::2]:
        assert len({row.count("|") for row in line.splitlines()}) == 1
    for tabular in re.findall(
        r"\\begin{tabular}{(.*?)}(.*?)\\end{tabular}", render(asked(STUDY), "latex"), re.S
    ):
        rows = [row for row in tabular[1].splitlines() if "&" in row]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(tabular[0]) - 1}
        assert not re.search(r"(?<!\\)[_%#]", tabular[1])


def test_cells_are_found_and_stand_in_the_order_of_the_study(folder):
    found = read_cells(folder / "metrics", ORDER)
    assert [(each.place, each.method) for each in found] == [
        (each.place, each.method) for each in STUDY
    ]
    other = ORDER | {"methods": ["devise"]}
    assert [each.method for each in read_cells(folder / "metrics", other)][:3] == [
        "devise",
        "pgfa_aligned",
        "smie",
    ]


def test_metrics_that_cannot_be_read_are_named(folder):
    path = folder / "metrics/utd_mhad/smie50/unseen5/stgcn/smie.json"
    path.write_text("{")
    with pytest.raises(UserError, match=r"unseen5/stgcn/smie.json is not valid JSON"):
        read_cells(folder / "metrics", ORDER)
    path.write_text("{}")
    with pytest.raises(UserError, match=r"smie.json does not say 'family'"):
        read_cells(folder / "metrics", ORDER)


def test_a_choice_without_results_says_what_there_is(folder):
    settings = load()
    with pytest.raises(UserError, match=r"unknown data set 'utd'; there are: demo"):
        rendered_tables(settings, ["utd"], [], "terminal")
    with pytest.raises(UserError, match=r"there are: utd_mhad/unseen5, utd_mhad/unseen9, ntu60"):
        rendered_tables(settings, ["demo"], [], "terminal")
    for path in folder.rglob("*.json"):
        path.unlink()
    with pytest.raises(UserError, match="no cell has been evaluated yet"):
        rendered_tables(settings, [], [], "terminal")
    assert "no cell has been evaluated yet" in cell_lines(settings)[0]


def test_the_status_has_a_line_per_cell_and_marks_the_selected_one(folder):
    toy_config.write(folder, {"dataset": "utd_mhad", "split": "unseen5"})
    head, *lines = cell_lines(load())
    shown = [line for line in lines if "/stgcn/" in line]
    assert len(shown) == len(STUDY) and "zsl_as_published" in head
    assert [line.split()[1] for line in shown if line.startswith("*")] == [
        "utd_mhad/smie50/unseen5/stgcn/smie"
    ]
    kinds = {name: kind for name, kind, *_ in (line.removeprefix("*").split() for line in shown)}
    assert {name for name, kind in kinds.items() if kind == "transductive"} == {
        "utd_mhad/smie50/unseen5/stgcn/pgfa_aligned"
    }
    assert any(MEANING["transductive"] in line for line in lines)


def test_the_command_prints_or_writes_what_was_asked_for(folder):
    app = Typer()
    app.command()(table)
    shown = CliRunner().invoke(app, ["--dataset", "utd_mhad", "--split", "unseen9"])
    assert shown.exit_code == 0 and "utd_mhad/unseen9" in shown.output
    assert "unseen5" not in shown.output and shown.output.endswith("\n6 cells\n")
    wrote = CliRunner().invoke(app, ["--format", "csv", "--to", "out/results.csv"])
    assert wrote.exit_code == 0
    rows = (folder / "out/results.csv").read_text().splitlines()
    assert sorted(rows) == sorted(render(asked(STUDY), "csv").splitlines())


@pytest.mark.parametrize("form", RENDERERS)
def test_a_table_ends_in_one_line_break(form):
    shown = render(asked(STUDY), form)
    assert shown.endswith("\n") and not shown.endswith("\n\n")


def test_published_numbers_name_published_splits_once():
    data = [protocols.dataset(name) for name in protocols.available()]
    splits = {split.published for each in data for split in each.splits.values()}
    rules = {f"{each.name}/{rule}" for each in data for rule in each.protocols}
    known = {"zsl": splits, "harmonic": splits}
    seen = set()
    for each in published_numbers():
        assert known.get(each.measure, rules).issuperset(each.splits), each
        assert 0 < each.value < 100
        key = each.system, each.splits, each.measure
        assert key not in seen
        seen.add(key)


def test_a_published_number_says_whether_it_adapts_on_the_test_clips():
    """As its caveat has it and, where the system is among ours, as our method does."""
    for each in published_numbers():
        if each.measure == "zsl":
            adapts = "transductive" in each.caveat or "adapts on the test set" in each.caveat
            assert each.transductive == adapts, each
        if each.method and each.measure in ("zsl", "harmonic"):
            assert each.transductive == method(each.method).transductive, each


def test_a_published_mean_has_the_caveat_of_the_same_system_on_single_splits():
    zsl = [each for each in published_numbers() if each.measure == "zsl"]
    single = {each.system: each.caveat for each in zsl if len(each.splits) == 1}
    for each in (mean for mean in zsl if len(mean.splits) > 1):
        assert each.caveat == single[each.system], each


@pytest.mark.skipif(not FACTS.is_dir(), reason=f"no {FACTS}")
def test_every_fact_that_has_a_place_in_the_tables_is_there():
    """Gains over another system have none: they are no accuracies."""
    ours = {(each.system, each.splits, each.measure): each for each in published_numbers()}
    facts = [json.loads(path.read_text()) for path in sorted(FACTS.glob("published_results*.json"))]
    for each in facts:
        for fact in each.get("zero_shot_top1", []):
            mine = ours.pop((fact["method"], (fact["split"],), "zsl"))
            assert mine.value == fact["top1"] and mine.caveat.endswith(fact["caveat"])
            assert mine.unseen_texts == ("unseen class texts" in fact["caveat"])
        for fact in each.get("generalised_harmonic_mean", []):
            assert ours.pop((fact["method"], (fact["split"],), "harmonic")).value == fact["h"]
        for protocol, *pair in zip(*_of_umurl(each), strict=True):
            for measure, value in zip(("linear", "retrieval"), pair, strict=True):
                assert ours.pop(("UmURL", (protocol.replace("_", "/"),), measure)).value == value
        for system, values in each.get("supervised_backbones", {}).items():
            for protocol, value in values.items():
                mine = ours.pop((system, (protocol.replace("_", "/"),), "supervised"))
                assert mine.value == value
    means = {
        (fact["method"], fact["top1"])
        for each in facts
        for fact in each.get("random_splits_mean", [])
        if "top1" in fact
    }
    assert {(each.system, each.value) for each in ours.values()} == means


def _of_umurl(facts: dict) -> list[list]:
    return [facts.get("umurl", {}).get(key, []) for key in ("columns", "linear", "retrieval_1nn")]


def test_encoders_that_learnt_from_other_clips_are_rows_of_their_own_that_say_so():
    pair = [
        result("demo/unseen5", "smie", 41.0, "umurl"),
        result("demo/unseen5", "smie", 47.0, "umurl_all"),
    ]
    for grid in grids(asked(pair)):
        (block,) = grid.groups
        assert [row[:2] for row in block.rows] == [["smie", "umurl"], ["smie", "umurl_all"]]
        assert any(
            note.startswith("umurl_all: ") and "unseen classes" in note for note in grid.notes
        )
    assert not any("umurl" in note for grid in grids(asked(STUDY)) for note in grid.notes)
