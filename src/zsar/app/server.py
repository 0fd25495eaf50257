"""The server of the page, by http.server of Python: one page, two addresses that answer JSON.

That needs no package more than zsar itself, and a person on one machine needs no more than threads.
What it is kept safe by:

* It serves a fixed table of files; no path of a request is ever looked up on disk.
* A page of another site can neither read nor ask: there are no CORS headers, questions have a
  content type that browsers do not send to other sites without asking first, `Origin` has to be
  ours, and `Host` an address or a name of this machine, so that no foreign name that is made to
  lead here (DNS rebinding) gets an answer.
* Connections, questions at a time, bytes and waiting are limited. One question is computed at a
  time.
"""

import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from ipaddress import ip_address
from socketserver import TCPServer
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import urlsplit

from zsar.app.answer import LARGEST_UPLOAD, Question, answer, choices
from zsar.errors import UserError
from zsar.prediction.model import Model
from zsar.validation import typed

JSON = "application/json; charset=utf-8"
SCRIPT, STYLE, HTML = (f"text/{kind}; charset=utf-8" for kind in ("javascript", "css", "html"))
FILES = {  # by address: the room whose asset it is, and its type
    "/": ("zsar.app", "page.html", HTML),
    "/app.js": ("zsar.app", "app.js", SCRIPT),
    "/app.css": ("zsar.app", "app.css", STYLE),
    "/report.css": ("zsar.report", "report.css", STYLE),
    "/components.css": ("zsar.viz", "components.css", STYLE),
    "/player.js": ("zsar.viz", "player.js", SCRIPT),
    "/ranking.js": ("zsar.viz", "ranking.js", SCRIPT),
    "/evidence.js": ("zsar.viz", "evidence.js", SCRIPT),
    "/three.min.js": ("zsar.viz", "three.min.js", SCRIPT),
}
CHOICES, PREDICT = "/choices", "/predict"
QUESTION = "application/x-zsar-question"  # a line of JSON, a Question; behind it the file
LONGEST_LINE = 4 << 20  # bytes
LONGEST_ERROR = 1000  # characters: some messages quote what was sent
CONNECTIONS, QUESTIONS = 32, 4  # at a time
PATIENCE = 30.0  # seconds without a byte
DRAINED = 2 * LARGEST_UPLOAD  # bytes of a refused request that are read, so that its answer is
CHUNK = 1 << 16
HEADERS = {
    # Bars have their length in a style of their own; nothing else is inline.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is not answered: the status and one line."""

    def __init__(self, status: int, what: str):
        super().__init__(what)
        self.status = status


class AppServer(ThreadingHTTPServer):
    """Bound to an address once it is made; `serve_forever` answers until `shutdown`."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, model: Model, name: str, host: str, port: int):
        self.model, self.name, self.host = model, name, host
        self.computing, self.asking = Lock(), BoundedSemaphore(QUESTIONS)
        self.connections = BoundedSemaphore(CONNECTIONS)
        self.content = {
            address: files(room).joinpath("assets", file).read_bytes()
            for address, (room, file, _) in FILES.items()
        }
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family, address = found[0][0], found[0][4]
            super().__init__(address[:2], Handler)  # type: ignore[arg-type]
        except (OSError, UnicodeError) as error:
            what = getattr(error, "strerror", None) or error
            raise UserError(f"{host}, port {port}: cannot listen there: {what}") from error
        self.loopback = ip_address(str(self.server_address[0]).partition("%")[0]).is_loopback

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = str(self.server_address[0])
        if ip_address(host.partition("%")[0]).is_unspecified:
            host = "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def is_ours(self, host: str) -> bool:
        """Whether a Host header can only mean this machine. Its port may be another one, that of a
        tunnel."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in ("localhost", self.host.lower()):
            return True
        try:
            return ip_address(name).is_loopback or not self.loopback
        except ValueError:
            return not self.loopback and name == socket.gethostname().lower()

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # that of HTTPServer asks a name server who we are
        self.server_name, self.server_port = self.host, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.connections.acquire(blocking=False):
            request.close()
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # who left or was too slow is no defect
            super().handle_error(request, client_address)

    def predict(self, line: bytes, content: bytes) -> dict[str, Any]:
        try:
            values = json.loads(line, parse_constant=_no_number)
            json.dumps(values, ensure_ascii=False).encode()  # half a character has no encoding
        except (ValueError, RecursionError) as error:
            raise Refused(400, "the request: expected a line of JSON, then the file") from error
        question = typed(Question, values, "", "the request")
        with self.computing:
            return answer(self.model, question, content)


def _no_number(name: str) -> float:
    raise ValueError(name)


class Handler(BaseHTTPRequestHandler):
    server: AppServer
    server_version, sys_version = "zsar", ""
    timeout = PATIENCE
    unread = 0  # bytes of the request

    def do_GET(self) -> None:
        self._answered(self._get)

    def do_POST(self) -> None:
        self._answered(self._post)

    def _answered(self, found: Any) -> None:
        try:
            kind, body = found()
            self._send(200, kind, body)
        except Refused as error:
            self._error(error.status, str(error))
        except UserError as error:
            self._error(422, str(error))
        except OSError:
            raise  # the connection
        except Exception:
            self._error(500, "zsar has a defect here; the terminal shows it")
            raise

    def _get(self) -> tuple[str, bytes]:
        path = self._path("GET")
        if path == CHOICES:
            return JSON, _json(choices(self.server.model, self.server.name))
        return FILES[path][2], self.server.content[path]

    def _post(self) -> tuple[str, bytes]:
        self.unread = self._length()
        self._path("POST")
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            raise Refused(403, f"a page of {origin} may not ask here")
        if self.headers.get("Content-Type") != QUESTION:
            raise Refused(415, f"expected the content type {QUESTION}")
        if self.unread > LARGEST_UPLOAD + LONGEST_LINE:
            raise Refused(
                413, f"the upload has {self.unread} bytes, expected at most {LARGEST_UPLOAD}"
            )
        if not self.server.asking.acquire(blocking=False):
            raise Refused(503, f"{QUESTIONS} questions are being answered; ask again later")
        try:
            length, self.unread = self.unread, 0
            body = self.rfile.read(length)
            if len(body) < length:
                raise Refused(400, f"the request ends after {len(body)} of {length} bytes")
            line, _, content = body.partition(b"\n")
            del body
            if len(line) > LONGEST_LINE or len(content) > LARGEST_UPLOAD:
                raise Refused(
                    413, f"the upload has {len(content)} bytes, expected at most {LARGEST_UPLOAD}"
                )
            return JSON, _json(self.server.predict(line, content))
        finally:
            self.server.asking.release()

    def _path(self, method: str) -> str:
        """The address that was asked for, if it is there and takes the method."""
        if not self.server.is_ours(self.headers.get("Host") or ""):
            raise Refused(403, "expected an address or a name of this machine as host")
        path = self.path.partition("?")[0]
        if path not in (*FILES, CHOICES, PREDICT):
            raise Refused(404, "there is nothing at this address")
        if (path == PREDICT) != (method == "POST"):
            raise Refused(405, f"{method} is not possible at this address")
        return path

    def _length(self) -> int:
        stated = self.headers.get("Content-Length") or ""
        if "Transfer-Encoding" in self.headers or not (stated.isascii() and stated.isdecimal()):
            raise Refused(411, "expected the length of the request in its head")
        return int(stated[:20])

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (*HEADERS.items(), ("Content-Type", kind)):
            self.send_header(name, value)
        if status == 405:
            self.send_header("Allow", "GET, POST")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, what: str) -> None:
        self._send(status, JSON, _json({"error": what[:LONGEST_ERROR]}))
        left = min(self.unread, DRAINED)
        while left and (some := self.rfile.read1(min(left, CHUNK))):
            left -= len(some)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses: a method that nothing here takes, or no HTTP."""
        self.close_connection = True
        if code == 501:
            self._error(405, "expected GET or POST")
        else:
            self._error(code, message or "expected a request of HTTP")

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


def _json(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()
