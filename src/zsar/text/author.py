"""Texts from a language model, judged before they are taken; every answer paid for is kept."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from zsar.errors import UserError
from zsar.text.cache import Cache, key
from zsar.text.endpoint import Endpoint, Tokens
from zsar.text.endpoint import EndpointConfig as EndpointSettings

# Words that most texts of a language need, without those that several languages share.
ENGLISH = """
    an the and or of to in on at with from by for as into over under before after while then is are
    be not both other another it its this that these their his her up down out off through towards
    something somebody
"""
FOREIGN = """
    der das den dem ein eine einen einem und mit auf zum zur ist sich nicht wird werden nach bei
    auch von le les une des du est et vers avec dans puis sur aux qui el los las con del una por
    para hacia que lo su il gli della nel poi verso che uma os com ao na um seu sua depois het een
    naar wordt zijn
"""
# Typographic quotation marks, dashes, dots and spaces, and what stands for them in plain ASCII.
PLAIN = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"}
PLAIN |= {0x2026: "...", 0x00A0: " "}
REFUSAL = re.compile(r"^(i'm sorry|i am sorry|sorry,|i can't|i cannot|as an ai)", re.IGNORECASE)
READABLE_FROM = 10  # words: a text as long as this has some of the ENGLISH ones


@dataclass(frozen=True)
class Form:
    """How the texts of a source look."""

    form: Literal["clause", "sentences"]
    shortest: int  # words
    longest: int


def tidied(answer: str, form: Form) -> str:
    """The answer without its wrapping: thinking aloud, quotation marks, bullets, fancy signs."""
    text = re.sub(r"<think>.*?</think>", "", answer, flags=re.DOTALL).translate(PLAIN).strip()
    text = re.sub(r"^([-*]|\d+[.)])\s+", "", text).strip("\"'`* \t")
    text = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return text if form.form == "sentences" else text.lower().rstrip(".")


def rejection_reason(
    text: str, form: Form, others: Iterable[str], taken: Iterable[str]
) -> str | None:
    """The first reason why a text will not do, if there is one.

    It names none of the `others`, names of classes, and is none of those `taken`, texts of classes.
    """
    return next((reason for reason in _reasons(text, form, others, taken) if reason), None)


def _reasons(text: str, form: Form, others: Iterable[str], taken: Iterable[str]):
    count = len(text.split())
    yield not text and "it is empty"
    yield len(text.splitlines()) > 1 and f"it has {len(text.splitlines())} lines, expected one"
    yield REFUSAL.match(text) and "it is a refusal"
    yield not (text.isascii() and text.isprintable()) and "it has characters other than plain ASCII"
    yield not english(text) and "it is not in English"
    yield count < form.shortest and f"it has {count} words, expected at least {form.shortest}"
    yield count > form.longest and f"it has {count} words, expected at most {form.longest}"
    named = next((name for name in others if words(name) in words(text)), None)
    yield named and f"it names another class, {named!r}"
    yield (
        text.lower() in {each.lower() for each in taken}
        and "it is already the text of another class"
    )


def english(text: str) -> bool:
    """Whether a text seems to be in English; of a few words alone nobody can tell."""
    listed = words(text).split()
    native, foreign = (sum(map(each.split().count, listed)) for each in (ENGLISH, FOREIGN))
    return foreign <= native and (native > 0 or len(listed) < READABLE_FROM)


def words(text: str) -> str:
    """The words alone, so that a name is found across punctuation, and only as whole words."""
    return f" {re.sub('[^a-z0-9]+', ' ', text.lower()).strip()} "


def forbidden_names(names: list[str], own: int) -> list[str]:
    """Names that the text of class `own` must not use: the others', unless part of its own."""
    return [
        name for k, name in enumerate(names) if k != own and words(name) not in words(names[own])
    ]


@dataclass(frozen=True)
class AuthorConfig:
    model: str
    temperature: float | None  # null: the model's own
    seed: int | None
    answer_tokens: int  # at most, what it thinks aloud included
    answer_tokens_name: str  # what the endpoint calls that limit
    tries: int  # answers to one question; what will not do is asked for again, with the reason
    endpoint: EndpointSettings


