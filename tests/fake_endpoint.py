"""A chat and embedding endpoint on the loopback that answers correctly, or fails as a test says."""

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAMES = ["drink water", "throw", "sit down", "clap hands", "salute"]
TEXTS = {
    "drink water": "one hand rises to the mouth and sinks again",
    "throw": "an arm swings forward over the shoulder and stops",
    "sit down": "the hips sink back and the knees fold under them",
    "clap hands": "both hands meet before the chest again and again",
    "salute": "a flat hand goes up to the temple and stays there",
}
KEY = "sk-loopback-0123456789abcdef"


def chat(*contents: str | None, finish: str = "stop") -> dict[str, Any]:
    """A reply of the chat endpoint with these answers."""
    choices = [{"message": {"content": each}, "finish_reason": finish} for each in contents]
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return {"choices": choices, "model": "toy-1", "usage": usage}


class Endpoint(ThreadingHTTPServer):
    """`behave(handler, body, number)` returns the answer, or answers itself and returns None."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.asked: list[dict] = []  # the body of each request
        self.answered = 0  # requests with a reply that costs money
        self.busy = self.busiest = 0
        self.behave: Callable[[Handler, dict, int], dict | None] = lambda handler, body, number: (
            good(body)
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that disconnect are expected."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body["authorization"] = self.headers["authorization"]
        with self.server.lock:
            self.server.asked.append(body)
            number = sum(named(each) == named(body) for each in self.server.asked)
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
        try:
            reply = self.server.behave(self, body, number)
            if reply is not None:
                with self.server.lock:
                    self.server.answered += 1
                self.send(200, json.dumps(reply))
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def send(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def prompt(body: dict) -> str:
    return body["messages"][0]["content"] if "messages" in body else "".join(body["input"])


def named(body: dict) -> str:
    """The class that a request is about."""
    found = re.search(r'"([^"]*)"', prompt(body))
    return found[1] if found else ""


def good(body: dict) -> dict:
    return chat(TEXTS[named(body)])


def stay_silent(handler: Handler) -> None:
    """Send nothing for longer than any timeout."""
    time.sleep(1.0)


def drop(handler: Handler) -> None:
    """Close the connection in the middle of the answer."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.close_connection = True


@contextmanager
def serving():
    server = Endpoint()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def settings(url: str, **changes: Any) -> dict[str, Any]:
    """settings/describe.yaml with short waits; `changes` go to the endpoint."""
    endpoint = {
        "base_url": url,
        "key_variable": "LOOPBACK_KEY",
        "timeout": 0.2,
        "concurrency": 4,
        "requests_per_minute": 60_000,
        "retries": 3,
        "first_wait": 0.01,
        "longest_wait": 0.05,
        "budget": 1.0,
        "price_in": 1.0,
        "price_out": 10.0,
        "characters_per_token": 3.0,
    }
    return {
        "provider": "openai",
        "sources": {"motions": {"form": "clause", "shortest": 5, "longest": 12}},
        "joined": {},
        "kinematics": {
            "drafts": 2,
            "structured": "schema",
            "temperature": 0.9,
            "answer_tokens": 3000,
            "timeout": 10.0,
        },
        "openai": {
            "model": "toy",
            "temperature": 0.5,
            "seed": 7,
            "answer_tokens": 100,
            "answer_tokens_name": "max_tokens",
            "tries": 3,
            "endpoint": endpoint | changes,
        },
    }
