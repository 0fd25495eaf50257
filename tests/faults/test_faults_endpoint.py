"""Endpoints that answer as none should: no answer takes a key, a budget or a run along."""

import json
import logging
import time

import numpy as np
import pytest

import fake_endpoint
from fake_endpoint import KEY, chat
from zsar.errors import UserError
from zsar.text import limited_transport
from zsar.text.backends import openai as embeddings
from zsar.text.endpoint import Endpoint, EndpointConfig, Tokens
from zsar.validation import typed


@pytest.fixture
def server():
    with fake_endpoint.serving() as serving:
        yield serving


def endpoint(server, **changes) -> Endpoint:
    values = fake_endpoint.settings(server.url, **({"retries": 0} | changes))
    config = typed(EndpointConfig, values["openai"]["endpoint"], "endpoint")
    return Endpoint(config, {"LOOPBACK_KEY": KEY})


def asked(server, **changes) -> dict:
    body = {"model": "toy", "messages": [{"role": "user", "content": 'to "throw"'}]}
    return endpoint(server, **changes).request("chat", body, Tokens(100, 100))


def refused(server, **changes) -> str:
    with pytest.raises(UserError) as caught:
        asked(server, **changes)
    assert "\n" not in str(caught.value) and KEY not in str(caught.value)
    return str(caught.value)


def raw(handler, content: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_that_trickles_in_is_given_up(status, server, monkeypatch):
    monkeypatch.setattr(limited_transport, "TIMEOUTS", 2)

    def trickle(handler, body, number):
        handler.send_response(status)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    server.behave, start = trickle, time.monotonic()
    assert "no end of it" in refused(server)
    assert time.monotonic() - start < 5


def test_a_head_that_trickles_in_is_given_up(server, monkeypatch):
    monkeypatch.setattr(limited_transport, "TIMEOUTS", 1)

    def trickle(handler, body, number):
        handler.send_response(200)
        for k in range(90):
            handler.send_header(f"x-{k}", "0")
            handler.flush_headers()
            time.sleep(0.05)

    server.behave, start = trickle, time.monotonic()
    assert "no end of it" in refused(server)
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_beyond_all_measure_is_not_read(status, server, monkeypatch):
    monkeypatch.setattr(limited_transport, "MOST_BYTES", 2**20)
    server.behave = lambda handler, body, number: raw(handler, b" " * 2**22, status)
    assert "the answer has more than 1 MiB" in refused(server)


def test_a_compressed_answer_is_not_unpacked(server):
    server.behave = lambda handler, body, number: raw(
        handler, b"\x1f\x8b" + b"\0" * 50, content_encoding="gzip"
    )
    assert "the answer is compressed" in refused(server)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status, server):
    with fake_endpoint.serving() as other:
        server.behave = lambda handler, body, number: raw(
            handler, b"", status, location=f"{other.url}/chat/completions"
        )
        assert f"HTTP {status}" in refused(server)
        assert not other.asked


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b'{"a": ' * 100_000,
        b'{"usage": ' + b"9" * 5000 + b"}",
        b"<html>no</html>",
    ],
    ids=lambda content: content[:12].decode("latin-1"),
)
@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=nonsense", ""])
def test_an_answer_of_any_shape_and_type_is_survived(content, kind, server):
    server.behave = lambda handler, body, number: raw(handler, content, content_type=kind)
    assert "not a JSON object" in refused(server)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        3,
        [],
        {"prompt_tokens": -100, "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": -(10**9)},
        {"prompt_tokens": True},
        {"prompt_tokens": 1, "completion_tokens": "many"},
        {"prompt_tokens": 10**40},
        {"prompt_tokens": 1.5},
    ],
)
def test_usage_that_makes_no_sense_costs_what_was_reserved(usage, server):
    server.behave = lambda handler, body, number: chat("x") | {"usage": usage}
    asks, most = endpoint(server), Tokens(100, 100)
    body = {"model": "toy", "messages": [{"role": "user", "content": "x"}]}
    asks.request("chat", body, most)
    assert asks.budget.spent == asks.cost(most) > 0


ESCAPED = "".join(f"\\u{ord(sign):04x}" for sign in KEY)


def test_a_key_that_is_spelt_with_escapes_is_taken_out_as_well(server):
    content = json.dumps(chat("KEY") | {"KEY": ["KEY", {"x": "KEY"}]}).replace("KEY", ESCAPED)
    server.behave = lambda handler, body, number: raw(handler, content.encode())
    reply = asked(server)
    assert KEY not in json.dumps(reply) and reply["choices"][0]["message"]["content"] == "[key]"
    server.behave = lambda handler, body, number: raw(
        handler, f'{{"error": {{"message": "wrong {ESCAPED}"}}}}'.encode(), 404
    )
    assert "wrong [key]" in refused(server)


def test_no_debug_log_holds_the_key(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.behave = lambda handler, body, number: raw(
        handler, json.dumps(chat(f"it is {KEY}")).encode(), x_key=KEY
    )
    asked(server)
    assert KEY not in caplog.text


def vector(index, numbers) -> dict:
    return {"index": index, "embedding": numbers}


GOOD = [vector(0, [1.0, 2.0]), vector(1, [3, 4.0])]
WRONG = {
    "one twice": [*GOOD, vector(1, [3, 4.0])],
    "one missing": GOOD[:1],
    "true as index": [GOOD[0], vector(True, [3, 4.0])],
    "text as index": [GOOD[0], vector("1", [3, 4.0])],
    "negative index": [GOOD[0], vector(-1, [3, 4.0])],
    "another width": [GOOD[0], vector(1, [3.0])],
    "no width": [vector(0, []), vector(1, [])],
    "words": [GOOD[0], vector(1, ["3", "4"])],
    "true": [GOOD[0], vector(1, [True, 4.0])],
    "null": [GOOD[0], vector(1, [None, 4.0])],
    "nested": [GOOD[0], vector(1, [[3.0], [4.0]])],
    "too large": [GOOD[0], vector(1, [1e300, 4.0])],
    "far too large": [GOOD[0], vector(1, [10**400, 4.0])],
    "not finite": [GOOD[0], vector(1, [float("nan"), 4.0])],
    "packed": [GOOD[0], vector(1, "AACAPwAAAEA=")],
    "a section": {"0": GOOD[0]},
    "nothing": None,
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_embeddings_that_cannot_be_right_are_refused(data, server):
    with pytest.raises(UserError) as caught:
        embedded(server, lambda number: data)
    assert "toy" in str(caught.value) and "\n" not in str(caught.value)


def test_embeddings_are_put_in_the_order_of_the_texts_and_all_as_wide(server):
    found = embedded(server, lambda number: GOOD[::-1])
    np.testing.assert_array_equal(found, [[1, 2], [3, 4], [1, 2], [3, 4]])
    wider = [vector(0, [1.0] * 3), vector(1, [1.0] * 3)]
    with pytest.raises(UserError, match=r"a vector of toy is \(3,\), expected 2 finite numbers"):
        embedded(server, lambda number: GOOD if number == 1 else wider)


def embedded(server, data) -> list[np.ndarray]:
    asks = endpoint(server)
    server.behave = lambda handler, body, number: {
        "data": data(len(server.asked)),
        "usage": {"prompt_tokens": 1},
    }
    server.asked.clear()
    config = embeddings.OpenAIEmbeddingConfig("openai", "toy", None, 2, asks.config)
    return [each[0] for _, each in embeddings._encode(config, asks, ["a", "b", "c", "d"])]
