"""A disk that is full at any byte: what an export, an artifact or a picture leaves behind."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
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
UNLIMITED = 2**40


def full_disks(place: Path, count: int) -> Iterator[str]:
    """What was wrong with each of so many disks; empty where nothing was. Every one is too small
    for the largest file at least."""
    draw = random.Random(0)
    yield from (full(place / f"disk {k}", size) for k, size in enumerate(sizes(place, count, draw)))


def sizes(place: Path, count: int, draw: random.Random) -> list[int]:
    """Of disks: for each a file is drawn that it refuses, so that small ones count as well."""
    whole = place / "no limit"
    _write(whole, UNLIMITED)
    lengths = sorted(each.stat().st_size for each in whole.rglob("*") if each.is_file())
    return [draw.randrange(1, draw.choice(lengths)) for _ in range(count)]


def full(folder: Path, size: int) -> str:
    """What was wrong on a disk of so many bytes, which must have refused something."""
    done = _write(folder, size)
    lines = done.stdout.splitlines()
    said = [line for line in lines if "cannot be written" not in line]
    drafts = [each.name for each in folder.rglob("*.partial")]
    large = [
        each.name for each in folder.rglob("*") if each.is_file() and each.stat().st_size > size
    ]
    if done.returncode or said or drafts or "Traceback" in done.stderr or large:
        return f"{size} bytes: {said} {drafts} {large} {done.stderr[-300:]}"
    return "" if lines else f"{size} bytes: nothing was refused"


def _write(folder: Path, size: int) -> "subprocess.CompletedProcess[str]":
    """All of these files, none of them larger."""
    folder.mkdir(parents=True)
    known = os.pathsep.join(str(ROOT / each) for each in ("tests/faults", "tests", "", "src"))
    return subprocess.run(
        [sys.executable, "-c", WRITES, str(size)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": known},
        capture_output=True,
        text=True,
    )
