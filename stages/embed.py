"""Bring together what is said of each class of a data set, and turn it into vectors."""

import json
import os
from typing import Any

from stages.harness.run import run
from zsar.atomic import atomic_write
from zsar.cells import CACHE, PROMPTS, RECORDED, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import TextFile, write
from zsar.dataset_info import dataset_info
from zsar.experiment.inputs import configure_torch
from zsar.text import backends, descriptions
from zsar.text.describe import DescribeConfig as Describing
from zsar.text.describe import Folders, Texts, provider
from zsar.validation import typed


def main(cell: Cell, settings: Settings) -> None:
    """Write the texts of every source, in the order of the classes, how they came about, and the
    vectors that the selected text encoder makes of them."""
    texts = described(cell, settings)
    with atomic_write(cell.sentences(settings.text)) as draft:
        draft.write_text(json.dumps(texts.lines, indent=1) + "\n", encoding="utf-8")
    descriptions.write_provenance(cell.origins(settings.text), texts.origins)
    kind = backends.kind(settings.section("texts", settings.text))
    encoder: Any = settings.of("texts", settings.text, kind)
    vectors = backends.embed(encoder, texts.lines, configure_torch(settings).type, CACHE)
    write(cell.texts(settings.text), TextFile(**vars(vectors)))


def described(cell: Cell, settings: Settings) -> Texts:
    """The texts from where the settings say: recorded, or asked of a language model."""
    chosen = typed(Describing, settings.values["describe"], "describe")
    recorded = RECORDED / settings.dataset.descriptions
    classes = dataset_info(cell.dataset, settings.dataset).count
    provide = provider(chosen.provider)
    return provide(chosen, Folders(recorded, PROMPTS, CACHE), classes, os.environ, print)


if __name__ == "__main__":
    run(main)
