"""Where the texts of the classes come from: recorded in a folder, or asked of a language model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zsar.errors import Complaint
from zsar.text import author, prompts, provenance
from zsar.text.answers import Form
from zsar.text.author import Author
from zsar.text.cache import Cache
from zsar.text.descriptions import NAMES, names, recorded
from zsar.text.endpoint import Endpoint
from zsar.text.provenance import Origin
from zsar.text.writing import Order, Tell, origin, written


@dataclass(frozen=True)
class Settings:
    provider: str
    sources: dict[str, Form]  # what a language model can be asked for
    openai: author.Settings


@dataclass(frozen=True)
class Folders:
    """Where the library finds what it needs; only the stages and commands know the tree."""

    recorded: Path  # descriptions of one class list
    prompts: Path
    cache: Path


@dataclass(frozen=True)
class Texts:
    """What is said of each class, source by source, and how it came about."""

    lines: dict[str, list[str]]
    origins: dict[str, Origin]


Provide = Callable[[Settings, Folders, int, Mapping[str, str], Tell], Texts]


def provider(name: str) -> Provide:
    if name not in PROVIDERS:
        raise Complaint(
            f"unknown provider {name!r}; describe.provider is one of: {', '.join(PROVIDERS)}"
        )
    return PROVIDERS[name]


def _recorded(
    settings: Settings, folders: Folders, classes: int, environment: Mapping[str, str], tell: Tell
) -> Texts:
    """The texts in the repository, as long as they answer its prompts; nothing is spent."""
    lines = recorded(folders.recorded, classes)
    provenance.insist(folders.recorded, folders.prompts, list(lines))
    return Texts(lines, provenance.read(folders.recorded))


def _openai(
    settings: Settings, folders: Folders, classes: int, environment: Mapping[str, str], tell: Tell
) -> Texts:
    """Every source of the settings, from a language model; the class list is the recorded one."""
    listed = names(folders.recorded)[:classes]
    writer = hired(settings, folders, environment)
    lines, origins = {NAMES: listed}, {}
    for source in sorted(settings.sources):
        ordered = order(settings, folders, source, listed)
        texts = written(ordered, writer, tell)
        lines[source] = [text.text for text in texts]
        origins[source] = origin(ordered, texts, writer)
    return Texts(lines, origins)


PROVIDERS: dict[str, Provide] = {"recorded": _recorded, "openai": _openai}


def hired(settings: Settings, folders: Folders, environment: Mapping[str, str]) -> Author:
    """An author who writes by the settings and whose answers are kept in the cache."""
    endpoint = Endpoint(settings.openai.endpoint, environment)
    return Author(settings.openai, endpoint, Cache(folders.cache / "answers"))


def order(settings: Settings, folders: Folders, source: str, listed: list[str]) -> Order:
    if source not in settings.sources:
        raise Complaint(
            f"unknown source {source!r}; describe.sources lists: {', '.join(settings.sources)}"
        )
    return Order(listed, prompts.prompt(folders.prompts, source), settings.sources[source])
