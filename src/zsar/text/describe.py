"""Where the texts of the classes come from: recorded in a folder, or asked of a language model, one
per class and no two alike."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from zsar.errors import UserError
from zsar.text import author, descriptions
from zsar.text.author import Author, Form, Task, Text, Unusable, forbidden_names
from zsar.text.cache import Cache
from zsar.text.descriptions import NAMES, Prompt, Provenance, names, recorded
from zsar.text.endpoint import Endpoint, Stopped, Tokens

Tell = Callable[[str], object]  # where progress is told


@dataclass(frozen=True)
class Order:
    """What is to be written: a text of every class."""

    names: list[str]
    prompt: Prompt
    form: Form

    @property
    def source(self) -> str:
        return self.prompt.source

    @property
    def tasks(self) -> list[Task]:
        form, listed = self.form, ", ".join(self.names)
        return [
            Task(
                name,
                self.prompt.filled(
                    name=name, names=listed, shortest=form.shortest, longest=form.longest
                ),
                form,
                forbidden_names(self.names, own),
            )
            for own, name in enumerate(self.names)
        ]


@dataclass(frozen=True)
class Estimate:
    """What an order will take, as far as can be said beforehand."""

    kept: int  # texts that the cache holds
    requests: list[dict]
    tokens: Tokens
    cost: float


def estimate(order: Order, author: Author) -> Estimate:
    """Nothing is asked for this; further tries and texts that come out alike are not foreseen."""
    standings = [author.standing(task) for task in order.tasks]
    requests = [request for text, request, _ in standings if text is None]
    each = [author.most(request) for request in requests]
    tokens = Tokens(sum(t.asked for t in each), sum(t.answered for t in each))
    return Estimate(len(standings) - len(requests), requests, tokens, author.endpoint.cost(tokens))


def written(order: Order, author: Author, tell: Tell) -> list[Text]:
    """A text per class, or a complaint, after which the same call goes on from what is kept."""
    tasks = order.tasks
    texts = _together(order.source, tasks, author, tell)
    for own, text in enumerate(texts):
        earlier = frozenset(each.text for each in texts[:own])
        if text.text.lower() in {each.lower() for each in earlier}:
            everybody = frozenset(each.text for k, each in enumerate(texts) if k != own)
            texts[own] = author.write(replace(tasks[own], taken=everybody))
    return texts


def origin(order: Order, texts: list[Text], author: Author) -> Provenance:
    parameters = author.parameters()
    del parameters["model"]  # as the endpoint calls it says more
    return Provenance(
        prompt=order.prompt.digest,
        writer=", ".join(sorted({text.answer.model for text in texts})),
        endpoint=author.endpoint.host,
        date=max(text.answer.date for text in texts),
        parameters=parameters,
    )


def _together(source: str, tasks: list[Task], author: Author, tell: Tell) -> list[Text]:
    texts: dict[int, Text] = {}
    unusable: list[Unusable] = []
    fatal: list[UserError] = []
    with ThreadPoolExecutor(author.endpoint.settings.concurrency) as pool:
        places = {pool.submit(author.write, task): own for own, task in enumerate(tasks)}
        try:
            for future in as_completed(places):
                with _sorted_out(unusable, fatal):
                    texts[places[future]] = future.result()
                    tell(f"{source}: {len(texts)} of {len(tasks)} texts")
        finally:
            # Interrupted, it begins nothing new; what is under way is paid for, so waited for.
            if not all(future.done() for future in places):
                author.endpoint.stop.set()
    if fatal:
        raise UserError(f"{source}: {len(texts)} of {len(tasks)} texts are there; {fatal[0]}")
    if unusable:
        more = f" (and {len(unusable) - 1} more)" if len(unusable) > 1 else ""
        raise UserError(f"{source}: {unusable[0]}{more}; the other texts are kept")
    return [texts[own] for own in range(len(tasks))]


@contextmanager
def _sorted_out(unusable: list[Unusable], fatal: list[UserError]) -> Iterator[None]:
    """What ended one text, kept apart from what ends the run."""
    try:
        yield
    except Stopped:
        pass
    except Unusable as one:
        unusable.append(one)
    except UserError as one:
        fatal.append(one)


@dataclass(frozen=True)
class DescribeConfig:
    provider: str
    sources: dict[str, Form]  # what a language model can be asked for
    openai: author.AuthorConfig


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
    origins: dict[str, Provenance]


Provide = Callable[[DescribeConfig, Folders, int, Mapping[str, str], Tell], Texts]


def provider(name: str) -> Provide:
    if name not in PROVIDERS:
        raise UserError(
            f"unknown provider {name!r}; describe.provider is one of: {', '.join(PROVIDERS)}"
        )
    return PROVIDERS[name]


def _recorded(
    settings: DescribeConfig,
    folders: Folders,
    classes: int,
    environment: Mapping[str, str],
    tell: Tell,
) -> Texts:
    """The texts in the repository, as long as they answer its prompts; nothing is spent."""
    lines = recorded(folders.recorded, classes)
    descriptions.require_current(folders.recorded, folders.prompts, list(lines))
    return Texts(lines, descriptions.read_provenance(folders.recorded))


def _openai(
    settings: DescribeConfig,
    folders: Folders,
    classes: int,
    environment: Mapping[str, str],
    tell: Tell,
) -> Texts:
    """Every source of the settings, from a language model; the class list is the recorded one."""
    listed = names(folders.recorded)[:classes]
    writer = make_author(settings, folders, environment)
    lines, origins = {NAMES: listed}, {}
    for source in sorted(settings.sources):
        ordered = order(settings, folders, source, listed)
        texts = written(ordered, writer, tell)
        lines[source] = [text.text for text in texts]
        origins[source] = origin(ordered, texts, writer)
    return Texts(lines, origins)


PROVIDERS: dict[str, Provide] = {"recorded": _recorded, "openai": _openai}


def make_author(
    settings: DescribeConfig, folders: Folders, environment: Mapping[str, str]
) -> Author:
    """An author who writes by the settings and whose answers are kept in the cache."""
    endpoint = Endpoint(settings.openai.endpoint, environment)
    return Author(settings.openai, endpoint, Cache(folders.cache / "answers"))


def order(settings: DescribeConfig, folders: Folders, source: str, listed: list[str]) -> Order:
    if source not in settings.sources:
        raise UserError(
            f"unknown source {source!r}; describe.sources lists: {', '.join(settings.sources)}"
        )
    return Order(listed, descriptions.prompt(folders.prompts, source), settings.sources[source])
