"""`zsar describe`: have texts written by a language model, estimate the cost, or accept texts."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.cells import CACHE, PROMPTS, RECORDED
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.text import descriptions
from zsar.text.describe import (
    DescribeConfig,
    Progress,
    TextFolders,
    estimate,
    make_author,
    provenance_of,
    source_task,
    write_texts,
)
from zsar.text.descriptions import NAMES, Prompt, Provenance, class_names
from zsar.validation import typed

ALL = "all"  # instead of the name of a source


def describe_config(config: Config) -> DescribeConfig:
    return typed(DescribeConfig, config.plain("describe"), "describe")


def text_folders(dataset: str, config: Config) -> TextFolders:
    return TextFolders(RECORDED / config.dataset(dataset).descriptions, PROMPTS, CACHE)


def estimated(dataset: str, source: str, config: Config) -> list[str]:
    """The requests and their cost; sends none and needs no key."""
    describe, folders = describe_config(config), text_folders(dataset, config)
    author = make_author(describe, folders, os.environ)
    lines, total = [], 0.0
    for each in _sources(describe, source):
        task = source_task(describe, folders, each, class_names(folders.recorded))
        needed = estimate(task, author)
        total += needed.cost
        lines.append(
            f"{_file(folders, each)}: {len(task.names)} texts, {needed.cached} in the cache,"
            f" {len(needed.requests)} requests, about {needed.tokens.prompt} tokens in"
            f" and at most {needed.tokens.answer} out, at most {needed.cost:.4f}"
        )
        if needed.requests:
            content = needed.requests[0]["messages"][0]["content"]
            quoted = [f"    {line}" for line in content.splitlines()]
            lines += ["the first of them:", "", *quoted, ""]
    budget = describe.openai.endpoint.budget
    return [
        *lines,
        f"in all at most {total:.4f} of a budget of {budget:g}, more where answers are rejected;"
        f" the model is {describe.openai.model} at {author.endpoint.host}; nothing was sent",
    ]


def write(
    dataset: str, source: str, config: Config, overwrite: bool, progress: Progress
) -> list[str]:
    """Write the texts of a source, or of all; a file is written once all its texts are there."""
    describe, folders = describe_config(config), text_folders(dataset, config)
    sources = _sources(describe, source)
    if describe.provider == "recorded":
        raise UserError(
            "params.yaml: describe.provider is 'recorded', which sends no request; set it to"
            " 'openai' to have texts written, or see with --dry-run what that would cost"
        )
    for each in sources:
        if _file(folders, each).exists() and not overwrite:
            raise UserError(f"{_file(folders, each)} is there already; --overwrite replaces it")
    author = make_author(describe, folders, os.environ)
    for each in sources:
        task = source_task(describe, folders, each, class_names(folders.recorded))
        texts = write_texts(task, author, progress)
        with atomic_write(_file(folders, each)) as draft:
            draft.write_text("".join(f"{text.text}\n" for text in texts), encoding="utf-8")
        _add_provenance(folders, each, provenance_of(task, texts, author))
    spent = author.endpoint.budget.spent
    return [*(str(_file(folders, each)) for each in sources), f"this run cost {spent:.4f}"]


def accept(dataset: str, source: str, config: Config) -> list[str]:
    """Record that the texts of a source, or of all, answer the prompts as they are now."""
    describe, folders = describe_config(config), text_folders(dataset, config)
    lines = []
    for each in _sources(describe, source):
        if not _file(folders, each).is_file():
            raise UserError(f"{_file(folders, each)}: no such file")
        earlier = descriptions.read_provenance(folders.recorded).get(each)
        prompt = descriptions.read_prompt(folders.prompts, each)
        _add_provenance(folders, each, _accepted(prompt, earlier))
        lines.append(
            f"{_file(folders, each)} answers {descriptions.prompt_file(folders.prompts, each)}"
        )
    return lines


def _accepted(prompt: Prompt, earlier: Provenance | None) -> Provenance:
    today = datetime.now(UTC).date().isoformat()
    return replace(earlier or Provenance("", "by hand", "", today, {}), prompt=prompt.digest)


def _sources(describe: DescribeConfig, source: str) -> list[str]:
    if source == NAMES:
        raise UserError(f"{NAMES} is the class list, which texts are written from; edit it by hand")
    return list(describe.sources) if source == ALL else [source]


def _file(folders: TextFolders, source: str) -> Path:
    return folders.recorded / f"{source}.txt"


def _add_provenance(folders: TextFolders, source: str, new: Provenance) -> None:
    provenance = descriptions.read_provenance(folders.recorded) | {source: new}
    descriptions.write_provenance(folders.recorded / descriptions.PROVENANCE, provenance)
