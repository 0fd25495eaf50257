"""An OpenAI-compatible endpoint, asked patiently and within a budget; whatever goes wrong, nothing
quotes the key."""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from threading import Condition, Event, Lock
from typing import Any
from urllib.parse import urlsplit

from zsar.errors import UserError

PASSING = {408, 409, 425, 429}  # and all of 500 and above: the same request may do better later


class RequestError(Exception):
    """One attempt that failed."""

    def __init__(self, reason: str, passing: bool, paid: bool, wait: float = 0.0):
        super().__init__(reason)
        self.reason = reason
        self.passing = passing  # another attempt may do better
        self.paid = paid  # the endpoint may charge for it
        self.wait = wait  # seconds that the endpoint asks for


def refusal(status: int, code: str | None, words: str, headers: Mapping[str, str]) -> RequestError:
    """What an error status means; `words` are those of the endpoint, without secrets."""
    if status in (401, 403):
        # Endpoints like to quote a part of the key here.
        return RequestError(
            f"it does not accept the key (HTTP {status})", passing=False, paid=False
        )
    passing = (status in PASSING or status >= 500) and code != "insufficient_quota"
    said = " ".join(words.split())[:200]
    return RequestError(f"HTTP {status}: {said}", passing, paid=False, wait=asked_wait(headers))


