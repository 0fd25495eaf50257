"""A language model that writes the texts of classes; every answer is cached, rejected ones too."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from zsar.bounds import Amount, Count, Name, Seed
from zsar.errors import UserError
from zsar.text.cache import Cache, cache_key
from zsar.text.endpoint import Endpoint, EndpointConfig, Tokens
from zsar.text.openai_client import RESPONSE_FORMAT


@dataclass(frozen=True)
class AuthorConfig:
    model: Name
    temperature: Amount | None  # null: the model's default
    seed: Seed | None
    answer_tokens: Count  # at most, including what the model thinks aloud
    answer_tokens_name: Name  # the endpoint's name for that limit
    tries: Count  # answers to one question; after a rejection the model is told the reason
    endpoint: EndpointConfig


@dataclass(frozen=True)
class ClassTask:
    """The text of one class that is to be written."""

    name: str  # of the class
    prompt: str
    check: Callable[[str], tuple[str | None, str]]  # the reason to reject an answer; its text
    kind: str = "text"  # what it is called in messages
    sample: int = 0  # of several answers to the same question, each cached apart
    response_format: dict[str, Any] | None = None  # that the endpoint is asked to keep to


@dataclass(frozen=True)
class Answer:
    contents: list[str]  # more than one if the model gave several answers
    cut: bool  # it reached the limit of tokens
    model: str  # as the endpoint calls it
    date: str


@dataclass(frozen=True)
class WrittenText:
    text: str
    answer: Answer


class NoUsableText(UserError):
    """All answers about one class were rejected; other classes are not affected."""


class Author:
    def __init__(self, config: AuthorConfig, endpoint: Endpoint, cache: Cache):
        self.config, self.endpoint, self.cache = config, endpoint, cache

    def write(self, task: ClassTask) -> WrittenText:
        """A text that passes all checks, or an error after `tries` answers.

        The next run continues after the answers in the cache, so no request is paid for twice.
        """
        for _ in range(self.config.tries):
            text, request, _ = self.resolve_cached(task)
            if text is not None:
                return text
            self._request_answer(task, request)
        text, _, rejections = self.resolve_cached(task)
        if text is not None:
            return text
        raise NoUsableText(
            f"no usable {task.kind} for {task.name!r} in {len(rejections)} tries;"
            f" the last one: {rejections[-1]}"
        )

    def resolve_cached(
        self, task: ClassTask
    ) -> tuple[WrittenText | None, dict[str, Any], list[str]]:
        """From the cached answers: the text, the next request, the rejections so far."""
        rejections: list[str] = []
        while True:
            request = self._request_body(task, rejections)
            answer = self._cached_answer(task, request)
            if answer is None:
                return None, request, rejections
            reason, text = _checked(answer, task)
            if reason is None:
                return WrittenText(text, answer), request, rejections
            rejections.append(reason)

    def max_tokens(self, request: dict[str, Any]) -> Tokens:
        """An upper estimate of the tokens of a request."""
        text = json.dumps(request["messages"])
        if RESPONSE_FORMAT in request:
            text += json.dumps(request[RESPONSE_FORMAT])
        return Tokens(self.endpoint.count_tokens(text), self.config.answer_tokens)

    def parameters(self) -> dict[str, Any]:
        """The parameters of a request besides the prompt; null settings are left out."""
        config = self.config
        optional = {"temperature": config.temperature, "seed": config.seed}
        present = {name: value for name, value in optional.items() if value is not None}
        return {"model": config.model, config.answer_tokens_name: config.answer_tokens} | present

    def _request_body(self, task: ClassTask, rejections: list[str]) -> dict[str, Any]:
        # Each rejection changes the request, and with it the key in the cache.
        again = "".join(
            f"\n\nAnswer {number} will not do: {reason}. Answer again,"
            f" with nothing but the {task.kind}."
            for number, reason in enumerate(rejections, 1)
        )
        request = self.parameters()
        if self.config.seed is not None:
            request["seed"] = self.config.seed + task.sample
        if task.response_format is not None:
            request[RESPONSE_FORMAT] = task.response_format
        return request | {"messages": [{"role": "user", "content": task.prompt + again}]}

    def _request_answer(self, task: ClassTask, request: dict[str, Any]) -> None:
        reply = self.endpoint.request("chat", request, self.max_tokens(request))
        answer = _parse_reply(reply, self.config.model)
        self.cache.put(self._cache_key(task, request), json.dumps(asdict(answer)).encode())

    def _cached_answer(self, task: ClassTask, request: dict[str, Any]) -> Answer | None:
        content = self.cache.get(self._cache_key(task, request))
        return None if content is None else Answer(**json.loads(content))

    def _cache_key(self, task: ClassTask, request: dict[str, Any]) -> str:
        # The host is part of it: two hosts may call different models by one name. The response
        # format is not: an endpoint that refuses it answers the same question without.
        question = {name: value for name, value in request.items() if name != RESPONSE_FORMAT}
        sample = [str(task.sample)] if task.sample else []
        return cache_key(self.endpoint.host, json.dumps(question, sort_keys=True), *sample)


def _checked(answer: Answer, task: ClassTask) -> tuple[str | None, str]:
    """The reason to reject the answer, or None, and the cleaned text."""
    if len(answer.contents) != 1:
        return f"there are {len(answer.contents)} answers, expected one", ""
    if answer.cut:
        return "it is cut off; be brief", ""
    return task.check(answer.contents[0])


def _parse_reply(reply: dict[str, Any], model: str) -> Answer:
    """The answer in a reply of the endpoint; a malformed reply has no contents."""
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
