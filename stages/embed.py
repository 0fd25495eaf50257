"""Collect the texts of every class of a data set, and embed them."""

import json
import os
from typing import Any

from zsar.atomic import atomic_write
from zsar.cells import CACHE, PROMPTS, RECORDED, Cell
from zsar.config.settings import Settings
from zsar.data.artifacts import TextFile, write
from zsar.dataset_info import dataset_info
from zsar.experiment.device import configure_torch
from zsar.text import backends, descriptions
from zsar.text.describe import ClassTexts, DescribeConfig, TextFolders, provider
from zsar.validation import typed


def main(cell: Cell, settings: Settings) -> None:
    """Write the texts of every source, their provenance, and their features by the selected text
    encoder."""
    config = typed(DescribeConfig, settings.values["describe"], "describe")
    texts = class_texts(cell, settings, config)
    lines = texts.lines | descriptions.joined_texts(texts.lines, config.joined)
    with atomic_write(cell.sentences(settings.text)) as draft:
        draft.write_text(json.dumps(texts.lines, indent=1) + "\n", encoding="utf-8")
    descriptions.write_provenance(cell.provenance_file(settings.text), texts.provenance)
    kind = backends.config_class(settings.section("texts", settings.text))
    encoder: Any = settings.of("texts", settings.text, kind)
    features = backends.embed(encoder, lines, configure_torch(settings).type, CACHE)
    write(cell.texts(settings.text), TextFile(**vars(features)))


def class_texts(cell: Cell, settings: Settings, config: DescribeConfig) -> ClassTexts:
    """The texts of every class from the provider in the settings."""
    recorded = RECORDED / settings.dataset.descriptions
    classes = dataset_info(cell.dataset, settings.dataset).count
    folders = TextFolders(recorded, PROMPTS, CACHE)
    return provider(config.provider)(config, folders, classes, os.environ, print)
