"""`zsar describe`: have texts written by a language model, estimate the cost, or accept texts."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.cells import CACHE, PROMPTS, RECORDED
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.text import descriptions, structured
from zsar.text.describe import (
    DescribeConfig,
    Progress,
    SourceTask,
    TextFolders,
    estimate,
    make_author,
    provenance_of,
    source_task,
)
from zsar.text.descriptions import KINEMATICS, NAMES, Prompt, Provenance, class_names, recorded_file
from zsar.validation import typed

ALL = "all"  # instead of the name of a source: every source of texts
OTHER_TASKS = {KINEMATICS: structured.source_task}  # of sources that are no texts


def describe_config(config: Config) -> DescribeConfig:
    return typed(DescribeConfig, config.plain("describe"), "describe")


def text_folders(dataset: str, config: Config) -> TextFolders:
    return TextFolders(RECORDED / config.dataset(dataset).descriptions, PROMPTS, CACHE)


def estimated(dataset: str, source: str, config: Config) -> list[str]:
    """The requests and their cost; sends none and needs no key."""
    describe, folders = describe_config(config), text_folders(dataset, config)
    author = make_author(describe.author_config(source), folders, os.environ)
    lines, total = [], 0.0
    for each in _sources(describe, source):
        task = _task(describe, folders, each)
        needed = estimate(task, author)
        total += needed.cost
        lines.append(
            f"{_file(folders, each)}: {len(task.class_tasks)} {task.kind}s,"
            f" {needed.cached} in the cache, {len(needed.requests)} requests,"
            f" about {needed.tokens.prompt} tokens in and at most {needed.tokens.answer} out,"
            f" at most {needed.cost:.4f}"
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
    author = make_author(describe.author_config(source), folders, os.environ)
    for each in sources:
        task = _task(describe, folders, each)
        texts = task.write(author, progress)
        with atomic_write(_file(folders, each)) as draft:
            draft.write_text(task.content(texts), encoding="utf-8")
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


def _task(describe: DescribeConfig, folders: TextFolders, source: str) -> SourceTask:
    make = OTHER_TASKS.get(source, source_task)
    return make(describe, folders, source, class_names(folders.recorded))


def _file(folders: TextFolders, source: str) -> Path:
    return recorded_file(folders.recorded, source)


def _add_provenance(folders: TextFolders, source: str, new: Provenance) -> None:
    provenance = descriptions.read_provenance(folders.recorded) | {source: new}
    descriptions.write_provenance(folders.recorded / descriptions.PROVENANCE, provenance)
