"""Why a stage runs again, and what a finished study says: changes, what to commit, the headline."""

import csv
import json
import shutil
import subprocess
from hashlib import md5
from pathlib import Path

import pytest
import yaml

import toy_results
from stages import done, headline, record, why
from stages.harness.needs import resolved, settings_files
from toy_config import ROOT, put
from zsar.cells import HEADLINE, RESOLVED, SHOWN, Cell
from zsar.config.config import load
from zsar.config.settings import Settings
from zsar.config.why import CACHE, LINES_SHOWN, LOCKS, changes, differences
from zsar.errors import UserError

CELL = Cell("demo", "smie50", "unseen5", "stgcn", "test", "smie")
BEFORE = {"settings": {"methods": {"smie": {"epochs": 30, "lr": 0.1}}}, "sources": {"a.py": "1"}}


def now(**values) -> dict:
    return {"settings": {"methods": {"smie": {"epochs": 30, "lr": 0.1} | values}}}


def test_every_setting_and_source_file_that_differs_has_a_line():
    after = now(epochs=7, width=3) | {"sources": {"a.py": "2", "b.py": "3"}}
    del after["settings"]["methods"]["smie"]["lr"]
    before = BEFORE | {"sources": {"a.py": "1", "c.py": "1"}}
    assert list(differences(before, after)) == [
        "methods.smie.epochs was 30, is 7",
        "methods.smie.lr was 0.1, is None",
        "methods.smie.width was None, is 3",
        "a.py has changed",
        "b.py is new",
        "c.py is no longer needed",
    ]
    assert not list(differences(BEFORE, BEFORE))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder like the root of the repository, in which every stage of the cell has run."""
    for name in ("descriptions", "dvc.yaml", "demo", "prompts", "src", "stages"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    known = put({})
    stages = {}
    for name, each in resolved(known).items():
        for stage in why.selected_stages(known):
            if stage.partition("@")[0] == settings_files(known)[name][0]:
                keep(stages, stage, RESOLVED / f"{name}.json", each)
    lay(LOCKS[0], stages)
    return tmp_path


def keep(stages: dict, stage: str, path: Path, found: dict) -> None:
    """What a stage ran on, in DVC's cache and lock."""
    text = json.dumps(found)
    digest = md5(text.encode()).hexdigest()
    kept = CACHE / digest[:2] / digest[2:]
    for file in (kept, path):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    stages[stage] = {"deps": [{"path": "data/raw/demo"}, {"path": path.as_posix(), "md5": digest}]}


def lay(lock: Path, stages: dict) -> None:
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(yaml.safe_dump({"stages": stages}))


def test_where_nothing_is_edited_nothing_is_said(desk, capsys):
    why.main()
    assert capsys.readouterr().out == ""


def test_an_edited_key_is_named_with_the_stages_that_it_makes_stale(desk, capsys):
    put({"methods.smie.epochs": 7})
    why.main()
    remark, *rest = capsys.readouterr().out.splitlines()
    assert remark.startswith("params.yaml: methods.smie.epochs = 7 overrides 30")
    assert rest == [f"learn@{CELL.key}-smie: methods.smie.epochs was 30, is 7"]


def test_an_edited_source_file_is_named_with_the_stages_that_it_makes_stale(desk, capsys):
    for name in ("src", "stages"):
        (desk / name).unlink()
        shutil.copytree(ROOT / name, desk / name, ignore=shutil.ignore_patterns("__pycache__"))
    with Path("stages/headline.py").open("a") as file:
        file.write("# a remark\n")
    why.main()
    assert capsys.readouterr().out == "headline: stages/headline.py has changed\n"


def test_a_stage_whose_run_nobody_kept_is_not_spoken_of_and_one_that_never_ran_is(desk, capsys):
    put({"methods.smie.epochs": 7})
    shutil.rmtree(CACHE)
    why.main()
    assert len(capsys.readouterr().out.splitlines()) == 1
    LOCKS[0].unlink()
    why.main()
    _, *rest = capsys.readouterr().out.splitlines()
    assert rest == [f"{stage}: has not run here" for stage in why.selected_stages(load())]


JUDGED = {  # everything beside zero-shot recognition
    "encoder": "umurl",
    "method": "pgfa_aligned",
    "also.one_shot": ["pgfa_aligned"],
    "also.recognition": ["xsub", "xview"],
    "also.tasks": ["linear", "finetune"],
    "also.transfer": ["demo_pku/smie50/xsub/umurl"],
}


@pytest.mark.parametrize("values", [{}, JUDGED], ids=["zero-shot", "everything"])
def test_the_stages_have_the_names_that_dvc_gives_them(values, tmp_path, monkeypatch):
    from dvc.repo import Repo

    monkeypatch.chdir(tmp_path)
    for file in ("dvc.yaml", "demo/dvc.yaml"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / file, file)
    config = put(values)
    with Repo.init(no_scm=True) as repo:
        names = [stage.addressing.rpartition(":")[2] for stage in repo.index.stages]
    assert sorted(why.selected_stages(config)) == sorted({*names} - {"resolve"})


