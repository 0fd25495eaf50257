"""Work that holds a draft for longer than any test takes; the module loads quickly in a worker."""

import time
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.errors import UserError
from zsar.processes import Report


def lasting(name: str, report: Report) -> None:
    with atomic_write(Path(name)) as draft:
        draft.write_text("half")
        report({"loss": 1.0})
        time.sleep(60)


def failing(report: Report) -> None:
    while not Path("a.partial").exists():
        time.sleep(0.02)
    raise UserError("enough")
