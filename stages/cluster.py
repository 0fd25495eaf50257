"""Run the cells of the study on many machines that share a file system, a job for every stage.

    python -m stages.cluster                                  # what `make benchmark` would make
    python -m stages.cluster TARGET ... --at-once 16 -- --gpus=1 --time=12:00:00
    python -m stages.cluster --executor local --at-once 2     # the same without a cluster

What stands behind `--` goes to sbatch. DVC runs each stage by itself (`--single-item`), so that
stages of a level run side by side; a level begins when the one before it has ended.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from stages.present import targets
from zsar import params
from zsar.errors import Complaint

Levels = list[list[str]]
# A stage that has learnt for hours must not be lost because another one holds DVC's lock.
REPRO = (sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item")


def levels(wanted: list[str]) -> Levels:
    """The stages that have something to do for the targets; each needs only levels before its
    own."""
    import networkx
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            graph = repo.index.graph  # from a stage to those that it depends on
            found = {stage for target in wanted for stage in repo.stage.collect(target)}
            needed = found.union(*(networkx.descendants(graph, stage) for stage in found))
            changed = set(repo.status(targets=[stage.addressing for stage in needed]))
    except DvcException as error:
        raise Complaint(f"DVC does not know what to run: {error}") from error
    stale = {stage for stage in needed if stage.addressing in changed}
    later = {stage for stage in needed if networkx.descendants(graph, stage) & stale}
    rest = graph.subgraph(stale | later).reverse()
    generations = networkx.topological_generations(rest)
    return [sorted(stage.addressing for stage in each) for each in generations]


def local(plan: Levels, at_once: int, options: list[str]) -> int:
    """Here, so many at once; the number of stages that failed."""
    if options:
        raise Complaint(f"only sbatch knows {' '.join(options)}")

    def run(target: str) -> bool:
        return subprocess.run([*REPRO, target]).returncode != 0

    with ThreadPoolExecutor(at_once) as pool:
        return sum(sum(pool.map(run, level)) for level in plan)


def slurm(plan: Levels, at_once: int, options: list[str]) -> int:
    """A job array for each level, submitted now; stages below one that fails fail by themselves,
    the others go on."""
    before = ""
    for level in plan:
        order = [f"--dependency=afterany:{before}"] if before else []
        array = f"--array=0-{len(level) - 1}%{at_once}"
        command = ["sbatch", "--parsable", "--job-name=zsar", array, *order, *options]
        try:
            done = subprocess.run(command, input=script(level), text=True, capture_output=True)
        except FileNotFoundError as error:
            raise Complaint("no sbatch here; expected SLURM, or --executor local") from error
        if done.returncode:
            raise Complaint(f"sbatch refused {len(level)} stages: {done.stderr.strip()}")
        before = done.stdout.strip().split(";")[0]
        print(f"job {before}: {len(level)} stages, from {level[0]}")
    return 0


def script(level: list[str]) -> str:
    """What every job of an array runs, on a copy that sbatch keeps."""
    stages = "\n".join(f"  {shlex.quote(target)}" for target in level)
    return (
        f"#!/bin/bash\nstages=(\n{stages}\n)\n"
        f'exec {shlex.join(REPRO)} "${{stages[$SLURM_ARRAY_TASK_ID]}}"\n'
    )


EXECUTORS: dict[str, Callable[[Levels, int, list[str]], int]] = {
    "local": local,
    "slurm": slurm,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--executor", choices=EXECUTORS, default="slurm")
    parser.add_argument("--at-once", type=int, default=8, help="stages that run at the same time")
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    asked = parser.parse_args(words[:split])
    if asked.at_once < 1:
        raise Complaint(f"--at-once is {asked.at_once}, expected 1 or more")
    plan = levels(asked.targets or targets(params.load()))
    print(f"{sum(map(len, plan))} stages in {len(plan)} levels")
    if failed := EXECUTORS[asked.executor](plan, asked.at_once, words[split + 1 :]):
        raise Complaint(f"{failed} stages failed; what they said is above")


if __name__ == "__main__":
    try:
        main()
    except Complaint as complaint:
        sys.exit(f"stages.cluster: {complaint}")
