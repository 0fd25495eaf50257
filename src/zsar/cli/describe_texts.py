"""`zsar describe`: texts written anew by a language model, priced before, or declared valid."""

import os
from datetime import UTC, datetime
from pathlib import Path

from zsar.atomic import atomic_write
from zsar.cells import CACHE, PROMPTS, RECORDED
from zsar.config.config import Config
from zsar.errors import UserError
from zsar.text import descriptions
from zsar.text.describe import (
    DescribeConfig,
    Folders,
    Tell,
    estimate,
    make_author,
    order,
    origin,
    written,
)
from zsar.text.descriptions import NAMES, Prompt, Provenance, names
from zsar.validation import typed

EVERY = "all"  # instead of the name of a source


def describe_config(config: Config) -> DescribeConfig:
    return typed(DescribeConfig, config.plain("describe"), "describe")


def describe_folders(dataset: str, config: Config) -> Folders:
    return Folders(RECORDED / config.dataset(dataset).descriptions, PROMPTS, CACHE)


def priced(dataset: str, source: str, config: Config) -> list[str]:
    """What writing would ask and cost; nothing is asked and no key is needed."""
    chosen, places = describe_config(config), describe_folders(dataset, config)
    writer = make_author(chosen, places, os.environ)
    lines, total = [], 0.0
    for each in _sources(chosen, source):
        order_ = order(chosen, places, each, names(places.recorded))
        plan = estimate(order_, writer)
        total += plan.cost
        lines.append(
            f"{_file(places, each)}: {len(order_.names)} texts, {plan.kept} in the cache,"
            f" {len(plan.requests)} requests, about {plan.tokens.asked} tokens in"
            f" and at most {plan.tokens.answered} out, at most {plan.cost:.4f}"
        )
        if plan.requests:
            first = _indented(plan.requests[0]["messages"][0]["content"])
            lines += ["the first of them:", "", *first, ""]
    budget = chosen.openai.endpoint.budget
    asked = f"{chosen.openai.model} at {writer.endpoint.host}"
    return [
        *lines,
        f"in all at most {total:.4f} of a budget of {budget:g}, more where an answer will not do;"
        f" asking {asked}; nothing was asked",
    ]


def write(dataset: str, source: str, config: Config, overwrite: bool, tell: Tell) -> list[str]:
    """Write the texts of a source, or of all; each file appears once all its texts are there."""
    chosen, places = describe_config(config), describe_folders(dataset, config)
    sources = _sources(chosen, source)
    if chosen.provider == "recorded":
        raise UserError(
            "params.yaml: describe.provider is 'recorded', which asks nobody; set it to 'openai'"
            " to have texts written, or see with --dry-run what that would take"
        )
    for each in sources:
        if _file(places, each).exists() and not overwrite:
            raise UserError(f"{_file(places, each)} is there already; --overwrite replaces it")
    writer = make_author(chosen, places, os.environ)
    for each in sources:
        order_ = order(chosen, places, each, names(places.recorded))
        texts = written(order_, writer, tell)
        _record(_file(places, each), [text.text for text in texts])
        _add(places, each, origin(order_, texts, writer))
    spent = writer.endpoint.purse.spent
    return [*(str(_file(places, each)) for each in sources), f"this run cost {spent:.4f}"]


def accept(dataset: str, source: str, config: Config) -> list[str]:
    """Note that the texts of a source, or of all, answer the prompts as they are now."""
    chosen, places = describe_config(config), describe_folders(dataset, config)
    lines = []
    for each in _sources(chosen, source):
        if not _file(places, each).is_file():
            raise UserError(f"{_file(places, each)}: no such file")
        earlier = descriptions.read_provenance(places.recorded).get(each)
        prompt = descriptions.prompt(places.prompts, each)
        _add(places, each, _answering(prompt, earlier))
        lines.append(
            f"{_file(places, each)} answers {descriptions.prompt_file(places.prompts, each)}"
        )
    return lines


def _answering(prompt: Prompt, earlier: Provenance | None) -> Provenance:
    today = datetime.now(UTC).date().isoformat()
    known = earlier or Provenance("", "by hand", "", today, {})
    return Provenance(prompt.digest, known.writer, known.endpoint, known.date, known.parameters)


def _sources(chosen: DescribeConfig, source: str) -> list[str]:
    if source == NAMES:
        raise UserError(f"{NAMES} is the class list, which texts are written from; edit it by hand")
    return list(chosen.sources) if source == EVERY else [source]


def _file(places: Folders, source: str) -> Path:
    return places.recorded / f"{source}.txt"


def _record(path: Path, lines: list[str]) -> None:
    with atomic_write(path) as draft:
        draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _add(places: Folders, source: str, new: Provenance) -> None:
    known = descriptions.read_provenance(places.recorded)
    descriptions.write_provenance(places.recorded / descriptions.PROVENANCE, known | {source: new})


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
