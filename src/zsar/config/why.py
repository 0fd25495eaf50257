"""Why a stage runs again, in the words of what a person edits: files and keys.

DVC keeps every version of data/settings in its cache and, in dvc.lock, which of them a stage last
ran on; that and the present one differ in what was changed.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zsar.config.layers import leaves

LOCKS = (Path("dvc.lock"), Path("demo/dvc.lock"))
CACHE = Path(".dvc/cache/files/md5")
MOST = 5  # lines


def changes(stage: str, resolved: Path) -> list[str]:
    """What has changed since the stage last ran; nothing where that is not known."""
    before = _before(stage.rpartition(":")[2], resolved)
    if before is None:
        return []
    now = json.loads(resolved.read_text(encoding="utf-8"))
    found = [*differences(before, now)]
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return found[:MOST] + more


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


def _before(name: str, resolved: Path) -> Any:
    for lock in LOCKS:
        for digest in _recorded(lock, name, resolved):
            kept = CACHE / digest[:2] / digest[2:]
            if kept.is_file():
                return json.loads(kept.read_text(encoding="utf-8"))
    return None


def _recorded(lock: Path, name: str, resolved: Path) -> list[str]:
    from zsar.yaml_files import load_yaml

    if not lock.is_file():
        return []
    stages = (load_yaml(lock) or {}).get("stages", {})
    deps = stages.get(name, {}).get("deps", [])
    return [dep["md5"] for dep in deps if dep["path"] == resolved.as_posix() and "md5" in dep]
