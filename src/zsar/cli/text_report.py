"""`zsar text`: the texts of each class, and the classes that a text encoder finds similar."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from zsar.cells import CACHE, RECORDED, Cell
from zsar.config.config import Config
from zsar.dataset_info import dataset_info
from zsar.errors import UserError
from zsar.text import backends, similarity
from zsar.text.descriptions import recorded_texts
from zsar.text.embedding import TextFeatures
from zsar.text.similarity import TextReportConfig
from zsar.validation import check_choice, typed
from zsar.viz import plots


@dataclass(frozen=True)
class TextReport:
    """Texts and features of the selected sources."""

    texts: dict[str, list[str]]
    names: list[str]
    features: TextFeatures
    similarity: Float[np.ndarray, "class class"]
    encoder: str
    token_limit: int | None


def text_report(dataset: str, config: Config, encoder: str, source: str | None) -> TextReport:
    """Embed the texts of all classes, of one source or of all."""
    texts = class_texts(dataset, config)
    names = texts["names"]
    if source is not None and source not in texts:
        raise UserError(f"{dataset} has no source {source!r}; it has: {', '.join(texts)}")
    selected = texts if source is None else {source: texts[source]}
    settings = config.at(Cell(dataset))
    check_choice(encoder, settings.values["texts"], "text", "settings/texts.yaml")
    kind = backends.config_class(settings.section("texts", encoder))
    backend: Any = settings.of("texts", encoder, kind)
    features = backends.embed(backend, selected, _device(config), CACHE)
    cosines = similarity.mean_cosines(features.pooled)
    limit = backends.token_limit(backend)
    return TextReport(selected, names, features, cosines, encoder, limit)


def class_texts(dataset: str, config: Config) -> dict[str, list[str]]:
    """The texts that the pipeline uses: the recorded ones, or those of a language model."""
    if config.plain("describe")["provider"] == "recorded":
        folder = RECORDED / config.dataset(dataset).descriptions
        return recorded_texts(folder, dataset_info(dataset, config.dataset(dataset)).count)
    file = Cell(dataset).sentences(config.params.text)
    if not file.is_file():
        raise UserError(f"{file}: no such file; `dvc repro` has the texts written")
    return json.loads(file.read_text(encoding="utf-8"))


def report_lines(report: TextReport, options: TextReportConfig, only: int | None) -> list[str]:
    """Each class, or one of them, with its texts and its nearest classes; then the warnings."""
    count = len(report.names)
    width = max(len(source) for source in report.texts)
    head = (
        f"{count} classes, {len(report.texts)} sources;"
        f" similarity: mean cosine over the sources, by {report.encoder}"
    )
    classes = range(count) if only is None else [only]
    body = [line for own in classes for line in _class_lines(own, report, options.nearest, width)]
    return [head, *body, "", *warnings(report, options.similar_above, only)]


def warnings(report: TextReport, above: float, only: int | None) -> list[str]:
    """Pairs of classes that are too similar in a source, and texts beyond the token limit."""
    found = []
    for column, source in enumerate(report.features.sources.tolist()):
        pooled, groups = report.features.pooled[:, column], report.features.groups[:, column]
        for pair in similarity.similar_pairs(pooled, groups.tolist(), above):
            if only is None or only in (pair.first, pair.second):
                found.append(f"{source}: {_pair_line(pair, report)}")
    limit = report.token_limit
    truncated = 0 if limit is None else int((report.features.counts >= limit).sum())
    if truncated:
        found.append(
            f"{report.encoder} reads {limit} tokens of a text;"
            f" {truncated} texts have as many or more"
        )
    return found or [
        f"{report.encoder} tells all classes apart in every source (cosine at most {above:g})"
    ]


def write_heatmap(report: TextReport, dataset: str, options: TextReportConfig, path: Path) -> str:
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: the picture is a PNG, expected a name that ends in .png")
    sources = (
        next(iter(report.texts))
        if len(report.texts) == 1
        else f"mean over {len(report.texts)} sources"
    )
    title = f"{dataset}: cosine similarity of the classes by {report.encoder} ({sources})"
    plots.draw_heatmap(report.similarity, report.names, title, options.similar_above, path)
    return str(path)


def report_config(config: Config) -> TextReportConfig:
    return typed(TextReportConfig, config.plain("text_report"), "text_report")


def class_index(names: Sequence[str], wanted: str) -> int:
    """The id of a class that is given by its id or its name."""
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    raise UserError(f"no class {wanted!r}; expected a name or an id from 0 to {len(names) - 1}")


def _class_lines(own: int, report: TextReport, count: int, width: int) -> list[str]:
    near = [
        f"{report.names[other]} {report.similarity[own, other]:.2f}"
        for other in similarity.nearest(report.similarity, own, count)
    ]
    texts = _text_lines(own, report.texts, width)
    return ["", f"{own} {report.names[own]}", *texts, f"  {'near':{width}}  {', '.join(near)}"]


def _text_lines(own: int, texts: Mapping[str, Sequence[str]], width: int) -> list[str]:
    return [
        f"  {source:{width}}  {lines[own]}" for source, lines in texts.items() if source != "names"
    ]


def _pair_line(pair: similarity.ClassPair, report: TextReport) -> str:
    first, second = (f"{report.names[each]} ({each})" for each in (pair.first, pair.second))
    if pair.equal:
        return f"{first} and {second} have the same text"
    return f"{report.encoder} can hardly tell {first} from {second}: cosine {pair.cosine:.3f}"


def _device(config: Config) -> str:
    import torch

    default = "cuda" if torch.cuda.is_available() else "cpu"
    return default if config.params.run.device == "auto" else config.params.run.device
