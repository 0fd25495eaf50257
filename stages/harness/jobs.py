"""Parts of a study as jobs that run side by side, each in a folder of its own.

DVC locks the folder that it works in, and params.yaml selects one cell only. So a job gets a copy
of the repository with a params.yaml of its own, and shares DVC's cache and run-cache with all
others: what it has made is found wherever the same is asked for again.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zsar.atomic import atomic_write
from zsar.cells import CACHE, RAW, WEIGHTS
from zsar.dataset_info import GENERATED
from zsar.errors import UserError
from zsar.reproduce.run import DVC, OWN_PARAMS, with_values
from zsar.validation import PARAMS

JOBS = CACHE / "jobs"
# Inputs are linked into a job's folder where the file system can, rather than copied.
LINKS = "reflink,hardlink,symlink,copy"


@dataclass(frozen=True)
class Job:
    name: str  # also the path of its folder and of its log
    selection: dict[str, Any]  # what params.yaml says for it, by the dotted names of keys
    targets: tuple[str, ...]  # of `dvc repro`; without any, all that is selected
    after: tuple[str, ...] = ()  # jobs of earlier levels that it does not begin without


Levels = list[list[Job]]


@dataclass(frozen=True)
class Plan:
    """Levels of jobs, and the repository as it was when they were planned."""

    folder: Path
    levels: Levels

    @property
    def file(self) -> Path:
        return self.folder / "plan.json"

    @property
    def source(self) -> Path:
        """What every job copies: edits made while jobs wait do not reach them."""
        return self.folder / "source"

    def work(self, job: Job) -> Path:
        return self.folder / "work" / job.name

    def log(self, job: Job) -> Path:
        return self.folder / "logs" / f"{job.name}.log"

    def done(self, name: str) -> Path:
        """There once the job of this name has succeeded."""
        return self.folder / "done" / name

    @staticmethod
    def make(name: str, levels: Levels) -> "Plan":
        """Plan the jobs in the repository that this is the root of."""
        JOBS.mkdir(parents=True, exist_ok=True)
        plan = Plan(Path(tempfile.mkdtemp(prefix=f"{name}-", dir=JOBS)).resolve(), levels)
        _copy(Path.cwd(), plan.source)
        with atomic_write(plan.file) as draft:
            values = [[asdict(job) for job in level] for level in levels]
            draft.write_text(json.dumps(values, indent=1), encoding="utf-8")
        return plan

    @staticmethod
    def read(path: Path) -> "Plan":
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UserError(f"{path}: no such plan; all of its jobs may be done") from error
        levels = [
            [
                Job(**job | {name: tuple(job[name]) for name in ("targets", "after")})
                for job in level
            ]
            for level in values
        ]
        return Plan(path.parent.resolve(), levels)


def run(plan: Plan, job: Job) -> bool:
    """Whether the job is done; what it was interrupted in is done again, and checkpoints go on."""
    if plan.done(job.name).is_file():
        return True
    if lacking := [name for name in job.after if not plan.done(name).is_file()]:
        print(f"{job.name}: not begun, because {lacking[0]} is not done", flush=True)
        return False
    work, log = plan.work(job), plan.log(job)
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(plan.source, work, symlinks=True)
    params = work / PARAMS
    chosen = with_values(params.read_text(encoding="utf-8"), job.selection)
    params.write_text(chosen, encoding="utf-8")
    log.parent.mkdir(parents=True, exist_ok=True)
    # DVC's notes about paths go with the folder, which no later job uses.
    with tempfile.TemporaryDirectory() as notes, log.open("w", encoding="utf-8") as output:
        status = subprocess.run(
            [*DVC, "repro", *job.targets],
            cwd=work,
            env=environment(work) | {"DVC_SITE_CACHE_DIR": notes},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode
    if status:
        print(f"{job.name}: failed; {log} says why, and {work} is kept", flush=True)
        return False
    shutil.rmtree(work)
    plan.done(job.name).parent.mkdir(parents=True, exist_ok=True)
    plan.done(job.name).touch()
    print(f"{job.name}: done", flush=True)
    return True


def tidy(plan: Plan) -> None:
    """Remove the plan if all of its jobs are done; two that end at once may both try."""
    if all(plan.done(job.name).is_file() for level in plan.levels for job in level):
        shutil.rmtree(plan.folder, ignore_errors=True)


def environment(folder: Path) -> dict[str, str]:
    """What makes `python -m stages...` run the code of a folder, by this interpreter."""
    before = {
        "PYTHONPATH": [folder / "src", folder],
        "PATH": [Path(sys.executable).parent],
    }
    return os.environ | {
        name: os.pathsep.join([*map(str, paths), *filter(None, [os.environ.get(name)])])
        for name, paths in before.items()
    }


def _copy(root: Path, target: Path) -> None:
    """The repository's files, its recordings and its caches, to work with them without Git."""
    for name in _files(root):
        source, copy = root / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            copy.symlink_to(source.resolve())
        elif source.is_file():  # neither deleted nor a repository of its own
            shutil.copy2(source, copy)
    if (root / OWN_PARAMS).is_file():  # params.yaml is that of a run of `zsar reproduce`
        shutil.copy2(root / OWN_PARAMS, target / PARAMS)
    recordings = [path for path in sorted((root / RAW).glob("*")) if path.name not in GENERATED]
    # Checkpoints and vectors go by content. Only `zsar reproduce`, which no job runs, knows KEPT.
    (root / CACHE).mkdir(exist_ok=True)
    for path in (*recordings, root / WEIGHTS, root / CACHE):
        copy = target / path.relative_to(root)
        if path.exists() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(path)
    _share_cache(root, target)


def _files(root: Path) -> Iterator[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        reason = os.fsdecode(getattr(error, "stderr", b"")).strip() or error
        raise UserError(f"Git does not list the files of {root}: {reason}") from error
    yield from filter(None, os.fsdecode(found).split("\0"))


def _share_cache(root: Path, target: Path) -> None:
    """Let DVC in `target` use the cache of `root`, and do without Git."""
    from dvc.config import Config
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    own = root / ".dvc/config.local"
    try:
        with Repo(str(root)) as repo:
            cache = repo.cache.local_cache_dir
        if own.is_file():
            shutil.copy2(own, target / ".dvc")
        with Config(str(target / ".dvc")).edit("local") as config:
            config.setdefault("core", {})["no_scm"] = True
            config.setdefault("cache", {}).update(dir=cache, type=LINKS.split(","))
    except DvcException as error:
        raise UserError(f"DVC cannot share its cache with jobs: {error}") from error
