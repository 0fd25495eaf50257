"""A stage that several processes share: an error is one line, and no process is left over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

import toy_study
from stages import encode
from stages.harness.launch import shared
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read, write
from zsar.errors import UserError
from zsar.experiment.features import encoded_features
from zsar.experiment.inputs import load_encoder

ROOT = Path(__file__).parent.parent
CELL = Cell("demo", "smie50", "unseen5", "stgcn", "test")


def settings(processes: int) -> Settings:
    training = {"epochs": 2, "batch_size": 8}
    small = {"channels": [8, 8], "strides": [1, 2], "dropout": 0.0, "training": training}
    changes = toy_study.ONCE | {"run.processes": processes, "encoders.stgcn": small}
    return toy_study.needed("encode", CELL, changes)


def crashing(cell: Cell, given: Settings) -> None:
    if dist.get_rank() == 1:
        raise UserError("no clips here")
    dist.barrier()


def dying(cell: Cell, given: Settings) -> None:
    if dist.get_rank() == 1:
        os._exit(7)
    dist.barrier()


def sleeping(cell: Cell, given: Settings) -> None:
    Path(f"{dist.get_rank()}.pid").write_text(str(os.getpid()))
    time.sleep(120)


def only_encoding(cell: Cell, given: Settings) -> None:
    device = torch.device("cpu")
    encoder = load_encoder(cell, given, device)
    features = encoded_features(encoder, read(cell.clips, ClipFile), device)
    if dist.get_rank() == 0:
        write(cell.features, features)


def alone(cell: Cell, given: Settings) -> None:
    assert not dist.is_initialized()
    Path("alone.pid").write_text(str(os.getpid()))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.is_file() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_single_process_does_the_work_itself(place):
    alone_is_called = shared(alone)
    alone_is_called(CELL, settings(1))
    assert (place / "alone.pid").read_text() == str(os.getpid())


def test_the_error_of_any_process_is_the_error_of_the_stage(place):
    with pytest.raises(UserError, match="^no clips here$"):
        shared(crashing)(CELL, settings(2))


def test_a_process_that_dies_ends_the_stage(place):
    with pytest.raises(UserError) as found:
        shared(dying)(CELL, settings(2))
    assert "\n" not in str(found.value)


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_killing_the_stage_kills_its_processes(place, how):
    code = (
        "import test_launch as t\n"
        "if __name__ == '__main__':\n"
        "    t.shared(t.sleeping)(t.CELL, t.settings(2))\n"
    )
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


def test_two_processes_train_and_encode_as_one(place):
    drawn = np.random.default_rng(0)
    clips, labels = 300, np.arange(300) % 3
    skeletons = drawn.normal(size=(clips, 3, 10, 25, 2)).astype(np.float32)
    skeletons[::2, ..., 1] = 0
    none = np.zeros(clips, dtype=np.int64)
    names = np.array([f"{i:03}" for i in range(clips)], dtype="S3")
    derived = np.zeros((clips, 25), dtype=bool)
    write(CELL.clips, ClipFile(skeletons, labels, none, none, none, names, none, derived))
    rows = [np.arange(0, 24), np.arange(24, 36), np.arange(36, 40), np.arange(40, 44)]
    write(
        CELL.split_file, SplitFile(np.arange(2), np.array([2]), *(_seen(labels, r) for r in rows))
    )
    encode.main(CELL, settings(1))
    weights, log = CELL.weights.read_bytes(), CELL.encoder_log.read_text()
    features = CELL.features.read_bytes()
    CELL.features.unlink()
    shared(only_encoding)(CELL, settings(2))
    assert CELL.features.read_bytes() == features
    assert np.isfinite(read(CELL.features, FeatureFile).features).all()
    CELL.weights.unlink()
    shared(encode.main)(CELL, settings(2))
    for row, expected in zip(numbers(CELL.encoder_log.read_text()), numbers(log), strict=True):
        assert row == pytest.approx(expected, rel=0.01)
    assert len(CELL.weights.read_bytes()) == len(weights)
    assert not list(Path(".cache").glob("*"))


def numbers(table: str) -> list[list[float]]:
    return [[float(value) for value in line.split(",")] for line in table.splitlines()[1:]]


def _seen(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return rows[labels[rows] < 2]
