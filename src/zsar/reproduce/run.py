"""A study, run by run through DVC; what is done already is not done again."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from zsar import dataset_info
from zsar.atomic import atomic_write
from zsar.cells import CACHE, METRICS
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.reproduce.study import StudyRun
from zsar.validation import PARAMS

OWN_PARAMS = CACHE / "params.yaml"  # the user's own, while a study selects its cells
STUDY_PARAMS = CACHE / "params-of-study.yaml"  # the last one that a study wrote
LOCK = CACHE / "reproduce.lock"
RESULTS = METRICS / "studies"
SECONDS_TO_END = 20.0  # for a stage, after Ctrl-C
DVC = (sys.executable, "-m", "dvc")
StudyResults = dict[str, dict[str, Any]]
Echo = Callable[[str], None]


def execute(
    name: str, runs: Sequence[StudyRun], changes: Mapping[str, Any], config: Config, echo: Echo
) -> list[str]:
    """Make every run, keep its numbers in metrics/studies, and return those that failed."""
    failed = []
    with keep_params() as text:
        for number, run in enumerate(runs, 1):
            echo(f"[{number}/{len(runs)}] {run.name}, texts by {run.text}")
            chosen = with_values(text, {**selection(run, config), **changes})
            _write(STUDY_PARAMS, chosen)
            _write(Path(PARAMS), chosen)
            remove_numbers(name, run)
            if _repro(run):
                record_numbers(name, run, changes)
            else:
                failed.append(run.name)
                echo(f"failed: {run.name}; the others go on")
    return failed


def restore() -> None:
    """Put params.yaml back if a study was killed that had replaced it; not while one runs."""
    if not OWN_PARAMS.is_file():
        return
    with _lock() as ours:
        if not ours or not OWN_PARAMS.is_file():
            return
        if STUDY_PARAMS.is_file() and STUDY_PARAMS.read_bytes() != Path(PARAMS).read_bytes():
            raise UserError(
                f"{PARAMS}: a study was killed here, and the file was edited since; what it was"
                f" before is in {OWN_PARAMS}: take from it what you want, then remove it"
            )
        _put_back()


@contextmanager
def keep_params() -> Iterator[str]:
    """The text of params.yaml, which may be overwritten meanwhile and is put back at the end."""
    with _lock() as ours:
        if not ours:
            raise UserError("another `zsar reproduce` is at work in this folder; let it end first")
        text = Path(PARAMS).read_text(encoding="utf-8")
        _write(OWN_PARAMS, text)
        try:
            yield text
        finally:
            _put_back()


def _put_back() -> None:
    _write(Path(PARAMS), OWN_PARAMS.read_text(encoding="utf-8"))
    OWN_PARAMS.unlink()


@contextmanager
def _lock() -> Iterator[bool]:
    """Whether this process gets the lock; it ends with the process."""
    import fcntl

    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as file:
        free = True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            free = False
        except OSError as error:
            raise UserError(f"{LOCK}: this file system has no locks ({error.strerror})") from error
        yield free


def selection(run: StudyRun, config: Config) -> dict[str, Any]:
    """What params.yaml says for a run."""
    cell = run.cell
    chosen: dict[str, Any] = {
        "dataset": cell.dataset,
        "preprocess": cell.preprocess,
        "encoder": cell.encoder,
        "text": run.text,
        "also.one_shot": [cell.method] if run.one_shot else [],
        "also.recognition": [cell.split] if run.tasks else [],
        "also.tasks": list(run.tasks),
        "also.transfer": [],
    }
    if run.tasks:  # nothing is made of a split, but there must be one
        known = dataset_info.dataset_info(cell.dataset, config.dataset(cell.dataset))
        return chosen | {"split": next(iter(known.splits))}
    return chosen | {"split": cell.split, "method": cell.method}


def record_numbers(name: str, run: StudyRun, changes: Mapping[str, Any]) -> None:
    """Keep the numbers of a run with the study; others of the same cell leave them alone."""
    entry = {**run_numbers(run), "text": run.text, "changes": dict(changes)}
    _record(name, study_results(name) | {run.name: entry})


def remove_numbers(name: str, run: StudyRun) -> None:
    """Numbers of an earlier run are not those of one that fails."""
    if run.name in (found := study_results(name)):
        del found[run.name]
        _record(name, found)


def _record(name: str, found: StudyResults) -> None:
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    _write(RESULTS / f"{name}.json", text)


def run_numbers(run: StudyRun) -> dict[str, Any]:
    """What the pipeline has found of a run."""
    place = METRICS / "recognition" / run.cell.key
    if run.tasks:
        return {task: _read(place / f"{task}.json") for task in run.tasks}
    found = {"zero_shot": _read(run.cell.metrics)}
    if run.one_shot:
        found["one_shot"] = _read(METRICS / "one_shot" / run.cell.metrics.relative_to(METRICS))
    return found


def study_results(name: str) -> StudyResults:
    """What is kept of a study."""
    path = RESULTS / f"{name}.json"
    return _read(path) if path.is_file() else {}


def targets(run: StudyRun) -> list[str]:
    """The targets of `dvc repro` for a run; the headline remains that of the user's selection."""
    if run.tasks:
        return ["recognise"]
    return ["record", "oneshot"] if run.one_shot else ["record"]


def _repro(run: StudyRun) -> bool:
    try:
        return _finished(subprocess.Popen([*DVC, "repro", *targets(run)])) == 0
    except FileNotFoundError as error:
        raise UserError("DVC is not installed; run `pip install 'zsar[pipeline]'`") from error


def _finished(process: "subprocess.Popen[bytes]") -> int:
    """Its exit status. Ctrl-C, which it gets as well, leaves it a moment to end its stage."""
    with process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8")


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """A YAML file with these values, by the dotted names of their keys; new ones are added."""
    from ruamel.yaml import YAML

    yaml = YAML()
    document = yaml.load(text)
    for name, value in values.items():
        *path, key = name.split(".")
        section = document
        for each in path:
            if not isinstance(section.get(each), dict):
                section[each] = {}
            section = section[each]
        section[key] = value
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()
