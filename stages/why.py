"""Say which stages of the selected cell would run, and what was edited that makes them stale."""

import json
import sys
from pathlib import Path

import yaml

from stages.resolve import check, remarks, resolved
from zsar.config.config import load
from zsar.config.why import CACHE, LOCKS, differences
from zsar.errors import Complaint
from zsar.study import RESOLVED


def main() -> None:
    known = load()
    check(known)
    for line in remarks(known):
        print(line)
    now, stages = resolved(known), _selected()
    for stage, locked in stages.items():
        for dep in locked.get("deps", []):
            path = Path(dep["path"])
            if path.is_relative_to(RESOLVED):
                name = path.relative_to(RESOLVED).with_suffix("").as_posix()
                kept = CACHE / dep["md5"][:2] / dep["md5"][2:]
                if name in now and kept.is_file():
                    before = json.loads(kept.read_text(encoding="utf-8"))
                    for line in differences(before, now[name]):
                        print(f"{stage}: {line}")


def _selected() -> dict[str, dict]:
    found: dict[str, dict] = {}
    for lock in LOCKS:
        if lock.is_file():
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            found |= (yaml.load(lock.read_text(encoding="utf-8"), loader) or {}).get("stages", {})
    return found


if __name__ == "__main__":
    try:
        main()
    except Complaint as complaint:
        sys.exit(f"zsar why: {complaint}")
