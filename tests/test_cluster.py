"""A study as jobs: level by level, many at once, and nothing is left to do or lost."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages import cluster
from stages.harness import jobs, needs
from stages.harness.jobs import Job, Levels, Plan
from zsar import dataset_info
from zsar.cells import Cell
from zsar.config.config import load
from zsar.errors import UserError
from zsar.reproduce.study import Group, Study, runs

ROOT = Path(__file__).parent.parent
PIPELINE = """
stages:
  prepare:
    cmd: python work.py data/clips.txt data/raw/clips/all.txt
    deps: [work.py, data/raw/clips]
    outs: [data/clips.txt]
  encode:
    matrix: {cell: ["${cell}"]}
    cmd: python work.py data/${item.cell}/encoder.txt data/clips.txt
    deps: [work.py, data/clips.txt]
    outs: ["data/${item.cell}/encoder.txt"]
  evaluate:
    matrix: {cell: ["${cell}"]}
    cmd: python work.py metrics/${item.cell}.txt data/${item.cell}/encoder.txt
    deps: [work.py, "data/${item.cell}/encoder.txt"]
    metrics: ["metrics/${item.cell}.txt": {cache: false}]
"""
# Tells when it begins and ends; what is named in the file TROUBLE fails or hangs.
WORK = """
import os, pathlib, sys, time
target, *sources = map(pathlib.Path, sys.argv[1:])
def tell(what):
    with open(os.environ["TOLD"], "a") as told:
        told.write(f"{what} {target}" + chr(10))
trouble = pathlib.Path(os.environ["TROUBLE"])
how, _, whom = trouble.read_text().partition(" ") if trouble.is_file() else ("", "", "nobody")
tell("begin")
if whom in str(target):
    sys.exit(3) if how == "fail" else time.sleep(60)
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text("".join(each.read_text() for each in sources) + str(target))
tell("end")
"""
# What a cluster does with an array, at once instead of later.
SBATCH = """
import os, pathlib, subprocess, sys
lines = pathlib.Path("submitted.txt").open("a")
lines.write(" ".join(sys.argv[1:]) + chr(10))
(array,) = [each for each in sys.argv if each.startswith("--array=")]
last = int(array.removeprefix("--array=0-").split("%")[0])
script = sys.stdin.read()
jobs = [
    subprocess.Popen(["bash", "-c", script], env=os.environ | {"SLURM_ARRAY_TASK_ID": str(task)},
                     stdout=sys.stderr)
    for task in range(last + 1)
]
for job in jobs:
    job.wait()
