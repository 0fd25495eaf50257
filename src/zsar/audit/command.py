"""`zsar audit`: what the readings of a study add, measured on what it left in data/."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from zsar.atomic import atomic_write
from zsar.audit.differences import BEST_EPOCH, audited
from zsar.audit.readings import readings
from zsar.audit.table import audit_grids
from zsar.cells import METRICS, Cell
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.reproduce import plan, study
from zsar.table.render import render_grids

FILE = METRICS / "audit.json"
Echo = Callable[[str], None]


def audit(name: str, config: Config, form: str, echo: Echo) -> str:
    """The table, after what is there of the study was measured; the rest is as it was kept."""
    runs = study.runs(study.load(name), config, quirks=False)
    plan.check_runs(runs, config)
    run, kept, missing = config.params.run, kept_numbers(), []
    for every in readings(runs):
        plain, absent = (
            every.plain,
            [each for each in every.cells if not _is_there(each, run.seeds)],
        )
        missing += [f"{each.key}/{each.method}" for each in absent]
        here = tuple(each for each in every.layers if every.cell(each) not in absent)
        before = kept.get(plain.key, {}).get(plain.method, {"adds": {}})["adds"]
        if plain in absent or not before.keys() <= {BEST_EPOCH, *here}:
            continue
        found = audited(replace(every, layers=here), list(run.seeds), run.bootstrap)
        kept.setdefault(plain.key, {})[plain.method] = found
    if missing:
        echo(f"{len(missing)} runs of {name} are not here, such as {missing[0]};")
        echo(f"`zsar reproduce {name}` makes them, and what was kept of them stays")
    if not kept:
        raise UserError(f"no run of {name} is here; `zsar reproduce {name}` makes them")
    with atomic_write(FILE) as draft:
        draft.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return render_grids(audit_grids(kept), form)


def kept_numbers(path: Path = FILE) -> dict[str, dict[str, Any]]:
    """What is kept, by cell and method."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _is_there(cell: Cell, seeds: Sequence[int]) -> bool:
    return all(cell.in_phase("test").with_seed(seed).scores.is_file() for seed in seeds)