@dataclass(frozen=True)
class Task:
    """The text of one class."""

    name: str  # of the class
    prompt: str
    form: Form
    others: list[str]  # names of classes that the text must not use
    taken: frozenset[str] = frozenset()  # texts of other classes


@dataclass(frozen=True)
class Answer:
    contents: list[str]  # one, or the model gave several
    cut: bool  # it reached the limit
    model: str  # as the endpoint calls it
    date: str


@dataclass(frozen=True)
class Text:
    text: str
    answer: Answer


class Unusable(UserError):
    """Of one class no answer would do; other classes are not concerned."""


class Author:
    def __init__(self, settings: AuthorConfig, endpoint: Endpoint, cache: Cache):
        self.settings, self.endpoint, self.cache = settings, endpoint, cache

    def write(self, task: Task) -> Text:
        """A text that passes, or a complaint after as many answers as are allowed in one run.

        The next run goes on from there, so that no request is ever paid for twice.
        """
        for _ in range(self.settings.tries):
            text, request, _ = self.standing(task)
            if text is not None:
                return text
            self._ask(request)
        text, _, refusals = self.standing(task)
        if text is not None:
            return text
        raise Unusable(
            f"no usable text for {task.name!r} in {len(refusals)} tries;"
            f" the last one: {refusals[-1]}"
        )

    def standing(self, task: Task) -> tuple[Text | None, dict[str, Any], list[str]]:
        """By the answers that are kept: the text, the next request, the objections so far."""
        refusals: list[str] = []
        while True:
            request = self._request(task, refusals)
            answer = self._kept(request)
            if answer is None:
                return None, request, refusals
            reason, text = _judged(answer, task)
            if reason is None:
                return Text(text, answer), request, refusals
            refusals.append(reason)

    def most(self, request: dict[str, Any]) -> Tokens:
        """An estimate of the most that a request takes."""
        asked = self.endpoint.tokens(json.dumps(request["messages"]))
        return Tokens(asked, self.settings.answer_tokens)

    def parameters(self) -> dict[str, Any]:
        """What the model is called with beside the prompt; null settings are left to the model."""
        settings = self.settings
        optional = {"temperature": settings.temperature, "seed": settings.seed}
        given = {name: value for name, value in optional.items() if value is not None}
        return {
            "model": settings.model,
            settings.answer_tokens_name: settings.answer_tokens,
        } | given

    def _request(self, task: Task, refusals: list[str]) -> dict[str, Any]:
        # Each objection changes the request, so that the next answer is not the one kept before.
        again = "".join(
            f"\n\nAnswer {number} will not do: {reason}. Answer again, with nothing but the text."
            for number, reason in enumerate(refusals, 1)
        )
        return self.parameters() | {"messages": [{"role": "user", "content": task.prompt + again}]}

    def _ask(self, request: dict[str, Any]) -> None:
        reply = self.endpoint.ask("chat", request, self.most(request))
        answer = _read(reply, self.settings.model)
        self.cache.put(self._name(request), json.dumps(asdict(answer)).encode())

    def _kept(self, request: dict[str, Any]) -> Answer | None:
        content = self.cache.get(self._name(request))
        return None if content is None else Answer(**json.loads(content))

    def _name(self, request: dict[str, Any]) -> str:
        # What one host calls by the model's name need not be what another does.
        return key(self.endpoint.host, json.dumps(request, sort_keys=True))


def _judged(answer: Answer, task: Task) -> tuple[str | None, str]:
    if len(answer.contents) != 1:
        return f"there are {len(answer.contents)} answers, expected one", ""
    if answer.cut:
        return "it is cut off; be brief", ""
    text = tidied(answer.contents[0], task.form)
    return rejection_reason(text, task.form, task.others, task.taken), text


def _read(reply: dict[str, Any], model: str) -> Answer:
    """The parts of a reply that matter; what does not look like an answer is none."""
    choices = reply.get("choices")
    contents, reasons = [], []
    for choice in choices if isinstance(choices, list) else []:
        message = choice.get("message") if isinstance(choice, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        contents.append(content if isinstance(content, str) else "")
        reasons.append(choice.get("finish_reason") if isinstance(choice, dict) else None)
    named = reply.get("model")
    return Answer(
        contents=contents,
        cut="length" in reasons,
        model=named if isinstance(named, str) else model,
        date=datetime.now(UTC).date().isoformat(),
    )
