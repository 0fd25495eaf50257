"""An OpenAI-compatible endpoint, asked patiently and within a budget."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from zsar.errors import Complaint
from zsar.text.client import Client
from zsar.text.limits import Pace, Purse
from zsar.text.trouble import Trouble, backoff

MILLION = 1_000_000


@dataclass(frozen=True)
class Settings:
    base_url: str
    key_variable: str | None  # the environment variable that holds the key; null: none is asked for
    timeout: float  # seconds without a sign of life
    concurrency: int  # requests under way at once
    requests_per_minute: int
    retries: int  # attempts after the first
    first_wait: float  # seconds before the second attempt; doubled before each further one
    longest_wait: float
    budget: float  # what one run may cost at most, in the currency of the prices
    price_in: float  # of a million tokens
    price_out: float
    characters_per_token: float  # for estimates; less than is usual, so that they err upwards


@dataclass(frozen=True)
class Tokens:
    """What a request asks with and is answered with."""

    asked: int
    answered: int


class Stopped(Exception):
    """The run ends; nothing more is asked."""


class Endpoint:
    """Requests from many threads share one pace and one purse."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]):
        self.settings = settings
        self.client = Client(
            settings.base_url, settings.key_variable, settings.timeout, environment
        )
        self.stop = Event()
        self.pace = Pace(settings.requests_per_minute, time.monotonic, self.stop.wait)
        self.purse = Purse(settings.budget)

    @property
    def host(self) -> str:
        return self.client.host

    def tokens(self, text: str) -> int:
        """An estimate of how many tokens a text has."""
        return math.ceil(len(text) / self.settings.characters_per_token)

    def cost(self, tokens: Tokens) -> float:
        prices = self.settings
        return (tokens.asked * prices.price_in + tokens.answered * prices.price_out) / MILLION

    def ask(self, resource: str, body: dict[str, Any], most: Tokens) -> dict[str, Any]:
        """The endpoint's answer, after as many attempts as it takes; each costs `most` at most.

        Once there is none to be had, nothing more is asked in this run, from whatever thread.
        """
        try:
            return self._asked(resource, body, most)
        except Complaint:
            self.stop.set()
            raise

    def _asked(self, resource: str, body: dict[str, Any], most: Tokens) -> dict[str, Any]:
        name = json.dumps(body, sort_keys=True)
        for attempt in range(self.settings.retries + 1):
            try:
                return self._paid(resource, body, self.cost(most))
            except Trouble as trouble:
                last = trouble
            if not last.passing:
                break
            if attempt < self.settings.retries:
                self._rest(
                    last,
                    backoff(name, attempt, self.settings.first_wait, self.settings.longest_wait),
                )
        times = "once" if attempt == 0 else f"{attempt + 1} times"
        raise Complaint(
            f"{self.host} was asked {times} without an answer; the last time: {last.reason}"
        )

    def _rest(self, trouble: Trouble, seconds: float) -> None:
        if trouble.wait > self.settings.longest_wait:
            raise Complaint(
                f"{self.host} asks to wait {trouble.wait:.0f} s, longest_wait is"
                f" {self.settings.longest_wait:g} s; run this later, what was paid for is kept"
            )
        if trouble.wait:
            self.pace.hold(trouble.wait)  # it means everybody
        self.stop.wait(max(seconds, trouble.wait))

    def _paid(self, resource: str, body: dict[str, Any], most: float) -> dict[str, Any]:
        """One attempt, settled whatever comes of it."""
        self.purse.reserve(most)
        cost = 0.0
        try:
            self.pace.turn()
            if self.stop.is_set():
                raise Stopped
            answer = self.client.once(resource, body)
            cost = self.cost(used) if (used := _used(answer)) else most
            return answer
        except Trouble as trouble:
            cost = most if trouble.paid else 0.0
            raise
        finally:
            self.purse.settle(most, cost)


def _used(answer: dict[str, Any]) -> Tokens | None:
    """The tokens that the endpoint says it charges for."""
    usage = answer.get("usage")
    if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
        return None
    answered = usage.get("completion_tokens", 0)
    return Tokens(usage["prompt_tokens"], answered if isinstance(answered, int) else 0)
