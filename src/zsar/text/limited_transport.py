"""HTTP answers within bounds: of a size, within a time, as they are sent, from who was asked."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

MOST_BYTES = 64 * 2**20  # of an answer; a thousand embeddings have less
TIMEOUTS = 10  # after so many times `timeout` an answer that trickles in is given up


class RefusedAnswer(Exception):
    """An answer that is not read to its end; the message says why."""


def limited_client(timeout: float) -> Any:
    """A client of the HTTP library that openai brings, whichever that is; it follows no redirect,
    for that would take the key elsewhere."""
    import openai

    plain: Any = openai.DefaultHttpxClient
    http = import_module(
        next(each.__module__ for each in plain.__mro__ if each.__name__ == "Client").split(".")[0]
    )

    class Client(plain):
        def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
            request.headers["accept-encoding"] = "identity"
            until = time.monotonic() + TIMEOUTS * timeout
            begun = _within(
                TIMEOUTS * timeout, partial(super().send, request, stream=True, **options)
            )
            if begun is None:
                raise http.ReadTimeout("the head of the answer trickles in")
            response = begun
            try:
                if response.headers.get("content-encoding", "identity").lower() != "identity":
                    raise RefusedAnswer("the answer is compressed, which was not asked for")
                response.stream = Stream(response.stream, until)
                if not stream:
                    response.read()
            except BaseException:
                response.close()
                raise
            return response

    class Stream(http.SyncByteStream):
        def __init__(self, inner: Any, until: float):
            self.inner, self.until = inner, until

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in self.inner:
                size += len(part)
                if size > MOST_BYTES:
                    raise RefusedAnswer(f"the answer has more than {MOST_BYTES >> 20} MiB")
                if time.monotonic() > self.until:
                    raise http.ReadTimeout("the answer trickles in")
                yield part

        def close(self) -> None:
            self.inner.close()

    return Client(timeout=timeout, follow_redirects=False)


def _within(seconds: float, send: Callable[[], Any]) -> Any:
    """The response, once its head is there; None where that takes longer. The library limits each
    read alone, and no call of it ends another one, so that a head that trickles in is left to a
    thread that ends with the program and closes what it gets."""
    done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
    late = Event()

    def work() -> None:
        try:
            found = send()
        except BaseException as error:  # noqa: BLE001 raised again where the answer is waited for
            done.put((None, error))
            return
        done.put((found, None))
        if late.is_set():
            found.close()

    Thread(target=work, daemon=True).start()
    try:
        found, error = done.get(timeout=seconds)
    except Empty:
        late.set()
        return None
    if error:
        raise error
    return found
