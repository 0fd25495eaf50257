"""Why a request had no useful answer, and how long to wait before the next attempt."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

PASSING = {408, 409, 425, 429}  # and all of 500 and above: the same request may do better later


class Trouble(Exception):
    """One attempt that failed."""

    def __init__(self, reason: str, passing: bool, paid: bool, wait: float = 0.0):
        super().__init__(reason)
        self.reason = reason
        self.passing = passing  # another attempt may do better
        self.paid = paid  # the endpoint may charge for it
        self.wait = wait  # seconds that the endpoint asks for


def refusal(status: int, code: str | None, words: str, headers: Mapping[str, str]) -> Trouble:
    """What an error status means; `words` are those of the endpoint, without secrets."""
    if status in (401, 403):
        # Endpoints like to quote a part of the key here.
        return Trouble(f"it does not accept the key (HTTP {status})", passing=False, paid=False)
    passing = (status in PASSING or status >= 500) and code != "insufficient_quota"
    said = " ".join(words.split())[:200]
    return Trouble(f"HTTP {status}: {said}", passing, paid=False, wait=asked_wait(headers))


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
