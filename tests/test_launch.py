"""A stage that several processes share: an error is one line, and no process is left over."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

import toy_study
from stages import encode
from stages.harness import run as run_stage
from stages.harness.launch import run_trainings
from zsar.cells import MACHINE, PHASES, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read, write
from zsar.errors import UserError
from zsar.experiment.features import encoded_features
from zsar.experiment.inputs import load_encoder
from zsar.processes import Job, Report

ROOT = Path(__file__).parent.parent
CELL = Cell("demo", "smie50", "unseen5", "stgcn", "test")
MADE = ("encoder.safetensors", "encoder.csv", "features.h5")


def settings(processes: int) -> Settings:
    training = {"epochs": 2, "batch_size": 8}
    small = {"channels": [8, 8], "strides": [1, 2], "dropout": 0.0, "training": training}
    changes = toy_study.ONCE | {"run.processes": processes, "encoders.stgcn": small}
    return toy_study.needed("encode", CELL, changes)


def crashing(report: Report) -> None:
    if dist.get_rank() == 1:
        raise UserError("no clips here")
    dist.barrier()


def dying(report: Report) -> None:
    if dist.get_rank() == 1:
        os._exit(7)
    dist.barrier()


def sleeping(report: Report) -> None:
    Path(f"{dist.get_rank()}.pid").write_text(str(os.getpid()))
    time.sleep(120)


def only_encoding(cell: Cell, given: Settings, report: Report) -> None:
    device = torch.device("cpu")
    encoder = load_encoder(cell, given, device)
    features = encoded_features(encoder, read(cell.clips, ClipFile), device)
    if dist.get_rank() == 0:
        write(cell.features, features)


def alone(report: Report) -> int:
    assert not dist.is_initialized()
    return os.getpid()


def together(work: Callable[[Report], Any], processes: int = 2) -> list[Any]:
    """One piece of work by several processes."""
    return run_trainings([Job("work", work, 1)], "test", settings(processes))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.is_file() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_single_process_does_the_work_itself(place):
    assert together(alone, 1) == [os.getpid()]


def test_the_error_of_any_process_is_the_error_of_the_stage(place):
    with pytest.raises(UserError, match="^no clips here$"):
        together(crashing)


def test_a_process_that_dies_ends_the_stage(place):
    with pytest.raises(UserError) as found:
        together(dying)
    assert "\n" not in str(found.value)


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_killing_the_stage_kills_its_processes(place, how):
    code = "import test_launch as t\nif __name__ == '__main__':\n    t.together(t.sleeping)\n"
    (place / "stage.py").write_text(code)
    known = os.pathsep.join([str(ROOT / "tests"), str(ROOT), str(ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": known}
    stage = subprocess.Popen([sys.executable, "stage.py"], env=environment, cwd=place)
    files = [place / f"{rank}.pid" for rank in range(2)]
    wait(lambda: all(file.is_file() and file.read_text() for file in files))
    stage.send_signal(how)
    assert stage.wait() != 0
    workers = [int(file.read_text()) for file in files]
    wait(lambda: not any(alive(worker) for worker in workers))


def wait(until) -> None:
    """Long enough for a busy machine."""
    end = time.monotonic() + 90
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


def desk() -> None:
    """Clips of three classes, two of them seen, and a split in both phases."""
    drawn = np.random.default_rng(0)
    clips, labels = 300, np.arange(300) % 3
    skeletons = drawn.normal(size=(clips, 3, 10, 25, 2)).astype(np.float32)
    skeletons[::2, ..., 1] = 0
    none = np.zeros(clips, dtype=np.int64)
    names = np.array([f"{i:03}" for i in range(clips)], dtype="S3")
    derived = np.zeros((clips, 25), dtype=bool)
    write(CELL.clips, ClipFile(skeletons, labels, none, none, none, names, none, derived))
    rows = [np.arange(0, 24), np.arange(24, 36), np.arange(36, 40), np.arange(40, 44)]
    split = SplitFile(np.arange(2), np.array([2]), *(_seen(labels, r) for r in rows))
    for phase in PHASES:
        write(CELL.in_phase(phase).split_file, split)


def test_two_processes_train_and_encode_as_one(place):
    desk()
    encode.main(CELL, settings(1))
    weights, log = CELL.weights.read_bytes(), CELL.encoder_log.read_text()
    features = CELL.features.read_bytes()
    CELL.features.unlink()
    together(partial(only_encoding, CELL, settings(2)))
    assert CELL.features.read_bytes() == features
    assert np.isfinite(read(CELL.features, FeatureFile).features).all()
    CELL.weights.unlink()
    encode.main(CELL, settings(2))
    for row, expected in zip(numbers(CELL.encoder_log.read_text()), numbers(log), strict=True):
        assert row == pytest.approx(expected, rel=0.01)
    assert len(CELL.weights.read_bytes()) == len(weights)
    assert not [path for path in Path(".cache").rglob("*") if path.is_file()]


def test_the_number_of_workers_changes_no_byte(place):
    desk()
    found = []
    for workers in (1, 2, 3):
        MACHINE.parent.mkdir(parents=True, exist_ok=True)
        MACHINE.write_text(json.dumps({"workers": workers, "scheduler": ""}))
        encode.main(CELL, settings(1))
        files = [path for path in sorted(Path("data").rglob("*")) if path.name in MADE]
        found.append([path.read_bytes() for path in files])
        for path in files:
            path.unlink()
    assert len(found[0]) == len(MADE) * len(PHASES)
    assert found[0] == found[1] == found[2]


def numbers(table: str) -> list[list[float]]:
    return [[float(value) for value in line.split(",")] for line in table.splitlines()[1:]]


def _seen(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return rows[labels[rows] < 2]


def test_a_stage_watches_who_started_it_before_it_loads_anything(monkeypatch):
    """One whose DVC was killed while its libraries were loaded ran on to its end."""
    watched = []
    monkeypatch.setenv("DVC_STAGE", "learn")
    monkeypatch.setattr(run_stage, "end_with_parent", lambda: watched.append(True))
    with pytest.raises(UserError, match="no such file; expected the name of a stage"):
        run_stage.run(["nonsense"])
    assert watched
