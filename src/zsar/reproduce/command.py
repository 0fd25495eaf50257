"""`zsar reproduce`: check that all inputs are there, run the study, print its table."""

from dataclasses import dataclass, replace
from typing import Any

from zsar.config.config import Config
from zsar.errors import UserError
from zsar.reproduce import compare, plan, run, study
from zsar.reproduce.run import Echo
from zsar.reproduce.study import QUIRKS

SELECTED_BY_STUDY = ("dataset", "preprocess", "split", "encoder", "method")


@dataclass(frozen=True)
class ReproduceOptions:
    name: str
    as_published: bool
    dry_run: bool
    seeds: int
    changes: tuple[str, ...]  # KEY=VALUE


def reproduce(options: ReproduceOptions, config: Config, echo: Echo) -> int:
    """List the studies or run one; the exit status is 1 if an input is missing or a run failed."""
    if not options.name:
        for name in study.names():
            echo(f"{name:16} {study.load(name).title}")
        return 0
    wanted, runs, changes = selected_runs(options, config)
    config = config.changed(changes)  # or a UserError, before the first run
    missing = plan.missing(runs, config)
    for line in missing:
        echo(f"missing: {line}")
    results = f"{options.name}+{QUIRKS}" if options.as_published else options.name
    failed: list[str] = []
    if options.dry_run or not missing:
        echo(plan.estimate(runs, config).line())
    if missing and not options.dry_run:
        echo("get what is missing, then run the same command again")
        return 1
    overrides = config.overrides() | changes  # params.yaml counts in a study, too
    if not options.dry_run:
        failed = run.execute(results, runs, changes, config, echo)
    echo("\n".join(compare.table_lines(wanted, runs, run.study_results(results), config)))
    for name, value in overrides.items():
        echo(f"set by you: {name} = {value!r}")
    for name in failed:
        echo(f"failed: {name}")
    return 1 if failed else 0


def selected_runs(
    options: ReproduceOptions, config: Config
) -> tuple[study.Study, list[study.StudyRun], dict[str, Any]]:
    """The study, its runs, and the changes to params.yaml for all of them."""
    wanted = study.load(options.name)
    runs = study.runs(wanted, config, options.as_published)
    changes = dict(map(_parsed_change, options.changes))
    for name in changes:
        if name in SELECTED_BY_STUDY or name.startswith("also."):
            raise UserError(f"--set {name}: the study selects its cells; only text may change")
    if text := changes.pop("text", ""):
        runs = list(
            {each.name: each for each in (replace(old, text=text) for old in runs)}.values()
        )
    if options.seeds:
        changes["run.seeds"] = list(range(options.seeds))
    plan.check_runs(runs, config)
    return wanted, runs, changes


def _parsed_change(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set {text}: expected KEY=VALUE, such as methods.smie.epochs=7")
    import yaml

    from zsar.yaml_files import parse_yaml

    try:
        return key.lstrip("+"), parse_yaml(value)
    except yaml.YAMLError as error:
        raise UserError(f"--set {text}: {value!r} is no YAML value") from error
