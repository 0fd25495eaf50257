"""A disk that is full at any byte: what an export, an artifact or a picture leaves behind."""

import os
import random
import subprocess
import sys
from pathlib import Path

from clones import ROOT

# A limit of the size of files ends a write as a full disk does, and needs no rights.
WRITES = """
import resource, signal, sys
from pathlib import Path
import numpy as np
import test_artifacts, worlds
from test_faults_disk import WRITERS
from zsar.command_line import run_program
from zsar.data.artifacts import write
from zsar.prediction import bundle
from zsar.viz.picture import draw
clips, model = test_artifacts.clips(40), worlds.model_bundle()
bodies = np.random.default_rng(0).normal(size=(3, 8, 25, 2)).astype(np.float32)
writers = WRITERS | {
    "clips": lambda path: write(path, clips),
    "model": lambda path: bundle.write(model, path),
    "a.png": lambda path: draw(bodies, path, "a clip"),
    "a.gif": lambda path: draw(bodies, path, "a clip"),
    "a.html": lambda path: draw(bodies, path, "a clip"),
}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
for name, writer in writers.items():
    try:
        run_program(name, lambda: writer(Path(name)))
    except SystemExit as end:
        if end.code:
            print(end.code)
"""
SIZES = (1, 250_000)  # bytes; the largest file of these has about 200,000


def full_disks(place: Path, count: int) -> list[str]:
    """What was wrong with each of so many disks; empty where nothing was."""
    draw = random.Random(0)
    return [full(place / f"disk {k}", int(draw.uniform(*SIZES))) for k in range(count)]


def full(folder: Path, size: int) -> str:
    """What was wrong on a disk of so many bytes."""
    folder.mkdir()
    known = os.pathsep.join(str(ROOT / each) for each in ("tests/faults", "tests", "", "src"))
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(size)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": known},
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stdout.splitlines() if "cannot be written" not in line]
    drafts = [each.name for each in folder.rglob("*.partial")]
    large = [
        each.name for each in folder.rglob("*") if each.is_file() and each.stat().st_size >= size
    ]
    if done.returncode or said or drafts or "Traceback" in done.stderr or large:
        return f"{size} bytes: {said} {drafts} {large} {done.stderr[-300:]}"
    return ""
