"""Why a stage runs again: the files and the settings that were edited since its last run.

DVC keeps every version of data/settings in its cache and, in its lock files, which of them a stage
last ran on; the differences to the present version are the edits.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsar.config.layers import leaves

LOCKS = (Path("dvc.lock"), Path("demo/dvc.lock"))
CACHE = Path(".dvc/cache/files/md5")
LINES_SHOWN = 5


@dataclass(frozen=True)
class LastRun:
    """Which version of each input a stage last ran on."""

    hashes: dict[Path, str]

    def content(self, file: Path) -> Any:
        """A JSON file as it was then; None where the cache no longer has it."""
        digest = self.hashes.get(file, "")
        kept = CACHE / digest[:2] / digest[2:]
        return json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None


def last_runs() -> dict[str, LastRun]:
    """Of all stages that have run here, by their names in DVC's lock files."""
    from zsar.yaml_files import load_yaml

    found = {}
    for lock in LOCKS:
        if lock.is_file():
            for name, stage in (load_yaml(lock) or {}).get("stages", {}).items():
                inputs = stage.get("deps", [])
                found[name] = LastRun({Path(each["path"]): each.get("md5", "") for each in inputs})
    return found


def changes(stage: str, resolved: Path) -> list[str]:
    """What has changed since the stage last ran; nothing where that is not known."""
    run = last_runs().get(stage.rpartition(":")[2])
    before = run.content(resolved) if run else None
    if before is None:
        return []
    now = json.loads(resolved.read_text(encoding="utf-8"))
    found = [*differences(before, now)]
    more = [f"and {len(found) - LINES_SHOWN} more"] if len(found) > LINES_SHOWN else []
    return found[:LINES_SHOWN] + more


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """A line for each setting and each source file that differs."""
    old, new = dict(leaves(before["settings"])), dict(leaves(now["settings"]))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"{name} was {old.get(name)!r}, is {new.get(name)!r}"
    old, new = before["sources"], now["sources"]
    for file in sorted({*old, *new}):
        if file not in old:
            yield f"{file} is new"
        elif file not in new:
            yield f"{file} is no longer needed"
        elif old[file] != new[file]:
            yield f"{file} has changed"
