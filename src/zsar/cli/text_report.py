"""`zsar text`: what is said of each class, and which classes an encoder finds close together."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zsar.cells import CACHE, RECORDED, Cell
from zsar.config.config import Config
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.text import backends, similarity
from zsar.text.descriptions import recorded
from zsar.text.embedding import Vectors
from zsar.validation import check_choice, typed
from zsar.viz import heatmap


@dataclass(frozen=True)
class TextReportConfig:
    nearest: int  # other classes that are shown beside each
    alike: float  # cosine above which an encoder is said not to tell two classes apart


@dataclass(frozen=True)
class TextReport:
    """Texts and vectors of the sources that are looked at."""

    texts: dict[str, list[str]]
    names: list[str]
    vectors: Vectors
    similarity: np.ndarray
    encoder: str
    limit: int | None


def text_report(dataset: str, config: Config, encoder: str, source: str | None) -> TextReport:
    """Embed what is said of the classes; with a source, that alone is looked at."""
    texts = sentences(dataset, config)
    listed = texts["names"]
    if source is not None and source not in texts:
        raise UserError(f"{dataset} has no source {source!r}; it has: {', '.join(texts)}")
    chosen = texts if source is None else {source: texts[source]}
    every = config.at(Cell(dataset))
    check_choice(encoder, every.values["texts"], "text", "settings/texts.yaml")
    settings: Any = every.of("texts", encoder, backends.kind(every.section("texts", encoder)))
    vectors = backends.embed(settings, chosen, _device(config), CACHE)
    alike = similarity.mean_cosines(vectors.pooled)
    return TextReport(chosen, listed, vectors, alike, encoder, backends.limit(settings))


def sentences(dataset: str, config: Config) -> dict[str, list[str]]:
    """The texts that the pipeline uses: the recorded ones, else those of a language model."""
    if config.plain("describe")["provider"] == "recorded":
        folder = RECORDED / config.dataset(dataset).descriptions
        return recorded(folder, dataset_info(dataset, config.dataset(dataset)).count)
    file = Cell(dataset).sentences(config.params.text)
    if not file.is_file():
        raise UserError(f"{file}: no such file; `dvc repro` has the texts written")
    return json.loads(file.read_text(encoding="utf-8"))


def lines(shown: TextReport, settings: TextReportConfig, only: int | None) -> list[str]:
    """Each class, or one of them, with its texts and its nearest; then what deserves a warning."""
    count = len(shown.names)
    width = max(len(source) for source in shown.texts)
    head = (
        f"{count} classes, {len(shown.texts)} sources;"
        f" nearness: mean cosine over the sources, by {shown.encoder}"
    )
    classes = range(count) if only is None else [only]
    body = [line for own in classes for line in _of_class(own, shown, settings.nearest, width)]
    return [head, *body, "", *warnings(shown, settings.alike, only)]


def warnings(shown: TextReport, above: float, only: int | None) -> list[str]:
    """Pairs of classes that a source hardly tells apart, and texts that are not read to the end."""
    found = []
    for column, source in enumerate(shown.vectors.sources.tolist()):
        pooled, groups = shown.vectors.pooled[:, column], shown.vectors.groups[:, column]
        for pair in similarity.alike(pooled, groups.tolist(), above):
            if only is None or only in (pair.first, pair.second):
                found.append(f"{source}: {_pair(pair, shown)}")
    cut = 0 if shown.limit is None else int((shown.vectors.counts >= shown.limit).sum())
    if cut:
        found.append(
            f"{shown.encoder} reads {shown.limit} tokens of a text;"
            f" {cut} texts are longer or just as long"
        )
    return found or [
        f"{shown.encoder} tells all classes apart in every source (cosine at most {above:g})"
    ]


def draw(shown: TextReport, dataset: str, settings: TextReportConfig, path: Path) -> str:
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: the picture is a PNG, expected a name that ends in .png")
    sources = (
        next(iter(shown.texts))
        if len(shown.texts) == 1
        else f"mean over {len(shown.texts)} sources"
    )
    title = f"{dataset}: {sources}, cosine by {shown.encoder}"
    heatmap.draw_heatmap(shown.similarity, shown.names, title, settings.alike, path)
    return str(path)


def settings(config: Config) -> TextReportConfig:
    return typed(TextReportConfig, config.plain("text_report"), "text_report")


def place(listed: Sequence[str], wanted: str) -> int:
    """The id of a class that is given by its id or its name."""
    if wanted in listed:
        return listed.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(listed):
        return int(wanted)
    raise UserError(f"no class {wanted!r}; expected a name or an id from 0 to {len(listed) - 1}")


def _of_class(own: int, shown: TextReport, count: int, width: int) -> list[str]:
    near = [
        f"{shown.names[other]} {shown.similarity[own, other]:.2f}"
        for other in similarity.nearest(shown.similarity, own, count)
    ]
    texts = _texts(own, shown.texts, width)
    return ["", f"{own} {shown.names[own]}", *texts, f"  {'near':{width}}  {', '.join(near)}"]


def _texts(own: int, texts: Mapping[str, Sequence[str]], width: int) -> list[str]:
    return [
        f"  {source:{width}}  {lines[own]}" for source, lines in texts.items() if source != "names"
    ]


def _pair(pair: similarity.Pair, shown: TextReport) -> str:
    first, second = (f"{shown.names[each]} ({each})" for each in (pair.first, pair.second))
    if pair.equal:
        return f"{first} and {second} have the same text"
    return f"{shown.encoder} can hardly tell {first} from {second}: cosine {pair.cosine:.3f}"


def _device(config: Config) -> str:
    import torch

    usual = "cuda" if torch.cuda.is_available() else "cpu"
    return usual if config.params.run.device == "auto" else config.params.run.device
