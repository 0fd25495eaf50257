"""Bring together what is said of each class of a data set, and turn it into vectors."""

import json
import os
from typing import Any

from stages.harness.run import run
from stages.harness.world import device
from zsar.config.settings import Settings
from zsar.config.typed import typed
from zsar.data.artifacts import TextFile, write
from zsar.facts import facts
from zsar.study import CACHE, PROMPTS, RECORDED, Cell
from zsar.text import embedding, provenance
from zsar.text.providers import Folders, Texts, provider
from zsar.text.providers import Settings as Describing
from zsar.whole import whole


def main(cell: Cell, settings: Settings) -> None:
    """Write the texts of every source, in the order of the classes, how they came about, and the
    vectors that the selected text encoder makes of them."""
    texts = described(cell, settings)
    with whole(cell.sentences(settings.text)) as draft:
        draft.write_text(json.dumps(texts.lines, indent=1) + "\n", encoding="utf-8")
    provenance.write(cell.origins(settings.text), texts.origins)
    kind = embedding.kind(settings.section("texts", settings.text))
    encoder: Any = settings.of("texts", settings.text, kind)
    vectors = embedding.embed(encoder, texts.lines, device(settings).type, CACHE)
    write(cell.texts(settings.text), TextFile(**vars(vectors)))


def described(cell: Cell, settings: Settings) -> Texts:
    """The texts from where the settings say: recorded, or asked of a language model."""
    chosen = typed(Describing, settings.values["describe"], "describe")
    recorded = RECORDED / settings.dataset.descriptions
    classes = facts(cell.dataset, settings.dataset).count
    provide = provider(chosen.provider)
    return provide(chosen, Folders(recorded, PROMPTS, CACHE), classes, os.environ, print)


if __name__ == "__main__":
    run(main)
