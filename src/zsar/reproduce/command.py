"""What `zsar reproduce` does: see whether all is there, run the study, print its table."""

from dataclasses import dataclass, replace
from typing import Any

from zsar.config.config import Config
from zsar.errors import UserError
from zsar.reproduce import compare, plan, run, study
from zsar.reproduce.run import Echo
from zsar.reproduce.study import QUIRKS

SELECTED_BY_STUDY = ("dataset", "preprocess", "split", "encoder", "method")  # by a study


@dataclass(frozen=True)
class ReproduceOptions:
    name: str
    as_published: bool
    dry_run: bool
    seeds: int
    changes: tuple[str, ...]  # KEY=VALUE


def reproduce(asked: ReproduceOptions, config: Config, tell: Echo) -> int:
    """The exit status: 1 where something is missing or a run failed."""
    if not asked.name:
        for name in study.names():
            tell(f"{name:16} {study.load(name).title}")
        return 0
    wanted, runs, changes = selected_runs(asked, config)
    config = config.changed(changes)  # or a complaint, before the first run
    lacking = plan.missing(runs, config)
    for line in lacking:
        tell(f"missing: {line}")
    results = f"{asked.name}+{QUIRKS}" if asked.as_published else asked.name
    failed: list[str] = []
    if asked.dry_run or not lacking:
        tell(plan.estimate(runs, config).line())
    if lacking and not asked.dry_run:
        tell("bring what is missing, then type the same again")
        return 1
    said = config.overrides() | changes  # the person's own word holds in a study, too
    if not asked.dry_run:
        failed = run.execute(results, runs, changes, config, tell)
    tell("\n".join(compare.table_lines(wanted, runs, run.study_results(results), config)))
    for name, value in said.items():
        tell(f"set by you: {name} = {value!r}")
    for name in failed:
        tell(f"failed: {name}")
    return 1 if failed else 0


def selected_runs(
    asked: ReproduceOptions, config: Config
) -> tuple[study.Study, list[study.StudyRun], dict[str, Any]]:
    """The study, its runs, and what params.yaml says otherwise for all of them."""
    wanted = study.load(asked.name)
    runs = study.runs(wanted, config, asked.as_published)
    changes = dict(map(_parsed_change, asked.changes))
    for name in changes:
        if name in SELECTED_BY_STUDY or name.startswith("also."):
            raise UserError(f"--set {name}: the study selects its cells; only text can be another")
    if text := changes.pop("text", ""):
        runs = list(
            {each.name: each for each in (replace(old, text=text) for old in runs)}.values()
        )
    if asked.seeds:
        changes["run.seeds"] = list(range(asked.seeds))
    plan.check_runs(runs, config)
    return wanted, runs, changes


def _parsed_change(said: str) -> tuple[str, Any]:
    key, equals, value = said.partition("=")
    if not equals:
        raise UserError(f"--set {said}: expected KEY=VALUE, such as methods.smie.epochs=7")
    import yaml

    try:
        return key.lstrip("+"), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UserError(f"--set {said}: {value!r} is no YAML value") from error
