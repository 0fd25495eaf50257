"""Two cells side by side: differences in points, and intervals that overlap or do not."""

import json
import subprocess
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from toy_results import result
from zsar.cli.tables import compare
from zsar.errors import UserError
from zsar.table.comparison import comparison

CELLS = {
    "demo/smie50/unseen5/stgcn/smie": result("demo/unseen5", "smie", 40.0),
    "demo/smie50/unseen5/stgcn/devise": result("demo/unseen5", "devise", 45.5),
    "demo/smie50/unseen5/stgcn/pgfa_aligned": result("demo/unseen5", "pgfa_aligned", 80.0),
    "utd_mhad/smie50/unseen9/stgcn/smie": result("utd_mhad/unseen9", "smie", 20.0),
}
SMIE, DEVISE, ALIGNED, OTHER = CELLS
METRICS = Path("metrics")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A checkout with metrics of every cell."""
    for name, each in CELLS.items():
        path = tmp_path / METRICS / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(each.numbers))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def row(lines: list[str], block: str, name: str) -> list[str]:
    start = lines.index(f"-- {block}")
    return next(line.split() for line in lines[start:] if line.startswith(f"{name} "))


def test_every_number_has_its_difference_in_points():
    lines = comparison(DEVISE, SMIE, METRICS)
    assert lines[:2] == [f"A: {DEVISE} (inductive)", f"B: {SMIE} (inductive)"]
    first = ["45.50", "±", "1.25", "41.5", "to", "49.5"]
    second = ["40.00", "±", "1.25", "36.0", "to", "44.0"]
    assert row(lines, "zero-shot", "zsl") == ["zsl", *first, *second, "+5.50", "overlap"]
    assert row(lines, "zero-shot", "zsl_last")[-1] == "+5.50"
    assert row(lines, "gzsl.gate", "seen")[-1] == "+5.50"
    assert row(lines, "gzsl.stacking", "ausuc")[-1] == "+0.00"
    assert max(map(len, lines)) <= 100


def test_counts_have_no_difference_in_points():
    assert row(comparison(DEVISE, SMIE, METRICS), "zero-shot", "clips") == [
        "clips",
        "84",
        "84",
        "-",
    ]


def test_intervals_that_do_not_meet_lie_apart():
    lines = comparison(SMIE, ALIGNED, METRICS)
    assert row(lines, "zero-shot", "zsl")[-2:] == ["-40.00", "apart"]
    assert any(line.startswith("transductive: ") for line in lines)


def test_cells_of_different_splits_say_so():
    said = "A and B are of different splits, demo/unseen5 and utd_mhad/unseen9: other clips"
    assert said in comparison(SMIE, OTHER, METRICS)
    assert not any("different splits" in line for line in comparison(SMIE, DEVISE, METRICS))


def test_numbers_that_a_cell_lacks_are_gaps():
    path = METRICS / f"{SMIE}.json"
    numbers = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in numbers.items() if key != "gzsl"}))
    assert row(comparison(DEVISE, SMIE, METRICS), "gzsl.gate", "unseen")[-2:] == ["-", "-"]


def test_a_cell_that_is_not_there_is_told_with_the_nearest_one():
    with pytest.raises(UserError, match=f"'demo/smie50/unseen5/stgcn/smi' .* nearest is {SMIE} "):
        comparison("demo/smie50/unseen5/stgcn/smi", DEVISE, METRICS)
    with pytest.raises(UserError, match="expected DATASET/PREPROCESS/SPLIT/ENCODER/METHOD"):
        comparison("demo/unseen5", DEVISE, METRICS)


def test_a_cell_is_compared_with_what_it_was(folder):
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *who, *words], check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "before")
    path = METRICS / f"{SMIE}.json"
    path.write_text(json.dumps(CELLS[SMIE].numbers | {"zsl": 43.0}))
    lines = comparison(SMIE, f"HEAD:{SMIE}", METRICS)
    assert row(lines, "zero-shot", "zsl")[-2:] == ["+3.00", "overlap"]
    with pytest.raises(UserError, match=r"smie.json at revision 'HEAD~7': "):
        comparison(SMIE, f"HEAD~7:{SMIE}", METRICS)


def test_the_command_teaches_and_prints():
    app = Typer()
    app.command()(compare)
    assert "zsar status" in CliRunner().invoke(app, ["--help"]).output
    printed = CliRunner().invoke(app, [SMIE, DEVISE])
    assert printed.exit_code == 0 and "-5.50" in printed.output
