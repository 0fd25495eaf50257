"""Say what was edited that makes stages of the selected cell stale, and which never ran here."""

import json
import sys
from pathlib import Path

from stages.resolve import check, remarks, resolved
from zsar.cells import PHASES, RESOLVED
from zsar.config.config import Config, load
from zsar.config.why import CACHE, LOCKS, differences
from zsar.errors import UserError
from zsar.reproduce.plan import MADE
from zsar.yaml_files import load_yaml


def main() -> None:
    known = load()
    check(known)
    for line in remarks(known):
        print(line)
    now, stages = resolved(known), _locked()
    for stage in selected(known):
        locked = stages.get(stage, {})
        if not locked:
            print(f"{stage}: has not run here")
        for dep in locked.get("deps", []):
            path = Path(dep["path"])
            if path.is_relative_to(RESOLVED):
                name = path.relative_to(RESOLVED).with_suffix("").as_posix()
                kept = CACHE / dep["md5"][:2] / dep["md5"][2:]
                if name in now and kept.is_file():
                    before = json.loads(kept.read_text(encoding="utf-8"))
                    for line in differences(before, now[name]):
                        print(f"{stage}: {line}")


def selected(known: Config) -> list[str]:
    """The stages that dvc.yaml has for the selected cell."""
    cell, also = known.cell, known.params.also
    place = f"{cell.dataset}/{cell.preprocess}"
    protocols = [f"{place}-{protocol}-{cell.encoder}" for protocol in also.recognition]
    return [
        *(["demo"] if cell.dataset in MADE else []),
        f"prepare@{cell.dataset}-{cell.preprocess}",
        f"embed@{cell.dataset}-{known.params.text}",
        f"split@{cell.dataset}/{cell.preprocess}/{cell.split}",
        *(f"encode@{cell.place}-{phase}" for phase in PHASES),
        *(f"{stage}@{cell.place}-{cell.method}" for stage in ("learn", "evaluate", "record")),
        "headline",
        *(f"oneshot@{cell.place}-{method}" for method in also.one_shot),
        *(f"pretrain@{each}" for each in protocols),
        *(f"recognise@{each}-{task}" for each in protocols for task in also.tasks),
    ]


def _locked() -> dict[str, dict]:
    found: dict[str, dict] = {}
    for lock in LOCKS:
        if lock.is_file():
            found |= (load_yaml(lock) or {}).get("stages", {})
    return found


if __name__ == "__main__":
    try:
        main()
    except UserError as complaint:
        sys.exit(f"zsar why: {complaint}")
