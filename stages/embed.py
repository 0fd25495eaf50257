"""Turn the texts of a data set into vectors."""

import json
from typing import Any

from stages.harness.run import run
from stages.harness.world import device
from zsar.data.artifacts import TextFile, write
from zsar.params import Params, merged
from zsar.study import CACHE, Cell
from zsar.text import embedding


def main(cell: Cell, params: Params) -> None:
    """Embed every source of every class with the text encoder that params.yaml selects."""
    texts = json.loads(cell.sentences.read_text(encoding="utf-8"))
    kind = embedding.kind(merged(params, "texts", params.text, cell.dataset))
    settings: Any = params.of("texts", params.text, cell.dataset, kind)
    vectors = embedding.embed(settings, texts, device(params).type, CACHE)
    write(cell.texts, TextFile(**vars(vectors)))


if __name__ == "__main__":
    run(main)
