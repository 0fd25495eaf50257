"""`zsar audit`: what the readings of studies/audit.yaml add, measured on what it left in data/."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from zsar.atomic import atomic_write
from zsar.audit.differences import BEST_EPOCH, audited, is_there
from zsar.audit.readings import readings
from zsar.audit.table import audit_grids
from zsar.cells import METRICS
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.reproduce import plan, study
from zsar.table.render import render_grids

STUDY = "audit"
FILE = METRICS / f"{STUDY}.json"
Echo = Callable[[str], None]
Numbers = dict[str, dict[str, Any]]  # by cell and method


def audit(config: Config, form: str, echo: Echo) -> str:
    """The tables, after what is here of the study was measured; the rest is as it was kept."""
    runs = study.runs(study.load(STUDY), config, quirks=False)
    plan.check_runs(runs, config)
    found, missing = _measured(runs, config)
    if missing:
        echo(f"{len(missing)} runs of the study are not here, such as {missing[0]};")
        echo(f"`zsar reproduce {STUDY}` makes them, and what was kept of them stays")
    if not found:
        raise UserError(f"no run of the study is here; `zsar reproduce {STUDY}` makes them")
    with atomic_write(FILE) as draft:
        draft.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return render_grids(audit_grids(found), form)


def _measured(runs: list[study.StudyRun], config: Config) -> tuple[Numbers, list[str]]:
    """The numbers in the order of the study, and the runs that are not here."""
    seeds, resamples = list(config.params.run.seeds), config.params.run.bootstrap
    texts = {run.cell: run.text for run in runs}
    kept, found, missing = kept_numbers(), dict[str, dict[str, Any]](), []
    for every in readings(runs):
        key, method = every.plain.key, every.plain.method
        absent = [each for each in every.cells if not is_there(each, seeds, texts[each])]
        missing += [f"{each.key}/{each.method}" for each in absent]
        here = tuple(each for each in every.layers if every.cell(each) not in absent)
        before = kept.get(key, {}).get(method)
        if every.plain not in absent and (
            before is None or before["adds"].keys() <= {BEST_EPOCH, *here}
        ):
            before = audited(replace(every, layers=here), seeds, resamples)
        if before is not None:
            found.setdefault(key, {})[method] = before
    return found, missing


def kept_numbers() -> Numbers:
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
