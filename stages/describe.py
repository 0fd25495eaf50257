"""Bring together what is said of each class of a data set."""

import json
import os

from stages.harness.run import run
from zsar.facts import facts
from zsar.params import Params, typed
from zsar.study import CACHE, PROMPTS, RECORDED, Cell
from zsar.text import provenance
from zsar.text.providers import Folders, Settings, provider
from zsar.whole import whole


def main(cell: Cell, params: Params) -> None:
    """Write the texts of every source, in the order of the classes, and how they came about."""
    settings = typed(Settings, params.describe, "describe")
    recorded = RECORDED / params.datasets[cell.dataset].descriptions
    classes = facts(cell.dataset, params).count
    provide = provider(settings.provider)
    texts = provide(settings, Folders(recorded, PROMPTS, CACHE), classes, os.environ, print)
    with whole(cell.sentences) as draft:
        draft.write_text(json.dumps(texts.lines, indent=1) + "\n", encoding="utf-8")
    provenance.write(cell.origins, texts.origins)


if __name__ == "__main__":
    run(main)
