"""One request to an OpenAI-compatible endpoint; whatever goes wrong, nothing quotes the key."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from zsar.errors import Complaint
from zsar.text.trouble import Trouble, refusal

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
            raise Trouble(waited, passing=True, paid=True) from None
        except openai.APIConnectionError as error:
            reached = type(error.__cause__).__name__ != "ConnectError"
            reason = "the connection broke off" if reached else "no connection"
            raise Trouble(reason, passing=True, paid=reached) from None
        except openai.APIStatusError as error:
            words, headers = self._scrubbed(str(error)), error.response.headers
            raise refusal(error.status_code, error.code, words, headers) from None
        except openai.OpenAIError as error:
            raise Trouble(self._scrubbed(str(error)), passing=False, paid=False) from None
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
            raise Complaint(f"{where} is not set; it should hold the key for {self.host}")
        if not (key.isascii() and key.isprintable()):
            raise Complaint(f"{where} holds characters that no key has")
        return key

    @cached_property
    def _client(self) -> Any:
        try:
            import openai
        except ImportError as error:
            raise Complaint(
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
        raise Complaint(
            "base_url is no web address, expected something like https://api.openai.com/v1"
        )
    if parts.username or parts.password or parts.query:
        raise Complaint(
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
        raise Trouble("its answer is not a JSON object", passing=True, paid=True)
    return answer
