"""Kills of `dvc repro` at random moments, with workers: the next run ends in the same bytes."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from clones import Checkout, clone, environment
from zsar.reproduce.run import with_values

LOCKS = ("dvc.lock", "demo/dvc.lock")
AT_ONCE = 6  # kills until a pipeline may end
LATEST = 30.0  # seconds from its start; it goes on from one kill to the next
BRIEFLY = {
    "method": "devise",
    "run.workers": 2,
    "run.threads": 1,
    "run.seeds": [0],
    "run.bootstrap": 50,
    "encoders.stgcn.training.epochs": 1,
    "methods.devise.epochs": 1,
}
# As a terminal, a scheduler and a machine that is out of memory end it.
ENDS: dict[str, Callable[[int], None]] = {
    "Ctrl-C": lambda process: os.killpg(process, signal.SIGINT),
    "SIGTERM": lambda process: os.killpg(process, signal.SIGTERM),
    "SIGKILL of all": lambda process: os.killpg(process, signal.SIGKILL),
    "SIGKILL of dvc": lambda process: os.kill(process, signal.SIGKILL),
}
SECONDS_TO_END = 20.0


def killed(place: Path, count: int) -> Iterator[str]:
    """What was wrong after each of so many kills; empty where nothing was."""
    first, draw = _brief(place / "first"), random.Random(0)
    start = time.monotonic()
    first.dvc("repro")
    longest, expected = time.monotonic() - start, _outputs(first)
    for number in range(0, count, AT_ONCE):
        checkout = _brief(place / f"killed {number}", first.folder)
        for _ in range(min(AT_ONCE, count - number)):
            seconds = draw.uniform(0, min(longest, LATEST))
            yield _kill(checkout, seconds, draw.choice(list(ENDS)))
        checkout.dvc("repro")
        drafts = [str(each) for each in checkout.folder.rglob("*.partial")]
        if drafts or _outputs(checkout) != expected:
            yield f"kills {number} to {number + AT_ONCE}: other bytes in the end, or {drafts}"


def _brief(folder: Path, origin: Path | None = None) -> Checkout:
    made = clone(folder, origin) if origin else clone(folder)
    if not origin:
        path = made.folder / "params.yaml"
        path.write_text(with_values(path.read_text(encoding="utf-8"), BRIEFLY), encoding="utf-8")
        made.run("git", "rm", "--quiet", "--ignore-unmatch", *LOCKS)
        made.run("git", "commit", "--quiet", "--all", "-m", "brief trainings, nothing done yet")
    return made


def _outputs(checkout: Checkout) -> dict[str, dict]:
    """What DVC recorded of every stage, the hashes of its outputs among it."""
    return {
        name: stage
        for file in LOCKS
        for name, stage in yaml.safe_load(checkout.read(file))["stages"].items()
    }


def _kill(checkout: Checkout, seconds: float, how: str) -> str:
    # Who is started in the background ignores Ctrl-C, and would hand that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = checkout.folder.with_name(f"{checkout.folder.name}.log")
    with log.open("w+") as output:
        process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=checkout.folder,
            env=environment(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            ENDS[how](process.pid)
    process.wait()
    until = time.monotonic() + SECONDS_TO_END
    while (left := list(_running_in(checkout.folder))) and time.monotonic() < until:
        time.sleep(0.1)
    said = f"{how} after {seconds:.1f} s: processes {left}" if left else ""
    drafts = [str(each) for each in checkout.folder.rglob("*.partial")]
    if drafts and how in ("Ctrl-C", "SIGTERM"):
        said += f" {how} after {seconds:.1f} s left {drafts}"
    return said


def _running_in(folder: Path) -> Iterator[int]:
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (each / "cwd").readlink().is_relative_to(folder):
                yield int(each.name)
