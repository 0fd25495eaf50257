"""All texts of a source from a language model: one per class, no two alike."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace

from zsar.errors import Complaint
from zsar.text.answers import Form, rivals
from zsar.text.author import Author, Task, Text, Unusable
from zsar.text.endpoint import Stopped, Tokens
from zsar.text.prompts import Prompt
from zsar.text.provenance import Origin

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
                rivals(self.names, own),
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


def origin(order: Order, texts: list[Text], author: Author) -> Origin:
    parameters = author.parameters()
    del parameters["model"]  # as the endpoint calls it says more
    return Origin(
        prompt=order.prompt.digest,
        writer=", ".join(sorted({text.answer.model for text in texts})),
        endpoint=author.endpoint.host,
        date=max(text.answer.date for text in texts),
        parameters=parameters,
    )


def _together(source: str, tasks: list[Task], author: Author, tell: Tell) -> list[Text]:
    texts: dict[int, Text] = {}
    unusable: list[Unusable] = []
    fatal: list[Complaint] = []
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
        raise Complaint(f"{source}: {len(texts)} of {len(tasks)} texts are there; {fatal[0]}")
    if unusable:
        more = f" (and {len(unusable) - 1} more)" if len(unusable) > 1 else ""
        raise Complaint(f"{source}: {unusable[0]}{more}; the other texts are kept")
    return [texts[own] for own in range(len(tasks))]


@contextmanager
def _sorted_out(unusable: list[Unusable], fatal: list[Complaint]) -> Iterator[None]:
    """What ended one text, kept apart from what ends the run."""
    try:
        yield
    except Stopped:
        pass
    except Unusable as one:
        unusable.append(one)
    except Complaint as one:
        fatal.append(one)