print(100 + last)
"""
CELLS = ("a", "b")


def plan(cells: tuple[str, ...] = CELLS) -> Levels:
    """What the toy study is to a cluster."""
    return [
        [Job("prepare", {"cell": cells[0]}, ("prepare",))],
        [
            Job(f"encode/{cell}", {"cell": cell}, (f"encode@{cell}",), ("prepare",))
            for cell in cells
        ],
        [Job(f"learn/{cell}", {"cell": cell}, (), (f"encode/{cell}",)) for cell in cells],
    ]


def dvc(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("TOLD", str(tmp_path / "told.txt"))
    monkeypatch.setenv("TROUBLE", str(tmp_path / "trouble.txt"))
    folder = tmp_path / "a study"  # paths may hold spaces
    (folder / "data/raw/clips").mkdir(parents=True)
    (folder / "data/raw/clips/all.txt").write_text("clips ")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "params.yaml").write_text("cell: own # and a remark\n")
    (folder / "work.py").write_text(WORK)
    (folder / ".gitignore").write_text("/data/\n/.cache/\n")
    monkeypatch.chdir(folder)
    subprocess.run(["git", "init", "-q"], check=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("[core]\n    analytics = false\n")
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    return folder


def told(study: Path) -> list[str]:
    path = study.parent / "told.txt"
    return path.read_text().splitlines() if path.is_file() else []


def trouble(study: Path, what: str) -> None:
    (study.parent / "trouble.txt").write_text(what)


def insist_found(study: Path, *cells: str) -> None:
    """All that was made of the cells is found without running anything."""
    before = told(study)
    for cell in cells:
        (study / "params.yaml").write_text(f"cell: {cell} # and a remark\n")
        dvc(study, "repro")
        assert (study / f"metrics/{cell}.txt").read_text().startswith("clips data/clips.txtdata/")
    assert told(study) == before


def test_every_level_begins_after_the_one_before_it_and_all_is_found_afterwards(study):
    assert cluster.local(Plan.make("toy", plan()), 2, []) == 0
    targets = [line.split()[1] for line in told(study)]
    assert targets[:2] == ["data/clips.txt"] * 2
    assert set(targets[2:6]) == {"data/a/encoder.txt", "data/b/encoder.txt"}
    assert set(targets[6:]) == {"metrics/a.txt", "metrics/b.txt"} and len(targets) == 10
    assert list((study / ".cache/jobs").iterdir()) == []
    assert (study / "params.yaml").read_text() == "cell: own # and a remark\n"
    insist_found(study, "a", "b")


def test_what_a_job_needs_and_did_not_get_keeps_it_but_no_other_from_running(study, capsys):
    trouble(study, "fail data/b")
    planned = Plan.make("toy", plan())
    assert cluster.local(planned, 2, []) == 1
    said = capsys.readouterr().out
    assert f"encode/b: failed; {planned.folder}/logs/encode/b.log says why" in said
    assert "learn/b: not begun, because encode/b is not done" in said
    assert "2 of 5 jobs failed: encode/b, learn/b" in said
    assert "exited with 3" in (planned.folder / "logs/encode/b.log").read_text()
    assert [path.name for path in (planned.folder / "work/encode").iterdir()] == ["b"]
    assert told(study).count("begin data/b/encoder.txt") == 1
    insist_found(study, "a")


def test_a_job_that_was_killed_runs_again_and_what_is_done_does_not(study):
    trouble(study, "hang data/a/encoder")
    planned = Plan.make("toy", plan(("a",)))
    words = [sys.executable, "-m", "stages.cluster", "--job", str(planned.file)]
    subprocess.run([*words, "0", "0"], check=True)
    killed = subprocess.Popen([*words, "1", "0"], start_new_session=True)
    while "begin data/a/encoder.txt" not in told(study):
        assert killed.poll() is None
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    (study.parent / "trouble.txt").unlink()
    for level in ("0", "1", "2"):
        subprocess.run([*words, level, "0"], check=True)
    assert [line for line in told(study) if "clips" in line] == [
        "begin data/clips.txt",
        "end data/clips.txt",
    ]
    assert not planned.folder.exists()
    insist_found(study, "a")
    again = subprocess.run([*words, "2", "0"], capture_output=True, text=True)
    assert again.returncode == 1 and "all of its jobs may be done" in again.stderr


def test_jobs_run_on_the_repository_as_it_was_when_they_were_planned(study):
    (study / ".cache").mkdir()
    (study / ".cache/params.yaml").write_text("cell: own\n")  # that of a run of zsar reproduce
    (study / "new.py").write_text("")
    (study / "link").symlink_to("work.py")
    (study / "data/raw/demo").mkdir()  # the pipeline makes it
    planned = Plan.make("toy", plan())
    (study / "work.py").write_text("raise SystemExit(1)")
    found = planned.source
    assert (found / "params.yaml").read_text() == "cell: own\n"
    assert (found / "new.py").is_file() and (found / "link").read_text() != WORK
    assert (found / "work.py").read_text() == WORK
    assert [path.name for path in (found / "data/raw").iterdir()] == ["clips"]
    assert not (found / ".git").exists() and not (found / ".dvc/cache").exists()
    assert (found / ".cache").resolve() == study / ".cache"
    assert jobs.run(planned, planned.levels[0][0])


def test_slurm_gets_an_array_for_each_level_that_waits_for_the_one_before(study, monkeypatch):
    tools = study.parent / "tools"
    tools.mkdir()
    (tools / "sbatch.py").write_text(SBATCH)
    # An interpreter's path may hold a space, which the first line of a script cannot.
    (tools / "sbatch").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$0.py" "$@"\n')
    (tools / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    trouble(study, "fail metrics/b")
    planned = Plan.make("toy", plan())
    assert cluster.slurm(planned, 2, ["--gpus=1"]) == 0
    first, second, third = (study / "submitted.txt").read_text().splitlines()
    assert "--array=0-0%2 --gpus=1" in first
    assert "--array=0-1%2 --dependency=afterany:100 --gpus=1" in second
    assert "--dependency=afterany:101" in third
    assert [path.name for path in (planned.folder / "work/learn").iterdir()] == ["b"]
    assert {"end data/b/encoder.txt", "end metrics/a.txt"} < set(told(study))


def test_the_script_of_an_array_quotes_its_paths(tmp_path):
    said = cluster.script(Plan(tmp_path / "it's here", []), 2)
    assert "cd '" in said and said.endswith('plan.json\' 2 "$SLURM_ARRAY_TASK_ID"\n')


def group(cells: list[str], **values) -> Group:
    kept = {"text": "minilm", "methods": [], "one_shot": [], "tasks": [], "printed": None}
    return Group(**{"cells": cells, "generalised": False, **kept, **values})


def planned(*groups: Group, changes: dict | None = None) -> Levels:
    config = load(ROOT)
    return cluster.levels(
        runs(Study("", "", [], list(groups)), config, False), changes or {}, config
    )


def test_what_runs_have_in_common_is_one_job_of_an_earlier_level():
    place = "demo/smie50/unseen5/stgcn"
    first, second, third = planned(
        group([place], methods=["smie", "devise"]), group([place], methods=["smie"], text="mpnet")
    )
    assert [job.name for job in first] == [
        "prepare/demo/smie50",
        "embed/demo/minilm",
        "embed/demo/mpnet",
    ]
    assert [job.targets for job in second] == [(f"encode@{place}",)]
    assert [job.name.removeprefix(f"learn/{place}/") for job in third] == [
        "smie/minilm",
        "devise/minilm",
        "smie/mpnet",
    ]
    assert third[2].selection["text"] == "mpnet" and third[2].targets == ("record",)
    assert third[2].after == (
        "prepare/demo/smie50",
        "embed/demo/mpnet",
        f"encode/{place}",
    )


def test_a_split_that_follows_from_the_texts_has_encoders_of_each_text():
    cells = ["demo/smie50/easy5/stgcn"]
    _, second, _ = planned(
        group(cells, methods=["smie"]), group(cells, methods=["smie"], text="mpnet")
    )
    assert [job.name.rpartition("stgcn/")[2] for job in second] == [
        "minilm",
        "mpnet",
    ]


def test_an_encoder_without_labels_is_pre_trained_once_and_needs_no_text():
    first, second, third = planned(
        group(["demo/smie50/xsub/umurl"], tasks=["linear", "finetune"]), changes={"run.threads": 1}
    )
    assert [job.name for job in first] == ["prepare/demo/smie50"]
    assert [job.targets for job in second] == [("pretrain",)]
    assert [job.targets for job in third] == [("recognise",)]
    assert third[0].selection["also.recognition"] == ["xsub"]
    assert {job.selection["run.threads"] for job in (*first, *second, *third)} == {1}


def test_what_is_prepared_serves_every_split(tmp_path, monkeypatch):
    (tmp_path / "demo").mkdir()
    own = tmp_path / "demo/own.yaml"
    own.write_text("unseen: []\n")
    monkeypatch.setattr(dataset_info, "SPLITS", tmp_path)
    monkeypatch.chdir(ROOT)
    cell = Cell("demo", "smie50", "own", "stgcn", "", "smie")
    depend = {
        name: own.as_posix() in needs.source_files(name, cell, load()) for name in needs.STAGES
    }
    assert depend["split"] and depend["evaluate"]
    assert not depend["prepare"] and not depend["embed"]


def test_names_of_jobs_can_all_be_files_and_jobs_need_only_earlier_ones():
    place = "demo/smie50/unseen5/stgcn"
    levels = planned(
        group([place], methods=["pgfa_aligned"]),
        group([place], methods=["pgfa_aligned"], one_shot=["pgfa_aligned"]),
        group(["demo/smie50/xsub/umurl"], tasks=["linear"]),
    )
    names = [job.name for level in levels for job in level]
    assert len(set(names)) == len(names)
    assert not [(one, two) for one in names for two in names if two.startswith(f"{one}/")]
    before: set[str] = set()
    for level in levels:
        assert {name for job in level for name in job.after} <= before
        before |= {job.name for job in level}
    assert levels[2][1].targets == ("record", "oneshot")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["demo", "--at-once", "0"], "--at-once is 0, expected 1 or more"),
        (["demo", "--executor", "local", "--", "--gpus=1"], "only sbatch takes --gpus=1"),
        ([], "STUDY is missing; `zsar reproduce` lists them"),
        (["demos"], "unknown study.demos (did you mean demo?)"),
    ],
)
def test_what_cannot_be_submitted_is_a_complaint(words, said, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["cluster", *words])
    with pytest.raises(UserError, match=re.escape(said)):
        cluster.main()


def test_a_machine_without_slurm_is_a_complaint(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="no sbatch here; expected SLURM, or --executor local"):
        cluster.slurm(Plan(tmp_path, plan()), 2, [])
    assert not tmp_path.exists()  # the plan


def test_a_folder_without_git_or_dvc_is_a_complaint(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="Git does not list the files"):
        Plan.make("toy", plan())
    subprocess.run(["git", "init", "-q"], check=True)
    with pytest.raises(UserError, match="DVC cannot share its cache"):
        Plan.make("toy", plan())
