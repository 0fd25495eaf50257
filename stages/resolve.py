"""Check params.yaml and settings/, plug-ins included, and write what each stage runs on."""

import json
import os
import shutil
from typing import Any

from stages.harness.needs import resolved
from zsar.atomic import atomic_write
from zsar.cells import MACHINE, MACHINE_SETTINGS, RESOLVED
from zsar.command_line import run_program
from zsar.config.config import Config, load
from zsar.experiment.check_selection import check_selection, override_notes
from zsar.experiment.check_settings import check_settings
from zsar.processes import end_with_parent


def main() -> None:
    """Write data/settings, or raise a UserError for the first name or value that does not fit."""
    if os.environ.get("DVC_STAGE"):
        end_with_parent()
    config = load()
    check(config)
    for line in override_notes(config):
        print(line)
    found: dict[str, Any] = resolved(config)
    # Apart, because no result depends on it.
    found[MACHINE.stem] = {name: getattr(config.params.run, name) for name in MACHINE_SETTINGS}
    shutil.rmtree(RESOLVED, ignore_errors=True)
    for name, each in found.items():
        with atomic_write(RESOLVED / f"{name}.json") as draft:
            draft.write_text(json.dumps(each, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check(config: Config) -> None:
    """Of everything that can be selected, and of the cell that is."""
    check_settings(config)
    check_selection(config)


if __name__ == "__main__":
    run_program("stages.resolve", main)
