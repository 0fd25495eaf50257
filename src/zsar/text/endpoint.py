"""Requests to an endpoint from many threads: with retries, a rate limit and a budget."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Event, Lock
from typing import TYPE_CHECKING, Any

from zsar.bounds import Amount, Count, Name, Positive, Whole, Workers
from zsar.errors import UserError
from zsar.text.openai_client import Client, RequestError, check_address, not_installed

if TYPE_CHECKING:
    from tenacity import RetryCallState

MILLION = 1_000_000
MOST_TOKENS = 1_000 * MILLION  # of one request: more is no number of tokens


@dataclass(frozen=True)
class EndpointConfig:
    base_url: str
    key_variable: Name | None  # the environment variable with the key; null: no key is needed
    timeout: Positive  # seconds without any data
    concurrency: Workers  # requests at the same time
    requests_per_minute: Count
    retries: Whole  # attempts after the first
    first_wait: Amount  # seconds before the second attempt; doubled before each further one
    longest_wait: Amount
    budget: Amount  # the most that one run may cost, in the currency of the prices
    price_in: Amount  # of a million tokens
    price_out: Amount
    characters_per_token: Positive  # for estimates; less than is usual, so that they are too high

    def __post_init__(self) -> None:
        check_address(self.base_url, self.key_variable)


@dataclass(frozen=True)
class Tokens:
    """The number of tokens of a request and of its answer."""

    prompt: int
    answer: int


class Stopped(Exception):
    """The run is ending, so no request is sent any more."""


class RateLimiter:
    """Starts of requests, evenly spaced over all threads.

    Our own, because `pyrate-limiter` sleeps where Ctrl-C and `stop` cannot wake it, lets a
    minute's requests start at once, and cannot pause everybody, as a Retry-After header demands.
    """

    def __init__(
        self, per_minute: int, clock: Callable[[], float], sleep: Callable[[float], object]
    ):
        self.interval = 60 / per_minute
        self.clock, self.sleep = clock, sleep
        self.next_start = clock()
        self.lock = Lock()

    def acquire(self) -> None:
        """Return when the caller may start a request."""
        with self.lock:
            now = self.clock()
            start = max(now, self.next_start)
            self.next_start = start + self.interval
        if start > now:
            self.sleep(start - now)

    def pause(self, seconds: float) -> None:
        """No request starts within so many seconds."""
        with self.lock:
            self.next_start = max(self.next_start, self.clock() + seconds)


class Budget:
    """The cost limit of a run; the highest possible cost of a request is reserved beforehand."""

    def __init__(self, limit: float):
        self.limit, self.spent, self.reserved = limit, 0.0, 0.0
        self.open_requests = 0
        self.changed = Condition()

    def reserve(self, max_cost: float) -> None:
        """Reserve the highest cost of a request; wait while open requests may release some."""
        with self.changed:
            self.changed.wait_for(lambda: not self.open_requests or self._allows(max_cost))
            if not self._allows(max_cost):
                raise UserError(
                    f"the budget of {self.limit:g} is reached: {self.spent:.6f} is spent"
                    f" and the next request may cost {max_cost:.6f};"
                    " all answers so far are kept, so raise the budget and run this again"
                )
            self.reserved += max_cost
            self.open_requests += 1

    def settle(self, max_cost: float, cost: float) -> None:
        """Replace what was reserved for a request by what it cost."""
        with self.changed:
            self.open_requests -= 1
            self.reserved = self.reserved - max_cost if self.open_requests else 0.0
            self.spent += cost
            self.changed.notify_all()

    def _allows(self, max_cost: float) -> bool:
        return self.spent + self.reserved + max_cost <= self.limit


class Endpoint:
    """An OpenAI-compatible endpoint; all threads share its rate limit and its budget."""

    def __init__(self, config: EndpointConfig, environment: Mapping[str, str]):
        self.config = config
        self.client = Client(config.base_url, config.key_variable, config.timeout, environment)
        self.stop = Event()
        self.rate_limiter = RateLimiter(config.requests_per_minute, time.monotonic, self.stop.wait)
        self.budget = Budget(config.budget)
        self.refused: set[str] = set()  # arguments that requests are sent without

    @property
    def host(self) -> str:
        return self.client.host

    def count_tokens(self, text: str) -> int:
        """An estimate of the number of tokens of a text."""
        return math.ceil(len(text) / self.config.characters_per_token)

    def cost(self, tokens: Tokens) -> float:
        prices = self.config
        return (tokens.prompt * prices.price_in + tokens.answer * prices.price_out) / MILLION

    def request(self, resource: str, body: dict[str, Any], max_tokens: Tokens) -> dict[str, Any]:
        """The reply to a request, retried where that may help; an attempt has `max_tokens` at most.

        After an error no thread sends another request in this run.
        """
        try:
            return self._retried(resource, body, self.cost(max_tokens))
        except UserError:
            self.stop.set()
            raise

    def _retried(self, resource: str, body: dict[str, Any], max_cost: float) -> dict[str, Any]:
        try:
            import tenacity
        except ImportError as error:
            raise not_installed("tenacity") from error
        first, longest = self.config.first_wait, self.config.longest_wait
        backoff = tenacity.wait_exponential_jitter(multiplier=first, max=longest, jitter=first)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: getattr(error, "transient", False)),
            stop=tenacity.stop_after_attempt(self.config.retries + 1),
            wait=lambda state: max(backoff(state), _failure(state).retry_after),
            before_sleep=lambda state: self._pause_all(_failure(state).retry_after),
            sleep=tenacity.sleep_using_event(self.stop),
            reraise=True,
        )
        body = {name: value for name, value in body.items() if name not in self.refused}
        try:
            return retrying(self._attempt, resource, body, max_cost)
        except RequestError as failure:
            if failure.refused in body:
                self.refused.add(failure.refused)
                return self._retried(resource, body, max_cost)
            attempts = retrying.statistics["attempt_number"]
            times = "once" if attempts == 1 else f"{attempts} times"
            raise UserError(
                f"{self.host} was asked {times} without an answer; the last time: {failure.reason}"
            ) from None

    def _attempt(self, resource: str, body: dict[str, Any], max_cost: float) -> dict[str, Any]:
        """One attempt; the budget is settled whatever the result."""
        self.budget.reserve(max_cost)
        cost = 0.0
        try:
            self.rate_limiter.acquire()
            if self.stop.is_set():
                raise Stopped
            reply = self.client.send(resource, body)
            cost = self.cost(usage) if (usage := _usage(reply)) else max_cost
            return reply
        except RequestError as failure:
            cost = max_cost if failure.charged else 0.0
            raise
        finally:
            self.budget.settle(max_cost, cost)

    def _pause_all(self, retry_after: float) -> None:
        """Heed a Retry-After header in all threads, or give up where it asks for too much."""
        if retry_after > self.config.longest_wait:
            raise UserError(
                f"{self.host} asks to wait {retry_after:.0f} s, longest_wait is"
                f" {self.config.longest_wait:g} s; run this later, all answers so far are kept"
            )
        if retry_after:
            self.rate_limiter.pause(retry_after)


def _failure(state: "RetryCallState") -> RequestError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, RequestError)
    return failure


def _usage(reply: dict[str, Any]) -> Tokens | None:
    """The tokens that the endpoint says it charges for; None where it says nothing sensible."""
    usage = reply.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, answer = usage.get("prompt_tokens"), usage.get("completion_tokens", 0)
    if type(prompt) is not int or type(answer) is not int or not 0 <= prompt <= MOST_TOKENS:
        return None
    return Tokens(prompt, answer) if 0 <= answer <= MOST_TOKENS else None