def asked_wait(headers: Mapping[str, str]) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 where there is none."""
    said = headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def backoff(request: str, attempt: int, first: float, longest: float) -> float:
    """Seconds before the next attempt: doubled each time, and scattered.

    Many then do not come back at once; the scatter follows from the request, so that a run can be
    repeated.
    """
    share = sha256(f"{request} {attempt}".encode()).digest()[0] / 255
    return min(longest, first * 2**attempt) * (0.5 + 0.5 * share)


class RateLimiter:
    """Lets so many a minute begin, evenly spaced, whichever thread they come from."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float], rest: Callable[[float], object]
    ):
        self.gap = 60 / per_minute
        self.clock, self.rest = clock, rest
        self.free = clock()  # when the next may begin
        self.lock = Lock()

    def turn(self) -> None:
        """Return when it is the caller's turn."""
        with self.lock:
            now = self.clock()
            begin = max(now, self.free)
            self.free = begin + self.gap
        if begin > now:
            self.rest(begin - now)

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes within so many seconds."""
        with self.lock:
            self.free = max(self.free, self.clock() + seconds)


class Budget:
    """What a run may cost; money is set aside before a request, so that the budget holds."""

    def __init__(self, budget: float):
        self.budget, self.spent, self.aside = budget, 0.0, 0.0
        self.waiting = 0  # requests that money is set aside for
        self.changed = Condition()

    def reserve(self, most: float) -> None:
        """Set aside the most that a request can cost; wait while others may yet give some back."""
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting or self._has(most))
            if not self._has(most):
                raise UserError(
                    f"the budget of {self.budget:g} is reached: {self.spent:.6f} is spent"
                    f" and the next request may cost {most:.6f};"
                    " what was paid for is kept, so raise the budget and run this again"
                )
            self.aside += most
            self.waiting += 1

    def settle(self, most: float, cost: float) -> None:
        """Of what was set aside, so much was spent."""
        with self.changed:
            self.waiting -= 1
            self.aside = self.aside - most if self.waiting else 0.0
            self.spent += cost
            self.changed.notify_all()

    def _has(self, most: float) -> bool:
        return self.spent + self.aside + most <= self.budget


RESOURCES = {  # what can be asked for
    "chat": lambda client: client.chat.completions,
    "embeddings": lambda client: client.embeddings,
}
# What every version of the openai client knows by name; the rest of a request goes past it.
NAMED = {"model", "messages", "input", "encoding_format"}


class Client:
    """The key is read from the environment when it is first needed."""

    def __init__(
        self,
        base_url: str,
        key_variable: str | None,
        timeout: float,
        environment: Mapping[str, str],
    ):
        self.host = host(base_url)
        self.base_url, self.key_variable, self.timeout = base_url, key_variable, timeout
        self.environment = environment

    def once(self, resource: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one attempt, or the trouble it met."""
        ask = RESOURCES[resource](self._client).with_raw_response.create
        import openai

        named = {name: value for name, value in body.items() if name in NAMED}
        others = {name: value for name, value in body.items() if name not in NAMED}
        # Whatever the client raises may quote the key, so it is never chained to what we raise.
        try:
            text = ask(**named, extra_body=others).http_response.text
        except openai.APITimeoutError:
            waited = f"no answer within {self.timeout:g} s"
            raise RequestError(waited, passing=True, paid=True) from None
        except openai.APIConnectionError as error:
            reached = type(error.__cause__).__name__ != "ConnectError"
            reason = "the connection broke off" if reached else "no connection"
            raise RequestError(reason, passing=True, paid=reached) from None
        except openai.APIStatusError as error:
            words, headers = self._scrubbed(str(error)), error.response.headers
            raise refusal(error.status_code, error.code, words, headers) from None
        except openai.OpenAIError as error:
            raise RequestError(self._scrubbed(str(error)), passing=False, paid=False) from None
        return _parsed(self._scrubbed(text))

    def _scrubbed(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self.key_variable else text

    @cached_property
    def _key(self) -> str:
        if self.key_variable is None:
            return "none"
        key = self.environment.get(self.key_variable, "").strip()
        where = f"the environment variable {self.key_variable}"
        if not key:
            raise UserError(f"{where} is not set; it should hold the key for {self.host}")
        if not (key.isascii() and key.isprintable()):
            raise UserError(f"{where} holds characters that no key has")
        return key

    @cached_property
    def _client(self) -> Any:
        try:
            import openai
        except ImportError as error:
            raise UserError(
                "the openai client is not installed; run `pip install 'zsar[llm]'`"
            ) from error
        return openai.OpenAI(
            api_key=self._key, base_url=self.base_url, timeout=self.timeout, max_retries=0
        )


def host(base_url: str) -> str:
    """Host and port of an address that holds no secret."""
    try:
        parts = urlsplit(base_url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            "base_url is no web address, expected something like https://api.openai.com/v1"
        )
    if parts.username or parts.password or parts.query:
        raise UserError(
            "base_url holds a name, password or query; secrets belong in the environment:"
            " set key_variable"
        )
    return parts.hostname + port


def _parsed(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise RequestError("its answer is not a JSON object", passing=True, paid=True)
    return answer


MILLION = 1_000_000


@dataclass(frozen=True)
class EndpointConfig:
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

    def __init__(self, settings: EndpointConfig, environment: Mapping[str, str]):
        self.settings = settings
        self.client = Client(
            settings.base_url, settings.key_variable, settings.timeout, environment
        )
        self.stop = Event()
        self.pace = RateLimiter(settings.requests_per_minute, time.monotonic, self.stop.wait)
        self.purse = Budget(settings.budget)

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
        except UserError:
            self.stop.set()
            raise

    def _asked(self, resource: str, body: dict[str, Any], most: Tokens) -> dict[str, Any]:
        name = json.dumps(body, sort_keys=True)
        for attempt in range(self.settings.retries + 1):
            try:
                return self._paid(resource, body, self.cost(most))
            except RequestError as trouble:
                last = trouble
            if not last.passing:
                break
            if attempt < self.settings.retries:
                self._rest(
                    last,
                    backoff(name, attempt, self.settings.first_wait, self.settings.longest_wait),
                )
        times = "once" if attempt == 0 else f"{attempt + 1} times"
        raise UserError(
            f"{self.host} was asked {times} without an answer; the last time: {last.reason}"
        )

    def _rest(self, trouble: RequestError, seconds: float) -> None:
        if trouble.wait > self.settings.longest_wait:
            raise UserError(
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
        except RequestError as trouble:
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
