"""The texts of all classes of a data set: recorded ones, or new ones from a language model."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from zsar.bounds import Amount, Count, Positive
from zsar.errors import UserError
from zsar.text import descriptions
from zsar.text.answers import TextFormat, checked_text, forbidden_names
from zsar.text.author import Author, AuthorConfig, ClassTask, NoUsableText, WrittenText
from zsar.text.cache import Cache
from zsar.text.descriptions import KINEMATICS, NAMES, Prompt, Provenance
from zsar.text.endpoint import Endpoint, Stopped, Tokens

Progress = Callable[[str], object]  # gets a line about what is done


@dataclass(frozen=True)
class StructuredConfig:
    """How structured descriptions are asked for; see zsar.text.structured."""

    drafts: Count  # independent answers about each class
    structured: Literal["schema", "json", "none"]  # the response format that is asked for
    temperature: Amount | None
    answer_tokens: Count
    timeout: Positive


@dataclass(frozen=True)
class DescribeConfig:
    provider: str
    sources: dict[str, TextFormat]  # texts that a language model can write
    joined: dict[str, list[str]]  # texts made of others
    kinematics: StructuredConfig
    openai: AuthorConfig

    def author_config(self, source: str) -> AuthorConfig:
        """A source that is no text has limits of its own."""
        own = {KINEMATICS: self.kinematics}.get(source)
        if own is None:
            return self.openai
        return replace(
            self.openai,
            temperature=own.temperature,
            answer_tokens=own.answer_tokens,
            endpoint=replace(self.openai.endpoint, timeout=own.timeout),
        )


@dataclass(frozen=True)
class TextFolders:
    """The folders that the library reads and writes; stages and commands choose them."""

    recorded: Path  # descriptions of one class list
    prompts: Path
    cache: Path


@dataclass(frozen=True)
class ClassTexts:
    """The texts of every class, source by source, and their provenance."""

    lines: dict[str, list[str]]
    provenance: dict[str, Provenance]


@dataclass(frozen=True)
class SourceTask(ABC):
    """What one prompt asks about every class."""

    names: list[str]
    prompt: Prompt
    kind: ClassVar[str]  # what an answer is called in messages

    @property
    def source(self) -> str:
        return self.prompt.source

    @property
    def parameters(self) -> dict[str, Any]:
        """What provenance records beside the parameters of the requests."""
        return {}

    @property
    @abstractmethod
    def class_tasks(self) -> list[ClassTask]: ...

    def write(self, author: Author, progress: Progress) -> list[WrittenText]:
        """After an error the same call continues from the cache."""
        return _write_all(self, author, progress)

    @abstractmethod
    def content(self, texts: list[WrittenText]) -> str:
        """Of the file with what is recorded."""


@dataclass(frozen=True)
class TextTask(SourceTask):
    """The texts of one source that are to be written, one per class."""

    format: TextFormat
    kind = "text"

    @property
    def class_tasks(self) -> list[ClassTask]:
        return [self._class_task(own) for own in range(len(self.names))]

    def write(self, author: Author, progress: Progress) -> list[WrittenText]:
        """One text per class, no two equal."""
        texts = super().write(author, progress)
        for own, text in enumerate(texts):
            if text.text.lower() in {earlier.text.lower() for earlier in texts[:own]}:
                taken = [each.text for k, each in enumerate(texts) if k != own]
                texts[own] = author.write(self._class_task(own, taken))
        return texts

    def content(self, texts: list[WrittenText]) -> str:
        return "".join(f"{text.text}\n" for text in texts)

    def _class_task(self, own: int, taken: Sequence[str] = ()) -> ClassTask:
        """`taken` are the texts of other classes."""
        name, format = self.names[own], self.format
        prompt = self.prompt.fill(
            name=name,
            names=", ".join(self.names),
            shortest=format.shortest,
            longest=format.longest,
        )
        forbidden = forbidden_names(self.names, own)
        check = partial(checked_text, format=format, forbidden=forbidden, taken=taken)
        return ClassTask(name, prompt, check, self.kind)


def source_task(
    config: DescribeConfig, folders: TextFolders, source: str, names: list[str]
) -> TextTask:
    if source not in config.sources:
        raise UserError(
            f"unknown source {source!r}; describe.sources lists: {', '.join(config.sources)};"
            f" beside them there is {KINEMATICS}"
        )
    prompt = descriptions.read_prompt(folders.prompts, source)
    return TextTask(names, prompt, config.sources[source])


def make_author(
    config: AuthorConfig, folders: TextFolders, environment: Mapping[str, str]
) -> Author:
    """The author that the settings select; its answers are cached in `folders.cache`."""
    return Author(config, Endpoint(config.endpoint, environment), Cache(folders.cache / "answers"))


@dataclass(frozen=True)
class Estimate:
    """What a task will need, as far as it is known beforehand."""

    cached: int  # answers that the cache holds
    requests: list[dict]
    tokens: Tokens
    cost: float


def estimate(task: SourceTask, author: Author) -> Estimate:
    """Sends no request; rejected answers and equal texts are not foreseen."""
    resolved = [author.resolve_cached(each) for each in task.class_tasks]
    requests = [request for text, request, _ in resolved if text is None]
    each = [author.max_tokens(request) for request in requests]
    tokens = Tokens(sum(one.prompt for one in each), sum(one.answer for one in each))
    return Estimate(len(resolved) - len(requests), requests, tokens, author.endpoint.cost(tokens))


def provenance_of(task: SourceTask, texts: list[WrittenText], author: Author) -> Provenance:
    parameters = author.parameters()
    del parameters["model"]  # `writer` holds the endpoint's name of it, which is more precise
    return Provenance(
        prompt=task.prompt.digest,
        writer=", ".join(sorted({text.answer.model for text in texts})),
        endpoint=author.endpoint.host,
        date=max(text.answer.date for text in texts),
        parameters=parameters | task.parameters,
    )


def _write_all(task: SourceTask, author: Author, progress: Progress) -> list[WrittenText]:
    """The text of every class task, written in parallel; two of them may be equal."""
    source, kind, tasks = task.source, task.kind, task.class_tasks
    texts: dict[int, WrittenText] = {}
    unusable: list[NoUsableText] = []
    fatal: list[UserError] = []
    with ThreadPoolExecutor(author.endpoint.config.concurrency) as pool:
        classes = {pool.submit(author.write, task): own for own, task in enumerate(tasks)}
        try:
            for future in as_completed(classes):
                with _collect_errors(unusable, fatal):
                    texts[classes[future]] = future.result()
                    progress(f"{source}: {len(texts)} of {len(tasks)} {kind}s")
        finally:
            # After Ctrl-C nothing new is sent; open requests cost money, so they are awaited.
            if not all(future.done() for future in classes):
                author.endpoint.stop.set()
    if fatal:
        raise UserError(f"{source}: {len(texts)} of {len(tasks)} {kind}s are there; {fatal[0]}")
    if unusable:
        more = f" (and {len(unusable) - 1} more)" if len(unusable) > 1 else ""
        raise UserError(f"{source}: {unusable[0]}{more}; the other {kind}s are kept")
    return [texts[own] for own in range(len(tasks))]


@contextmanager
def _collect_errors(unusable: list[NoUsableText], fatal: list[UserError]) -> Iterator[None]:
    """Keep errors that concern one text apart from errors that end the run."""
    try:
        yield
    except Stopped:
        pass
    except NoUsableText as error:
        unusable.append(error)
    except UserError as error:
        fatal.append(error)


Provider = Callable[[DescribeConfig, TextFolders, int, Mapping[str, str], Progress], ClassTexts]


def recorded_provider(
    config: DescribeConfig,
    folders: TextFolders,
    classes: int,
    environment: Mapping[str, str],
    progress: Progress,
) -> ClassTexts:
    """The texts in the repository, if their prompts have not changed; sends no request."""
    lines = descriptions.recorded_texts(folders.recorded, classes)
    descriptions.require_current(folders.recorded, folders.prompts, list(lines))
    return ClassTexts(lines, descriptions.read_provenance(folders.recorded))


def openai_provider(
    config: DescribeConfig,
    folders: TextFolders,
    classes: int,
    environment: Mapping[str, str],
    progress: Progress,
) -> ClassTexts:
    """Every source of the settings from a language model; the class list is the recorded one."""
    names = descriptions.class_names(folders.recorded)[:classes]
    author = make_author(config.openai, folders, environment)
    lines, provenance = {NAMES: names}, {}
    for source in sorted(config.sources):
        task = source_task(config, folders, source, names)
        texts = task.write(author, progress)
        lines[source] = [text.text for text in texts]
        provenance[source] = provenance_of(task, texts, author)
    return ClassTexts(lines, provenance)


PROVIDERS: dict[str, Provider] = {"recorded": recorded_provider, "openai": openai_provider}


def provider(name: str) -> Provider:
    if name not in PROVIDERS:
        raise UserError(
            f"unknown provider {name!r}; describe.provider is one of: {', '.join(PROVIDERS)}"
        )
    return PROVIDERS[name]
