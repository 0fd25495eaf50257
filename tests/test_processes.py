"""Jobs in processes of their own: their order, their results, their errors, and their end."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from test_launch import ROOT, alive, wait
from zsar.errors import UserError
from zsar.processes import Job, Report, run_jobs


def noted(name: str, report: Report, seconds: float = 0.0) -> str:
    """Says in a file when it began and ended, and who did it."""
    with Path("log").open("a") as log:
        print("begin", name, os.getpid(), file=log, flush=True)
        for value in (0.0, 1.0):
            time.sleep(seconds)
            report({"loss": value})
        print("end", name, os.getpid(), file=log, flush=True)
    return name.upper()


def wrong(report: Report) -> None:
    raise UserError("no clips here")


def broken(report: Report) -> None:
    raise ZeroDivisionError("by nothing")


def ended(report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def lasting(name: str, report: Report) -> None:
    Path(name).write_text(str(os.getpid()))
    time.sleep(120)


def job(name: str, after: str = "", seconds: float = 0.0) -> Job:
    return Job(name, partial(noted, name, seconds=seconds), 2, after)


def log() -> list[list[str]]:
    return [line.split() for line in Path("log").read_text().splitlines()]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_results_come_in_the_order_of_the_jobs(workers):
    jobs = [job("a", seconds=0.2), job("b"), job("c", after="b")]
    assert run_jobs(jobs, workers, "letters") == ["A", "B", "C"]


def test_one_worker_is_this_process():
    run_jobs([job("a"), job("b")], 1, "letters")
    assert {line[2] for line in log()} == {str(os.getpid())}


def test_a_job_begins_only_when_the_one_before_it_has_ended():
    run_jobs([job("a", seconds=0.2), job("b", after="a"), job("c")], 2, "letters")
    lines = [" ".join(line[:2]) for line in log()]
    assert lines.index("end a") < lines.index("begin b")
    assert lines.index("begin c") < lines.index("end a")


def test_all_workers_work_and_none_is_left():
    run_jobs([job(name, seconds=0.3) for name in "abcd"], 2, "letters")
    workers = {int(line[2]) for line in log()}
    assert len(workers) == 2 and not any(map(alive, workers))


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (wrong, "^no clips here$"),
        (broken, r"^ZeroDivisionError: by nothing \(.*test_processes.py:\d+\)$"),
        (ended, "^the process of b was ended by signal 9; .* -S run.workers=1$"),
    ],
)
def test_the_first_error_ends_all(work, said):
    jobs = [Job("a", partial(lasting, "pid"), 1), Job("b", work, 1), job("c")]
    with pytest.raises(UserError, match=said):
        run_jobs(jobs, 2, "letters")
    assert not Path("log").exists() or log()[-1][:2] != ["end", "c"]
    assert not Path("pid").exists() or not alive(int(Path("pid").read_text()))


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_who_called_it(how):
    code = (
        "import signal, test_processes as t\n"
        "from functools import partial\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    jobs = [t.Job(n, partial(t.lasting, n), 1) for n in ('one', 'two')]\n"
        "    t.run_jobs(jobs, 2, 'test')\n"
    )
    Path("stage.py").write_text(code)
    known = os.pathsep.join([str(ROOT / "tests"), str(ROOT), str(ROOT / "src")])
    caller = subprocess.Popen(
        [sys.executable, "stage.py"],
        env=os.environ | {"PYTHONPATH": known},
        stderr=subprocess.DEVNULL,
    )
    files = [Path("one"), Path("two")]
    wait(lambda: all(file.is_file() and file.read_text() for file in files))
    caller.send_signal(how)
    assert caller.wait() != 0
    wait(lambda: not any(alive(int(file.read_text())) for file in files))


def test_progress_has_a_total_and_the_last_row_of_a_job(capfd):
    run_jobs([job("a"), job("b")], 2, "letters")
    shown = capfd.readouterr().err
    assert "letters" in shown and "4/4" in shown and "loss=1.000" in shown
    run_jobs([job("alone")], 2, "letters")
    assert "letters, alone" in capfd.readouterr().err