def test_a_wrong_setting_is_told_instead(desk):
    put({"methods.smie.epochs": "many"})
    with pytest.raises(UserError, match="methods.smie.epochs is 'many', expected a whole number"):
        why.main()


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_a_stage_that_runs_again_says_what_has_changed(lock, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, stages = RESOLVED / "learn.json", {}
    keep(stages, "learn@0", path, BEFORE)
    lay(lock, stages)
    assert changes("dvc.yaml:learn@0", path) == [] == changes("learn@1", path)
    path.write_text(json.dumps(now(epochs=7) | {"sources": {"a.py": "1"}}))
    assert changes("demo/dvc.yaml:learn@0", path) == ["methods.smie.epochs was 30, is 7"]
    assert changes("learn@0", path) == ["methods.smie.epochs was 30, is 7"]


def test_of_many_changes_the_first_are_told_and_how_many_more_there_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, stages = RESOLVED / "learn.json", {}
    keep(stages, "learn@0", path, BEFORE)
    lay(LOCKS[0], stages)
    more = {f"file{k}.py": "1" for k in range(LINES_SHOWN + 1)}
    path.write_text(json.dumps(now() | {"sources": more}))
    told = changes("learn@0", path)
    assert len(told) == LINES_SHOWN + 1 and told[0] == "a.py is no longer needed"
    assert told[-1] == "and 2 more"


def test_a_stage_that_never_ran_says_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RESOLVED.mkdir(parents=True)
    (RESOLVED / "learn.json").write_text(json.dumps(BEFORE))
    assert changes("learn@0", RESOLVED / "learn.json") == []
    lay(LOCKS[0], {})
    assert changes("learn@0", RESOLVED / "learn.json") == []


# What a finished study says.


@pytest.fixture
def committed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("dvc.lock", "metrics/headline.json", "params.yaml"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("before\n")
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "before")):
        subprocess.run(["git", *words], check=True)
    return tmp_path


def test_where_nothing_of_the_study_changed_there_is_nothing_to_commit(committed, capsys):
    Path("params.yaml").write_text("after\n")  # the person's own
    done.main()
    assert capsys.readouterr().out == ""


def test_what_there_is_to_commit_is_one_command_with_the_reasons(committed, capsys):
    Path("dvc.lock").write_text("after\n")
    Path("metrics/headline.json").write_text("after\n")
    Path("metrics/ünder").mkdir()
    Path("metrics/ünder/new.json").write_text("new\n")
    done.main()
    (line, end) = capsys.readouterr().out.split("\n", 1)
    assert line.startswith(
        "To keep: git add dvc.lock metrics && git commit -m 'my study'   (the results "
    )
    assert "git checkout ." in line and "dvc metrics diff" in line and end == "\n"


@pytest.mark.parametrize(
    ("zsl", "said"),
    [
        (42.0, "42.0 % here, 40.0 % committed; within"),
        (70.0, "70.0 % here, 40.0 % committed; outs"),
    ],
)
def test_numbers_that_are_not_the_committed_ones_are_told_with_their_interval(
    zsl, said, committed, capsys
):
    path = Path("metrics/cell.json")
    path.write_text(json.dumps(toy_results.numbers("demo", "unseen5", 40.0)))
    subprocess.run(["git", "add", "-A"], check=True)
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
    subprocess.run(["git", *who, "commit", "-qm", "numbers"], check=True)
    path.write_text(json.dumps(toy_results.numbers("demo", "unseen5", zsl)))
    done.main()
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"metrics/cell.json: {said}") and line.endswith("interval, 36.0 to 44.0")


@pytest.fixture
def evaluated(tmp_path, monkeypatch):
    """The results of a cell, without its metrics."""
    monkeypatch.chdir(tmp_path)
    CELL.numbers.parent.mkdir(parents=True)
    CELL.numbers.write_text(json.dumps(toy_results.numbers("demo", "unseen5", 40.0)))
    CELL.confusion.write_text('actual,predicted\nwave,"sit, down"\n', encoding="utf-8")
    CELL.curve.write_text("epoch,loss,zsl\n1,0.5,30\n2,0.25,40\n")
    return CELL


def test_the_numbers_of_a_cell_are_recorded_as_they_are(evaluated):
    record.main(evaluated, Settings({}))
    assert evaluated.metrics.read_bytes() == evaluated.numbers.read_bytes()


def test_the_headline_is_five_numbers_and_two_plots(evaluated):
    headline.main(evaluated.in_phase(""), Settings({}))
    assert json.loads(HEADLINE.read_text()) == {
        "zsl": 40.0,
        "low": 36.0,
        "high": 44.0,
        "as_published": 43.0,
        "H": 42.0,
    }
    with (SHOWN / "curve.csv").open(newline="") as file:
        assert [row["loss"] for row in csv.DictReader(file)] == ["0.5", "0.25"]
    with (SHOWN / "confusion.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"actual": "wave", "predicted": "sit, down"}]


def test_where_no_seen_clip_is_tested_there_is_no_harmonic_mean(evaluated):
    found = json.loads(evaluated.numbers.read_text())
    evaluated.numbers.write_text(json.dumps({k: v for k, v in found.items() if k != "gzsl"}))
    headline.main(evaluated, Settings({}))
    assert "H" not in json.loads(HEADLINE.read_text())
