"""Run a study on many machines that share a file system, or on this one, many jobs at once.

    python -m stages.cluster smie --as-published --at-once 16 -- --gpus=1 --time=12:00:00
    python -m stages.cluster smie --as-published --executor local --at-once 2   # without a cluster
    zsar reproduce smie --as-published     # then: finds all of it done, and prints the table

The arguments behind `--` go to sbatch. First data sets are prepared and texts embedded, then
encoders are trained, a job for each cell, then everything else, a job for each run of the
study. A level begins when the one before it has ended.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from stages.harness import jobs
from stages.harness.jobs import Job, Levels, Plan
from zsar.config.config import Config, load
from zsar.config.settings import without_layers
from zsar.errors import UserError
from zsar.reproduce import command
from zsar.reproduce.plan import missing
from zsar.reproduce.run import selection, targets
from zsar.reproduce.study import StudyRun
from zsar.text import text_splits


def levels(runs: Sequence[StudyRun], changes: Mapping[str, Any], config: Config) -> Levels:
    """The jobs of a study: what several runs have in common is a job of an earlier level."""
    inputs: dict[str, Job] = {}
    encoders: dict[str, Job] = {}
    rest: dict[str, Job] = {}
    for run in runs:
        chosen = {**selection(run, config), **changes}
        first = _inputs(run, chosen)
        needed = tuple(job.name for job in first)
        second = _encoders(run, chosen, needed)
        for level, found in ((inputs, first), (encoders, second)):
            for job in found:
                level.setdefault(job.name, job)
        needed += tuple(job.name for job in second)
        rest[_name(run)] = Job(_name(run), chosen, tuple(targets(run)), needed)
    return [list(each.values()) for each in (inputs, encoders, rest)]


def _inputs(run: StudyRun, chosen: dict[str, Any]) -> list[Job]:
    cell = run.cell
    prepare = Job(f"prepare/{cell.dataset}/{cell.preprocess}", chosen, ("prepare",))
    embed = Job(f"embed/{cell.dataset}/{run.text}", chosen, ("embed",))
    return [prepare] if run.tasks else [prepare, embed]


def _encoders(run: StudyRun, chosen: dict[str, Any], after: tuple[str, ...]) -> list[Job]:
    place = run.cell.key
    if run.tasks:
        return [Job(f"pretrain/{place}", chosen, ("pretrain",), after)]
    # A split that follows from the texts is another one with another text encoder.
    text = f"/{run.text}" if text_splits.parse_split_name(without_layers(run.cell.split)) else ""
    return [Job(f"encode/{place}{text}", chosen, (f"encode@{place}",), after)]


def _name(run: StudyRun) -> str:
    if run.tasks:
        return f"recognise/{run.cell.key}/{'+'.join(run.tasks)}"
    shown = "+one_shot" if run.one_shot else ""
    return f"learn/{run.cell.key}/{run.cell.method}/{run.text}{shown}"


def local(plan: Plan, at_once: int, options: list[str]) -> int:
    """Run all jobs on this machine; return the exit status. There are no options."""
    failed: list[str] = []
    with ThreadPoolExecutor(at_once) as pool:
        for level in plan.levels:
            done = list(pool.map(partial(jobs.run, plan), level))
            failed += [job.name for job, well in zip(level, done, strict=True) if not well]
    jobs.tidy(plan)
    if failed:
        count = sum(map(len, plan.levels))
        print(f"{len(failed)} of {count} jobs failed: {', '.join(failed)}")
    return 1 if failed else 0


def slurm(plan: Plan, at_once: int, options: list[str]) -> int:
    """Submit a job array for each level; return the exit status."""
    before = ""
    for number, level in enumerate(plan.levels):
        order = [f"--dependency=afterany:{before}"] if before else []
        array = f"--array=0-{len(level) - 1}%{at_once}"
        words = ["sbatch", "--parsable", "--job-name=zsar", array, *order, *options]
        try:
            before = _submitted(words, script(plan, number))
        except UserError:
            if not number:  # nobody runs anything of it
                shutil.rmtree(plan.folder)
            raise
        print(f"array {before}: {len(level)} jobs, from {level[0].name}")
    print(f"logs, and what failed: {plan.folder}; it goes once all jobs are done")
    return 0


def _submitted(words: list[str], text: str) -> str:
    """The number of a job that sbatch takes."""
    try:
        done = subprocess.run(words, input=text, text=True, capture_output=True)
    except FileNotFoundError as error:
        raise UserError("no sbatch here; expected SLURM, or --executor local") from error
    if done.returncode:
        raise UserError(f"sbatch refused: {done.stderr.strip()}")
    return done.stdout.strip().split(";")[0]


def script(plan: Plan, level: int) -> str:
    """The script of every job of an array; it runs the code of the time of submission."""
    folder = shlex.quote(str(plan.source))
    words = [sys.executable, "-m", "stages.cluster", "--job", str(plan.file), str(level)]
    return (
        f"#!/bin/bash\ncd {folder} || exit 1\n"
        f"export PYTHONPATH={folder}/src:{folder}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        f'exec {shlex.join(words)} "$SLURM_ARRAY_TASK_ID"\n'
    )


EXECUTORS: dict[str, Callable[[Plan, int, list[str]], int]] = {"local": local, "slurm": slurm}


def run_one_job(file: str, level: str, number: str) -> int:
    """Run one job of a plan; return the exit status."""
    plan = Plan.read(Path(file))
    well = jobs.run(plan, plan.levels[int(level)][int(number)])
    jobs.tidy(plan)
    return 0 if well else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", nargs="?", metavar="STUDY", help="a file of studies/")
    parser.add_argument("--as-published", action="store_true", help="with every published quirk")
    parser.add_argument("--seeds", type=int, default=0, help="how many; 0: those of params.yaml")
    parser.add_argument(
        "--set", "-S", dest="changes", action="append", default=[], metavar="KEY=VALUE"
    )
    parser.add_argument("--executor", choices=EXECUTORS, default="slurm")
    parser.add_argument("--at-once", type=int, default=8, help="jobs that run at the same time")
    parser.add_argument("--job", nargs=3, metavar=("PLAN", "LEVEL", "NUMBER"), help="one of a plan")
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    given = parser.parse_args(words[:split])
    if given.job:
        return run_one_job(*given.job)
    if given.at_once < 1:
        raise UserError(f"--at-once is {given.at_once}, expected 1 or more")
    if given.executor != "slurm" and words[split + 1 :]:
        raise UserError(f"only sbatch takes {' '.join(words[split + 1 :])}")
    if not given.study:
        raise UserError("STUDY is missing; `zsar reproduce` lists them")
    config = load()
    options = command.ReproduceOptions(
        given.study, given.as_published, False, given.seeds, tuple(given.changes)
    )
    _, runs, changes = command.selected_runs(options, config)
    config = config.changed(changes)  # or a UserError, before the first job
    if lacking := missing(runs, config):
        raise UserError("; ".join(f"missing: {line}" for line in lacking))
    plan = Plan.make(given.study, levels(runs, changes, config))
    print(f"{sum(map(len, plan.levels))} jobs in {len(plan.levels)} levels", flush=True)
    return EXECUTORS[given.executor](plan, given.at_once, words[split + 1 :])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"stages.cluster: {error}")
