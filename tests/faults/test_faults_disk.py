"""A full disk, a folder that may not be written, signals: one line, a status, no drafts."""

import errno
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import disk
import kills
import toy_drafts
from clones import Checkout
from stages.harness import write as writers
from zsar.atomic import atomic_write
from zsar.command_line import run_program
from zsar.data.artifacts import TrainingFile, write
from zsar.errors import UserError
from zsar.processes import Job, run_jobs

ROOT = Path(__file__).parents[2]
ROWS = TrainingFile(np.arange(20_000))
WRITERS = {
    "artifact": lambda path: write(path, ROWS),
    "weights": lambda path: writers.weights(path, nn.Linear(200, 200)),
    "numbers": lambda path: writers.numbers(path, {"a": list(range(20_000))}),
    "table": lambda path: writers.table(path, [{"a": k} for k in range(20_000)]),
}


def python(code: str, *words: str, **options) -> "subprocess.Popen[str]":
    known = os.pathsep.join(str(ROOT / each) for each in ("tests/faults", "tests", "", "src"))
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=os.environ | {"PYTHONPATH": known},
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


FULL = """
import resource, signal, sys
from pathlib import Path
import test_faults_disk as t
from zsar.command_line import run_program
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for name, writer in t.WRITERS.items():
    Path(name).write_text("as before")
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
for name, writer in t.WRITERS.items():
    try:
        run_program(name, lambda: writer(Path(name)))
    except SystemExit as end:
        print(end.code, file=sys.stderr)
"""


def test_where_the_disk_is_full_every_file_stays_as_it_was(tmp_path):
    _, said = python(FULL, cwd=tmp_path).communicate(timeout=60)
    assert [line.split(": ")[0] for line in said.splitlines()] == [*WRITERS], said
    assert all("cannot be written" in line and "large" in line for line in said.splitlines())
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == dict.fromkeys(
        WRITERS, "as before"
    )


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EDQUOT, errno.ENOSPC])
@pytest.mark.parametrize("where", ["mkdir", "open", "replace"])
def test_what_the_disk_refuses_is_one_line_and_leaves_no_draft(where, code, tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), "x")

    path = tmp_path / "numbers.json"
    monkeypatch.setattr(Path, where, refuse)
    with pytest.raises(UserError, match=f"{path}: cannot be written: {os.strerror(code)}"):
        writers.numbers(path, {"a": 1})
    assert not list(tmp_path.iterdir())


def test_an_error_that_has_nothing_to_do_with_the_file_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a") as draft:
        draft.write_text("half")
        (tmp_path / "elsewhere").read_text()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("what is wrong"), "zsar: what is wrong"),
        (OSError(errno.ENOSPC, "No space left on device", "a.h5"), "zsar: a.h5: No space left"),
        (OSError("two\nlines"), "zsar: two lines"),
        (MemoryError(), "zsar: memory ran out"),
    ],
)
def test_what_the_machine_refuses_is_one_line_at_the_command_line(error, said):
    def work() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        run_program("zsar", work)
    assert str(end.value.code).startswith(said) and "\n" not in str(end.value.code)


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_program("zsar", lambda: 1 / 0)


def test_artifacts_and_weights_may_be_read_by_whoever_the_umask_lets(tmp_path):
    before = os.umask(0o027)
    try:
        for name, writer in WRITERS.items():
            writer(tmp_path / name)
    finally:
        os.umask(before)
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o640}


# Who is started in the background by a shell ignores Ctrl-C, and hands that down.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
ALONE = (
    HEARS
    + """
import toy_drafts as t
from zsar.command_line import run_program
run_program("stages learn", lambda: t.lasting("one", print))
"""
)
WORKERS = (
    HEARS
    + """
from functools import partial
import toy_drafts as t
from zsar.command_line import run_program
from zsar.processes import Job, run_jobs
jobs = [Job(name, partial(t.lasting, name), 1) for name in ("one", "two")]
run_program("stages learn", lambda: run_jobs(jobs, 2, "letters", quiet=True))
"""
)


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(("code", "drafts"), [(ALONE, 1), (WORKERS, 2)], ids=["alone", "workers"])
def test_a_signal_ends_a_stage_and_its_workers_without_drafts(code, drafts, how, status, tmp_path):
    started = python(code, cwd=tmp_path, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("*.partial"))) < drafts and time.monotonic() < until:
        assert started.poll() is None, started.communicate()
        time.sleep(0.02)
    started.send_signal(how)
    _, said = started.communicate(timeout=30)
    assert started.returncode == status and "Traceback" not in said, said
    assert not list(tmp_path.iterdir())


def test_workers_that_do_not_end_by_themselves_are_ended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs = [Job("a", partial(toy_drafts.lasting, "a"), 1), Job("b", toy_drafts.failing, 1)]
    with pytest.raises(UserError, match="enough"):
        run_jobs(jobs, 2, "letters", quiet=True)
    assert not list(tmp_path.iterdir())


def test_a_disk_may_be_full_at_any_byte_of_anything_that_is_written(tmp_path):
    """At 101,234 bytes HDF5 hears of it only when it closes the file, and crashed."""
    assert [disk.full(tmp_path / f"{size}", size) for size in (101_234, 30_000)] == ["", ""]


def test_a_disk_that_refuses_nothing_does_not_count_as_full(tmp_path):
    assert "nothing was refused" in disk.full(tmp_path / "large", disk.UNLIMITED)


DVC = {
    "ended before": ("exit 0", None),
    "ended by the signal": ("echo begun; exec sleep 60", ""),
    "went on": ("trap '' TERM; sleep 2", "dvc ended with 0"),
    "a stage that failed": ("echo exited with 1; exec sleep 60", "stages ended with [1]"),
}


@pytest.mark.parametrize(("script", "expected"), DVC.values(), ids=DVC)
def test_a_kill_counts_where_a_signal_ended_what_ran(script, expected, tmp_path, monkeypatch):
    program = tmp_path / "bin/dvc"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(
        kills, "environment", lambda: {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    )
    (tmp_path / "here").mkdir()
    said = kills.kill(Checkout(tmp_path / "here"), 0.5, "SIGTERM")
    assert said == expected or (expected and expected in said)
