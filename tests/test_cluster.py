"""Stages on a cluster: level by level, many at once, and nothing is left to do or lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages import cluster
from zsar.errors import Complaint

ROOT = Path(__file__).parent.parent
PIPELINE = """
vars: [../params.yaml]
stages:
  prepare:
    wdir: ..
    cmd: python work.py data/clips.txt
    deps: [work.py]
    outs: [data/clips.txt]
  encode:
    wdir: ..
    matrix: {cell: "${cells}"}
    cmd: python work.py data/${item.cell}/encoder.txt data/clips.txt
    deps: [work.py, data/clips.txt]
    outs: ["data/${item.cell}/encoder.txt"]
  evaluate:
    wdir: ..
    matrix: {cell: "${cells}"}
    cmd: python work.py metrics/${item.cell}.txt data/${item.cell}/encoder.txt
    deps: [work.py, "data/${item.cell}/encoder.txt"]
    metrics: ["metrics/${item.cell}.txt": {cache: false}]
"""
WORK = """
import pathlib, sys
target, *sources = map(pathlib.Path, sys.argv[1:])
if pathlib.Path("broken").is_file() and pathlib.Path("broken").read_text() in str(target):
    sys.exit(3)
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text("".join(each.read_text() for each in sources) + str(target))
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
CELLS = ("a", "b", "c")
TARGETS = [f"stages/dvc.yaml:evaluate@{cell}" for cell in CELLS]


def dvc(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    folder = tmp_path / "study"
    (folder / "stages").mkdir(parents=True)
    (folder / "stages/dvc.yaml").write_text(PIPELINE)
    (folder / "params.yaml").write_text(f"cells: [{', '.join(CELLS)}]\n")
    (folder / "work.py").write_text(WORK)
    monkeypatch.chdir(folder)
    dvc(folder, "init", "--no-scm", "-q")
    dvc(folder, "config", "core.analytics", "false")
    return folder


def test_levels_follow_what_stages_need_of_one_another(study):
    names = [[name.split(":")[1] for name in each] for each in cluster.levels(TARGETS[:2])]
    assert names == [["prepare"], ["encode@a", "encode@b"], ["evaluate@a", "evaluate@b"]]


def test_stages_of_a_level_run_at_once_and_nothing_is_left_to_do(study):
    assert cluster.local(cluster.levels(TARGETS), 3, []) == 0
    assert "up to date" in dvc(study, "status")
    assert cluster.levels(TARGETS) == []
    assert (study / "metrics/b.txt").read_text().startswith("data/clips.txtdata/b/encoder")


def test_only_what_changed_and_what_follows_from_it_runs_again(study):
    cluster.local(cluster.levels(TARGETS), 3, [])
    (study / "data/b/encoder.txt").unlink()
    names = [[name.split(":")[1] for name in each] for each in cluster.levels(TARGETS)]
    assert names == [["encode@b"], ["evaluate@b"]]


def test_a_stage_that_fails_does_not_keep_others_from_running(study):
    (study / "broken").write_text("data/b")
    assert cluster.local(cluster.levels(TARGETS), 3, []) == 2
    assert sorted(path.stem for path in (study / "metrics").iterdir()) == ["a", "c"]


def test_slurm_gets_an_array_for_each_level_that_waits_for_the_one_before(
    study, monkeypatch, capsys
):
    tools = study.parent / "tools"
    tools.mkdir()
    (tools / "sbatch.py").write_text(SBATCH)
    # An interpreter's path may hold a space, which the first line of a script cannot.
    (tools / "sbatch").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$0.py" "$@"\n')
    (tools / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    cluster.slurm(cluster.levels(TARGETS), 2, ["--gpus=1"])
    first, second, third = (study / "submitted.txt").read_text().splitlines()
    assert "--array=0-0%2 --gpus=1" in first
    assert "--array=0-2%2 --dependency=afterany:100 --gpus=1" in second
    assert "--dependency=afterany:102" in third
    assert "up to date" in dvc(study, "status")


def test_a_target_that_is_unknown_is_a_complaint(study):
    with pytest.raises(Complaint, match="DVC does not know"):
        cluster.levels(["stages/dvc.yaml:nothing"])


def test_a_machine_without_slurm_is_a_complaint(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Complaint, match="no sbatch here; expected SLURM, or --executor local"):
        cluster.slurm([["stages/dvc.yaml:evaluate@a"]], 2, [])


def test_no_stage_at_once_is_a_complaint(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["cluster", "--executor", "local", "--at-once", "0"])
    with pytest.raises(Complaint, match="--at-once is 0, expected 1 or more"):
        cluster.main()
