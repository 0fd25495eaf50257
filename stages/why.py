"""Say what was edited that makes stages of the selected cell stale, and which never ran here."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import reduce
from itertools import product
from operator import getitem
from pathlib import Path
from typing import Any

from stages.harness.needs import resolved
from stages.resolve import check
from zsar.cells import RESOLVED
from zsar.config.config import Config, load
from zsar.config.why import differences, last_runs
from zsar.dataset_info import GENERATED
from zsar.errors import UserError
from zsar.experiment.check_selection import override_notes
from zsar.yaml_files import load_yaml

PIPELINE, DEMO = Path("dvc.yaml"), Path("demo/dvc.yaml")


def main() -> None:
    config = load()
    check(config)
    for line in override_notes(config):
        print(line)
    now, runs = resolved(config), last_runs()
    for stage in selected_stages(config):
        if stage not in runs:
            print(f"{stage}: has not run here")
            continue
        for name, each in now.items():
            if before := runs[stage].content(RESOLVED / f"{name}.json"):
                for line in differences(before, each):
                    print(f"{stage}: {line}")


def selected_stages(config: Config) -> list[str]:
    """The stages of the selected cell, by the names that DVC gives them."""
    files = [*([DEMO] if config.cell.dataset in GENERATED else []), PIPELINE]
    params = asdict(config.params)
    return [
        name
        for file in files
        for stage, found in load_yaml(file)["stages"].items()
        for name in _names(stage, found.get("matrix", {}), params)
        if name != "resolve"
    ]


def _names(stage: str, matrix: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    """One for each combination of the values that the matrix lists."""
    for values in product(*(_filled(each, params) for each in matrix.values())):
        yield f"{stage}@{'-'.join(values)}" if matrix else stage


def _filled(values: str | list[str], params: Mapping[str, Any]) -> list[str]:
    """Values of a matrix with `${key}` replaced, or the list that a single `${key}` stands for."""

    def value(key: str) -> Any:
        return reduce(getitem, key.split("."), params)

    if isinstance(values, str):
        return value(values.removeprefix("${").removesuffix("}"))
    return [re.sub(r"\$\{([\w.]+)\}", lambda found: value(found[1]), each) for each in values]


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"zsar why: {error}")
