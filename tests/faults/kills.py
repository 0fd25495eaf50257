"""Kills of `dvc repro` at random moments, with workers: the next run ends in the same bytes."""

import os
import random
import re
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
# How DVC may end then, where it is not its own affair; it outlives a stage that Ctrl-C ended.
OWN_ENDS = {"SIGTERM": -signal.SIGTERM} | dict.fromkeys(
    ("SIGKILL of all", "SIGKILL of dvc"), -signal.SIGKILL
)
# Stages that a signal ended, as DVC logs it; negative before they listen for one.
STAGE_ENDS = {130, 143, -signal.SIGINT, -signal.SIGTERM, -signal.SIGKILL}
SECONDS_TO_END = 20.0


def killed(place: Path, count: int) -> Iterator[str]:
    """What was wrong after each of so many kills; empty where nothing was. Where DVC ended before
    its signal, nothing is said, and another pipeline is killed."""
    first, draw = _brief(place / "first"), random.Random(0)
    start = time.monotonic()
    first.dvc("repro")
    longest, expected = time.monotonic() - start, _outputs(first)
    done = number = 0
    while done < count:
        number += 1
        checkout = _brief(place / f"killed {number}", first.folder)
        for _ in range(min(AT_ONCE, count - done)):
            said = kill(checkout, draw.uniform(0, min(longest, LATEST)), draw.choice(list(ENDS)))
            if said is None:
                break
            done += 1
            yield said
        checkout.dvc("repro")
        drafts = [str(each) for each in checkout.folder.rglob("*.partial")]
        if drafts or _outputs(checkout) != expected:
            yield f"pipeline {number}: other bytes in the end, or {drafts}"


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


def kill(checkout: Checkout, seconds: float, how: str) -> str | None:
    """What was wrong after this kill of `dvc repro`; None where it had ended before."""
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
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return None
        ENDS[how](process.pid)
    status = process.wait()
    until = time.monotonic() + SECONDS_TO_END
    while (left := list(_running_in(checkout.folder))) and time.monotonic() < until:
        time.sleep(0.1)
    wrong = [f"processes {left}"] if left else []
    if status == 0 or status != OWN_ENDS.get(how, status):
        wrong.append(f"dvc ended with {status}")
    ends = {int(each) for each in re.findall(r"exited with (-?\d+)", log.read_text())}
    if ends - STAGE_ENDS:
        wrong.append(f"stages ended with {sorted(ends - STAGE_ENDS)}")
    drafts = [str(each) for each in checkout.folder.rglob("*.partial")]
    if drafts and how in ("Ctrl-C", "SIGTERM"):
        wrong.append(f"left {drafts}")
    return f"{how} after {seconds:.1f} s: {', '.join(wrong)}" if wrong else ""


def _running_in(folder: Path) -> Iterator[int]:
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (each / "cwd").readlink().is_relative_to(folder):
                yield int(each.name)
