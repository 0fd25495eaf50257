"""What published readings add: which runs are readings of which, differences clip by clip, and the
table that is kept."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toy_config import config
from zsar.audit.command import FILE, audit
from zsar.audit.differences import audited, difference, is_there
from zsar.audit.readings import readings
from zsar.audit.table import _summary, audit_grids
from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, HistoryFile, ScoreFile, SplitFile, write
from zsar.errors import UserError
from zsar.reproduce import study
from zsar.table import render_grids

CELL = Cell.at("demo/smie50/unseen5/stgcn", method="star")
LABELS = np.array([7, 7, 9, 9])  # of the unseen test clips; the candidates are 7 and 9
ROOT = Path(__file__).parents[1]


def runs(*methods: str) -> list[study.StudyRun]:
    group = study.Group([CELL.key], methods=list(methods))
    return study.runs(study.Study("", "", [], [group]), config(), quirks=False)


def write_reading(method: str, *seeds: list[str], **says: bool) -> None:
    """For each seed the answers of every epoch, the chosen one first; x is right, o wrong."""
    cell = replace(CELL, method=method).in_phase("test")
    for seed, epochs in enumerate(seeds):
        right = np.array([[mark == "x" for mark in epoch] for epoch in epochs])
        answers = np.where(right, LABELS, 16 - LABELS)
        zsl = np.stack([answers[0] == 7, answers[0] == 9], axis=1).astype(np.float32)
        names = ("transductive", "unseen_texts", "structured", "reads_labels")
        flags = {name: np.array(says.get(name, False)) for name in names}
        where = cell.with_seed(seed)
        write(where.scores, ScoreFile(zsl, zsl, zsl, **flags))
        write(where.history, HistoryFile(answers, np.array(1)))
    write_numbers(cell, len(seeds), seeds, **says)


def write_numbers(cell: Cell, count: int, seeds: tuple[list[str], ...], **says: bool) -> None:
    """As `evaluate` does."""
    shares = [[100 * epoch.count("x") / len(epoch) for epoch in epochs] for epochs in seeds]
    numbers = {
        "zsl": np.mean([each[0] for each in shares]),
        "zsl_std": float(np.std([each[0] for each in shares], ddof=1)) if count > 1 else 0.0,
        "zsl_low": 0.0,
        "zsl_high": 100.0,
        "zsl_last": np.mean([each[-1] for each in shares]),
        "zsl_as_published": np.mean([max(each) for each in shares]),
        "chance": 50.0,
        "clips": len(LABELS),
        "seeds": count,
        "text": "minilm",
    }
    cell.numbers.parent.mkdir(parents=True, exist_ok=True)
    cell.numbers.write_text(json.dumps(numbers | says))


@pytest.fixture
def cell(tmp_path, monkeypatch) -> Cell:
    monkeypatch.chdir(tmp_path)
    none, rows = np.zeros(0, dtype=np.int64), np.arange(4)
    skeletons = np.zeros((4, 3, 2, 25, 2), dtype=np.float32)
    derived = np.zeros((4, 25), dtype=bool)
    names = np.array(["a", "b", "c", "d"])
    write(CELL.clips, ClipFile(skeletons, LABELS, rows, rows, rows, names, rows, derived))
    split = SplitFile(np.array([0, 1]), np.array([7, 9]), none, none, none, rows)
    write(CELL.in_phase("test").split_file, split)
    return CELL


def test_a_reading_is_a_method_of_the_cell_and_one_layer_more():
    found = readings(runs("star", "star+unseen_texts", "devise+labels", "star+as_published"))
    assert [(each.plain.method, each.layers) for each in found] == [
        ("star", ("unseen_texts", "as_published")),
        ("devise+labels", ()),
    ]
    assert [each.method for each in found[0].cells] == [
        "star",
        "star+unseen_texts",
        "star+as_published",
    ]


def test_differences_are_of_the_same_clips_and_seeds(cell):
    write_reading("star", ["xxoo", "xxxo"], ["xooo", "xooo"])
    write_reading("star+unseen_texts", ["xxxo", "xxxx"], ["xxoo", "xxxx"], unseen_texts=True)
    write_reading("star+as_published", ["oooo", "xxxx"], ["oooo", "xxxo"])
    (found,) = readings(runs("star", "star+unseen_texts", "star+as_published"))
    numbers = audited(found, [0, 1], 50)
    assert numbers["zsl"] == pytest.approx(37.5) and numbers["zsl_last"] == pytest.approx(50)
    assert numbers["zsl_as_published"] == pytest.approx(50) and numbers["chance"] == 50
    assert (numbers["clips"], numbers["seeds"]) == (4, 2) and not numbers["unseen_texts"]
    points = {name: adds["points"] for name, adds in numbers["adds"].items()}
    # A layer with the epoch that validation chose; all quirks with the best one on the test.
    assert points == pytest.approx({"best_epoch": 12.5, "unseen_texts": 25, "as_published": 50})
    assert all(each["low"] <= each["points"] <= each["high"] for each in numbers["adds"].values())


def test_an_equal_reading_adds_nothing_with_certainty():
    right = np.array([[True, False, True, False]] * 2)
    found = difference(right, right, LABELS, 100)
    assert found == {"points": 0, "low": 0, "high": 0}
    every = difference(np.ones_like(right), np.zeros_like(right), LABELS, 100)
    assert every == pytest.approx({"points": 100, "low": 100, "high": 100})


def test_readings_are_summed_up_over_methods():
    """A method without epochs has no best one."""

    def method(epochs: int, **adds: tuple[float, float]) -> dict:
        each = {
            name: {"points": points, "low": low, "high": 9} for name, (points, low) in adds.items()
        }
        return {"chance": 20.0, "clips": 4, "seeds": 2, "epochs": epochs, "adds": each}

    one = method(5, best_epoch=(4.0, 1.0), unseen_texts=(-2.0, -3.0))
    two, still = method(3, best_epoch=(2.0, 0.0)), method(1, best_epoch=(0.0, 0.0))
    rows = list(_summary({"star": one, "devise": two, "kinematic": still}))
    assert rows == [
        ["best_epoch", "2", "+3.00", "+2.00 to +4.00", "1"],
        ["unseen_texts", "1", "-2.00", "-2.00 to -2.00", "0"],
    ]


def test_what_is_not_here_stays_as_it_was_kept(cell, monkeypatch):
    wanted = study.Study("", "", [], [study.Group([CELL.key], methods=["star", "devise"])])
    monkeypatch.setattr(study, "load", lambda name: wanted)
    known, told = config({"run.seeds": [0, 1]}), []
    with pytest.raises(
        UserError, match=r"^no run of the study is here; `zsar reproduce audit` makes"
    ):
        audit(known, "markdown", told.append)
    write_reading("star", ["xxxx"], ["xooo"])
    text = audit(known, "markdown", told.append)
    assert "| star | yes | no | no | 62.50 ± 53.03 |" in text and "devise" not in text
    assert told[-2].startswith(
        "1 runs of the study are not here, such as demo/smie50/unseen5/stgcn/de"
    )
    kept = json.loads(FILE.read_text())
    kept[CELL.key]["devise"] = {**kept[CELL.key]["star"], "zsl": 11.0}
    FILE.write_text(json.dumps(kept))
    assert "| devise | yes | no | no | 11.00 ± 53.03 |" in audit(known, "markdown", print)


def test_a_method_of_which_fewer_readings_are_here_stays_as_it_was_kept(cell, monkeypatch):
    wanted = study.Study(
        "", "", [], [study.Group([CELL.key], methods=["star", "star+unseen_texts"])]
    )
    monkeypatch.setattr(study, "load", lambda name: wanted)
    known = config({"run.seeds": [0]})
    write_reading("star", ["xxxx"])
    assert "unseen_texts |" not in audit(known, "markdown", print)
    write_reading("star+unseen_texts", ["xxoo"], unseen_texts=True)
    text = audit(known, "markdown", print)
    assert "| unseen_texts | -50.00 |" in text
    replace(cell, method="star+unseen_texts").in_phase("test").with_seed(0).scores.unlink()
    write_reading("star", ["oooo"])
    assert audit(known, "markdown", print) == text


@pytest.mark.parametrize("changed", [{"zsl": 12.0}, {"text": "mpnet"}, {"seeds": 3}])
def test_runs_of_other_seeds_texts_or_scores_are_not_compared(cell, changed):
    write_reading("star", ["xxoo"], ["xxxo"])
    assert is_there(cell, [0, 1], "minilm")
    at = cell.in_phase("test").numbers
    at.write_text(json.dumps(json.loads(at.read_text()) | changed))
    assert not is_there(cell, [0, 1], "minilm")


def test_the_document_shows_the_numbers_that_are_kept():
    kept = json.loads((ROOT / "metrics/audit.json").read_text(encoding="utf-8"))
    shown = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    assert (
        shown.partition("## Tables\n\n")[2].strip()
        == render_grids(audit_grids(kept), "markdown").strip()
    )


@pytest.mark.parametrize(
    "method",
    sorted(
        {
            each.plain.method
            for each in readings(study.runs(study.load("audit"), config(), quirks=False))
        }
    ),
)
def test_every_leak_of_a_method_is_in_the_study(method):
    """All its named layers but those that are settings of papers, not departures from them."""
    known, kept = config(), ("labels", "no_temporal", "whole")
    layers = {
        layer
        for each in known.lineage("methods", method)
        for layer in known.files["methods"][each]
        if layer in known.files["layers"]["named"] and layer not in kept
    }
    every = readings(study.runs(study.load("audit"), known, quirks=False))
    for found in every:
        if found.plain.method == method:
            assert set(found.layers) == layers, found.plain.key
