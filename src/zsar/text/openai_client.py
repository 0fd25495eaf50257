"""One HTTP request to an OpenAI-compatible endpoint; no error message quotes the key."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from zsar.errors import UserError
from zsar.text.limited_transport import TIMEOUTS, RefusedAnswer, limited_client

RESPONSE_FORMAT = "response_format"  # an argument that not every endpoint takes
REFUSING = {400, 422}  # a status that may be about one argument
TRANSIENT = {408, 409, 425, 429}  # and 500 and above: the same request may succeed later
RESOURCES = {
    "chat": lambda client: client.chat.completions,
    "embeddings": lambda client: client.embeddings,
}
# Arguments that every version of the openai client knows; the others go into `extra_body`.
CLIENT_ARGUMENTS = {"model", "messages", "input", "encoding_format"}


class RequestError(Exception):
    """One request that failed."""

    def __init__(
        self,
        reason: str,
        transient: bool,
        charged: bool,
        retry_after: float = 0.0,
        refused: str = "",
    ):
        super().__init__(reason)
        self.reason = reason
        self.transient = transient  # another attempt may succeed
        self.charged = charged  # the endpoint may charge for it
        self.retry_after = retry_after  # seconds that the endpoint asks to wait
        self.refused = refused  # an argument that the endpoint does not take; empty: none


class Client:
    """Sends one request at a time; the key is read from the environment on first use."""

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

    def send(self, resource: str, body: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request, without retries; raises RequestError."""
        create = RESOURCES[resource](self._client).with_raw_response.create
        import openai

        named = {name: value for name, value in body.items() if name in CLIENT_ARGUMENTS}
        others = {name: value for name, value in body.items() if name not in CLIENT_ARGUMENTS}
        # The client's own exceptions may quote the key, so ours are never chained to them.
        try:
            content = create(**named, extra_body=others).http_response.content
        except RefusedAnswer as error:
            raise _unread(error) from None
        except openai.APITimeoutError:
            reason = (
                f"no answer within {self.timeout:g} s, or no end of it in {TIMEOUTS} times that"
            )
            raise RequestError(reason, transient=True, charged=True) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, RefusedAnswer):  # older versions of openai wrap it
                raise _unread(error.__cause__) from None
            connected = type(error.__cause__).__name__ != "ConnectError"
            reason = "the connection broke off" if connected else "no connection"
            raise RequestError(reason, transient=True, charged=connected) from None
        except openai.APIStatusError as error:
            message, headers = self._without_key(str(error)), error.response.headers
            raise status_error(error.status_code, error.code, message, headers) from None
        except openai.OpenAIError as error:
            reason = self._without_key(str(error))
            raise RequestError(reason, transient=False, charged=False) from None
        return self._scrubbed(_json_object(content.decode("utf-8", "replace")))

    def _without_key(self, text: str) -> str:
        """Neither the key nor a quotation of it."""
        if self.key_variable:
            for each in (self._key, json.dumps(self._key)[1:-1], repr(self._key)[1:-1]):
                text = text.replace(each, "[key]")
        return text

    def _scrubbed(self, values: Any) -> Any:
        """The values of a reply without the key, which may have been spelt with escapes."""
        if isinstance(values, dict):
            return {self._without_key(key): self._scrubbed(each) for key, each in values.items()}
        if isinstance(values, list):
            return [self._scrubbed(each) for each in values]
        return self._without_key(values) if isinstance(values, str) else values

    @cached_property
    def _key(self) -> str:
        if self.key_variable is None:
            return "none"
        key = self.environment.get(self.key_variable, "").strip()
        where = f"the environment variable {self.key_variable}"
        if not key:
            raise UserError(f"{where} is not set; it should hold the key for {self.host}")
        if not (key.isascii() and key.isprintable()):
            raise UserError(f"{where} has characters that no key has")
        return key

    @cached_property
    def _client(self) -> Any:
        try:
            import openai
        except ImportError as error:
            raise not_installed("openai") from error
        for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
            # Their debug logs hold headers and bodies, and either may quote the key.
            logging.getLogger(name).setLevel(logging.WARNING)
        return openai.OpenAI(
            api_key=self._key,
            base_url=self.base_url,
            timeout=self.timeout,
            max_retries=0,
            http_client=limited_client(self.timeout),
        )


def _unread(error: RefusedAnswer) -> RequestError:
    return RequestError(str(error), transient=False, charged=True)


def not_installed(package: str) -> UserError:
    return UserError(
        f"the Python package {package} is not installed; run `pip install 'zsar[llm]'`"
    )


def host(base_url: str) -> str:
    """Host and port of an address, which must hold no secret."""
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


def check_address(base_url: str, key_variable: str | None) -> None:
    """An address that can be asked; a key never goes over an open connection to another machine."""
    name = host(base_url)
    if key_variable and urlsplit(base_url).scheme == "http" and not _on_loopback(base_url):
        raise UserError(
            f"base_url is http://{name}, which would send the key in the open; expected https://,"
            " or key_variable: null where no key is needed"
        )


def _on_loopback(base_url: str) -> bool:
    name = urlsplit(base_url).hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def status_error(
    status: int, code: str | None, message: str, headers: Mapping[str, str]
) -> RequestError:
    """The error for an HTTP status; `message` is the endpoint's own, without the key."""
    if status in (401, 403):
        # The message is left out: endpoints often quote a part of the key here.
        reason = f"it does not accept the key (HTTP {status})"
        return RequestError(reason, transient=False, charged=False)
    transient = (status in TRANSIENT or status >= 500) and code != "insufficient_quota"
    reason = f"HTTP {status}: {' '.join(message.split())[:200]}"
    about_format = re.search(rf"{RESPONSE_FORMAT}|response format|json_schema", message)
    refused = RESPONSE_FORMAT if status in REFUSING and about_format else ""
    return RequestError(reason, transient, False, retry_after(headers), refused)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds in a Retry-After header, which gives a number or a date; 0 without one."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _json_object(text: str) -> dict[str, Any]:
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise RequestError("its answer is not a JSON object", transient=True, charged=True)
    return reply
