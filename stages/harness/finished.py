"""Trainings that are finished, kept aside until all of their stage are: DVC removes the outputs of
an interrupted stage, and the next run goes on with those that are left."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from stages.harness.launch import run_trainings, shares_batches
from zsar.cells import CACHE, Cell
from zsar.config.settings import Settings
from zsar.processes import Job, Report

FOLDER = CACHE / "finished"


@dataclass(frozen=True)
class Training:
    """A job, and the folder that it fills."""

    job: Job
    output: Path


def run_unfinished(
    stage: str,
    cell: Cell,
    trainings: Sequence[Training],
    read: Iterable[Path],
    title: str,
    settings: Settings,
) -> None:
    """Run those that no interrupted run has finished, with the same sources, settings and files
    that they `read`. Where processes share every batch, nothing is kept."""
    if shares_batches(settings):
        run_trainings([each.job for each in trainings], title, settings)
        return
    place = FOLDER / cell.key / stage / cell.method
    kept = place / _digest((*cell.settings_files(stage), *read))
    for other in place.glob("*"):
        if other != kept:
            shutil.rmtree(other, ignore_errors=True)
    run_trainings(unfinished(trainings, kept), title, settings)
    shutil.rmtree(place, ignore_errors=True)


def unfinished(trainings: Sequence[Training], kept: Path) -> list[Job]:
    """The jobs that are still to be done; the outputs of the others are put back."""
    found = []
    for each in trainings:
        copy = kept / each.job.name
        if copy.is_dir():
            shutil.rmtree(each.output, ignore_errors=True)
            shutil.copytree(copy, each.output)
        else:
            work = partial(_keep, each.job.work, each.output, copy)
            found.append(replace(each.job, work=work))
    names = {job.name for job in found}
    return [job if job.after in names else replace(job, after="") for job in found]


def _keep(work: Callable[[Report], Any], output: Path, copy: Path, report: Report) -> Any:
    found = work(report)
    draft = copy.with_name(f"{copy.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with suppress(OSError):  # a convenience: a full disk is no reason to fail
            shutil.copytree(output, draft)
            draft.rename(copy)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return found


def _digest(paths: Iterable[Path]) -> str:
    """Of all that are there."""
    combined = hashlib.sha256()
    for path in (each for each in paths if each.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        combined.update(f"{path} {digest}\n".encode())
    return combined.hexdigest()[:20]
