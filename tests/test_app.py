"""`zsar app`: answers are those of the model, and whatever a request tries is refused in words."""

import http.client
import io
import json
import pickle
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import NamedTuple

import numpy as np
import pytest

import zsar
from test_prediction import LABELS, clip, long_clip
from toy_files import skeleton
from zsar.app import answer, server
from zsar.app.server import QUESTION, AppServer
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import Recording
from zsar.errors import UserError
from zsar.prediction.model import Model, Weighed

ASKED = {
    "file": "waves.csv",
    "sentences": LABELS,
    "dataset": "",
    "layout": "",
    "unit": "",
    "axes": [],
    "origin": [],
    "fps": None,
    "window": None,
}


def csv(recording: Recording) -> bytes:
    header = ",".join(["time", *(f"{j}_{a}" for j in LAYOUTS["ntu25"].joints for a in "xyz")])
    rows = [
        ",".join(f"{value:.5f}" for value in (frame / 30, *joints.ravel()))
        for frame, joints in enumerate(recording.bodies[:, 0])
    ]
    return "\n".join([header, *rows]).encode()


WAVES = csv(clip("waves"))


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: http.client.HTTPMessage

    @property
    def plain(self) -> dict:
        return json.loads(self.body)


class Client:
    """Of a server that runs."""

    def __init__(self, running: AppServer):
        self.server, self.port = running, running.server_port

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """The path as it is, which urllib might tidy up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers=headers)
        found = connection.getresponse()
        reply = Reply(found.status, found.read(), found.headers)
        connection.close()
        return reply

    def post(self, body: bytes, path: str = "/predict", **headers: str) -> Reply:
        named = {"Content-Type": QUESTION} | {k.replace("_", "-"): v for k, v in headers.items()}
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, body, named)
        try:
            with urllib.request.urlopen(request, timeout=30) as found:
                return Reply(found.status, found.read(), found.headers)
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read(), error.headers)

    def ask(self, content: bytes, **changes) -> Reply:
        return self.post(json.dumps(ASKED | changes).encode() + b"\n" + content)


class Chooses(Model):
    """As a trained cell: always the first label, without a reason and never none of them."""

    classes = ("wave", "sit")
    unsure = "it cannot say that it is none of these"

    def weigh(self, some, labels):
        first = np.tile(np.arange(len(labels)) == 0, (len(some), 1)).astype(np.float64)
        return Weighed(first, np.column_stack([first, np.full(len(some), np.nan)]))


@contextmanager
def running(host: str = "127.0.0.1", model: Model | None = None) -> Iterator[Client]:
    name = type(model).__name__ if model else ""
    with AppServer(model or zsar.load(), name, host, 0) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Client(made)
        made.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def app() -> Iterator[Client]:
    with running() as found:
        yield found


def test_answers_are_those_of_the_model(app, tmp_path):
    (found,) = app.ask(WAVES).plain["clips"]
    (tmp_path / "waves.csv").write_bytes(WAVES)
    (expected,) = zsar.load().predict(tmp_path / "waves.csv", LABELS)
    (window,) = found["windows"]
    assert window["ranking"] == [
        {"label": each.label, "confidence": each.confidence, "score": each.score}
        for each in expected.ranking
    ]
    assert (window["answer"], window["none"]) == ("hand waving", expected.none)
    assert (window["start"], window["end"]) == (expected.start, expected.end)
    assert found["name"] == "waves"
    assert found["motion"]["frames"] == 121 and found["motion"]["fps_known"]
    reasons, (best, second, *_) = window["evidence"], expected.ranking
    assert (reasons["answer"], reasons["against"]) == (best.label, second.label)
    assert sum(each["nats"] for each in reasons["reasons"]) + reasons["others"] == pytest.approx(
        best.score - second.score
    )


def test_the_classes_of_a_data_set_are_candidates_beside_sentences(app):
    reply = app.ask(WAVES, dataset="sbu", sentences=["waves the raised hand"]).plain
    (window,) = reply["clips"][0]["windows"]
    assert len(window["ranking"]) + window["others"] == 1 + len(
        app.get("/choices").plain["datasets"]["sbu"]
    )


def test_long_recordings_are_answered_in_windows(app):
    (found,) = app.ask(csv(long_clip(24)), window=6).plain["clips"]
    starts = [0, 3, 6, 9, 12, 15, 18]
    assert [each["start"] for each in found["windows"]] == pytest.approx(starts, abs=0.01)
    assert [each["end"] - 6 for each in found["windows"]] == pytest.approx(starts, abs=0.01)
    answers = [each["answer"] for each in found["windows"]]
    assert answers[0] == "hand waving" and answers[-1] == "squat"


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, each in files.items():
            file.writestr(name, each)
    return content.getvalue()


def test_an_archive_is_read_from_a_place_that_its_name_has_no_say_in(app, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = {"../../waves.csv": WAVES, "b/S001C001P001R001A001.skeleton": skeleton().encode()}
    files["broken.csv"] = b"1,2,3\n"
    reply = app.ask(packed(files), file="../../../evil.zip").plain["clips"]
    assert [each["name"] for each in reply] == ["waves", "S001C001P001R001A001", ""]
    assert reply[2]["error"].startswith("../../../evil.zip::broken.csv")
    assert str(tmp_path) not in json.dumps(reply)
    assert list(tmp_path.iterdir()) == []
    assert not (tmp_path.parent / "waves.csv").exists()


def test_what_a_file_does_not_say_is_said_beside_it(app):
    content = io.BytesIO()
    np.save(content, clip("waves").bodies[:, 0] * [-1000, 1000, -1000])
    millimetres = {"unit": "millimetre", "axes": ["-x", "y", "-z"], "layout": "ntu25", "fps": 30}
    (found,) = app.ask(content.getvalue(), file="a.npy", **millimetres).plain["clips"]
    (expected,) = zsar.load().predict(clip("waves").bodies, LABELS, layout="ntu25", fps=30)
    (window,) = found["windows"]
    assert window["answer"] == expected.label
    assert window["ranking"][0]["score"] == pytest.approx(expected.ranking[0].score, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sentences": []}, "nothing to choose from"),
        ({"sentences": [""]}, "a label is empty"),
        ({"sentences": ["a", "a"]}, "label 'a' is given twice"),
        ({"sentences": [str(k) for k in range(1001)]}, "1001 sentences, expected at most 1000"),
        ({"sentences": ["a" * 501]}, "has 501 characters, expected at most 500"),
        ({"sentences": "waves"}, "sentences is 'waves', expected a list"),
        ({"dataset": "nope"}, "no described classes of 'nope', expected one of: demo"),
        ({"layout": "ntu24"}, "unknown layout 'ntu24' (did you mean ntu25?)"),
        ({"unit": "mile"}, "unknown unit 'mile'"),
        ({"axes": ["x", "x", "x"]}, "axes: "),
        ({"axes": ["x"]}, "axes: ['x'], expected three, or none"),
        ({"origin": [1, 2]}, "origin: [1.0, 2.0], expected three, or none"),
        ({"fps": -1}, "fps: "),
        ({"fps": 1e999}, "expected a line of JSON"),
        ({"fps": float("nan")}, "expected a line of JSON"),
        ({"window": float("nan")}, "expected a line of JSON"),
        ({"window": 0.1}, "a window of 0.1 s, expected 0.5 or more"),
        ({"extra": 1}, "unknown extra"),
        ({"sentences": ["\ud800", "waves"]}, "expected a line of JSON"),
    ],
)
def test_questions_that_are_none_are_refused(app, changes, said):
    reply = app.ask(WAVES, **changes)
    assert reply.status == (400 if "JSON" in said else 422)
    assert said in reply.plain["error"] and "\n" not in reply.plain["error"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "clip.csv: is empty, expected a clip"),
        (b"\0" * 1000, "clip.csv: "),
        (WAVES[:5000] + b",nan\n", "clip.csv:"),
        (WAVES.replace(b"0.0", b"nan", 1), "is not a finite number"),
        (WAVES[:-30], "clip.csv:122: "),
        (packed({"a.txt": b"hello"}), "clip.csv: "),
        (b"\xff\xfe\x00", "clip.csv: "),
    ],
)
def test_files_that_are_no_clip_are_named_and_refused(app, content, said):
    reply = app.ask(content, file="clip.csv")
    assert reply.status == 422 and said in reply.plain["error"]


@pytest.mark.parametrize(
    "name", ["a\nb\0.csv", "x" * 9999 + ".csv", "", "..", "/", "CON", "\u202e.csv"]
)
def test_a_file_may_be_called_anything(app, name):
    assert app.ask(WAVES, file=name).status == 200
    found = app.ask(b"1,2\n", file=name).plain["error"]
    assert "\n" not in found and len(found) < 500


class Trap:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_nothing_is_ever_unpickled(app, save):
    content = io.BytesIO()
    save(content, np.array([Trap()] * 3, dtype=object), allow_pickle=True)
    assert app.ask(content.getvalue(), file="a.npy").status == 422
    assert app.ask(pickle.dumps(Trap()), file="a.npz").status == 422


def test_zip_archives_that_unpack_to_too_much_or_hold_nothing_are_refused(app, monkeypatch):
    monkeypatch.setattr(answer, "UNPACKED", 10_000)
    for files, said in (
        ({"a.csv": b"0" * 10_001}, "a.zip: unpacks to 10001 bytes, expected at most 10000"),
        ({"a.doc": b"0"}, "a.zip: holds no clip"),
    ):
        reply = app.ask(packed(files), file="a.zip")
        assert reply.status == 422 and said in reply.plain["error"]
    assert "no readable zip archive" in app.ask(b"no zip", file="a.zip").plain["error"]


def test_a_file_is_answered_up_to_so_many_frames_and_windows(app, monkeypatch):
    monkeypatch.setattr(answer, "MOST_WINDOWS", 5)
    assert len(app.ask(WAVES, window=1.5).plain["clips"][0]["windows"]) == 5
    assert "more than 5 clips or windows" in app.ask(WAVES, window=1).plain["error"]
    monkeypatch.setattr(answer, "MOST_FRAMES", 120)
    assert "more than 120 frames" in app.ask(WAVES).plain["error"]


def test_uploads_have_a_largest_size(app, monkeypatch):
    too_long = app.post(b"\n" + bytes(server.LARGEST_UPLOAD + server.LONGEST_LINE))
    assert too_long.status == 413 and "expected at most 67108864" in too_long.plain["error"]
    monkeypatch.setattr(server, "LARGEST_UPLOAD", len(WAVES))
    assert app.ask(WAVES).status == 200
    assert app.ask(WAVES + b"\n").status == 413


def test_a_length_that_is_claimed_and_never_sent_is_refused_at_once(app):
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as raw:
        raw.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n"
            b"Content-Type: application/x-zsar-question\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.0 413 ")


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}, {"Content-Length": "x"}])
def test_a_request_says_its_length(app, headers):
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.putrequest("POST", "/predict")
    for name, value in {"Content-Type": QUESTION, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", ""]
)
def test_a_foreign_name_that_leads_here_gets_nothing(app, host):
    assert app.get("/", Host=host).status == 403
    assert app.get("/choices", Host=host).status == 403
    assert app.post(b"{}\n", Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:1", "[::1]:1", "LOCALHOST"])
def test_names_of_this_machine_are_right_whatever_the_port(app, host):
    """Another port is that of a tunnel."""
    assert app.get("/", Host=host).status == 200


def test_another_site_can_neither_ask_nor_read(app):
    line = json.dumps(ASKED).encode() + b"\n"
    assert app.post(line + WAVES, Origin="http://evil.example").status == 403
    assert app.post(line + WAVES, Origin="null").status == 403
    assert app.post(line + WAVES, Origin=f"http://127.0.0.1:{app.port}").status == 200
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
        assert app.post(line + WAVES, Content_Type=kind).status == 415
    reply = app.get("/choices", Origin="http://evil.example")
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    assert app.get("/predict", "OPTIONS").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../params.yaml",
        "/../../../../../../etc/passwd",
        "/%2e%2e/params.yaml",
        "/assets/../../errors.py",
        "//etc/passwd",
        "/app.js/",
        "/./app.js",
        "/page.html",
        "http://127.0.0.1/params.yaml",
        "/nothing",
    ],
)
def test_no_path_leads_to_a_file(app, path):
    reply = app.get(path)
    assert reply.status == 404 and reply.plain == {"error": "there is nothing at this address"}


def test_methods_are_those_of_the_address(app):
    assert app.get("/predict").status == 405
    assert app.post(b"{}\n", path="/choices").status == 405
    for method in ("PUT", "DELETE", "TRACE", "HEAD"):
        reply = app.get("/", method)
        assert reply.status == 405 and reply.headers["Allow"] == "GET, POST"


def test_lines_that_are_no_question_are_refused(app):
    for line in (b"", b"{", b"[" * 100_000, b"\xff", b"[]", b"null", b"[%s1]" % (b"1," * 9999)):
        reply = app.post(line + b"\n" + WAVES)
        assert reply.status in (400, 422) and len(reply.plain["error"]) <= 1000


def test_pages_may_load_nothing_from_elsewhere(app):
    for path in (*server.FILES, "/choices", "/nothing"):
        reply = app.get(path)
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    page = app.get("/").body.decode()
    assert "http:" not in page and "https:" not in page and "<script>" not in page


def test_questions_at_a_time_are_few(app):
    for _ in range(server.QUESTIONS):
        app.server.asking.acquire()
    busy = app.ask(WAVES)
    app.server.asking.release(server.QUESTIONS)
    assert busy.status == 503 and "ask again later" in busy.plain["error"]
    assert app.ask(WAVES).status == 200


def test_connections_at_a_time_are_few(app):
    idle = [
        socket.create_connection(("127.0.0.1", app.port), timeout=10)
        for _ in range(server.CONNECTIONS)
    ]
    with pytest.raises(OSError):
        app.get("/")
    for each in idle:
        each.close()
    for _ in range(100):
        try:
            assert app.get("/").status == 200
            break
        except OSError:
            time.sleep(0.05)
    else:
        raise AssertionError("no place is free again")


def test_a_defect_is_said_to_be_one_and_the_server_goes_on(app, monkeypatch, capfd):
    def broken(*_):
        raise KeyError("inside")

    monkeypatch.setattr(server, "answer", broken)
    reply = app.ask(WAVES)
    assert reply.status == 500 and "inside" not in reply.plain["error"]
    monkeypatch.undo()
    assert app.ask(WAVES).status == 200
    assert "KeyError: 'inside'" in capfd.readouterr().err


def test_an_open_host_takes_addresses_and_no_foreign_name():
    with running("0.0.0.0") as found:
        assert not found.server.loopback and found.server.url.startswith("http://localhost:")
        assert found.get("/", Host="192.168.0.5").status == 200
        assert found.get("/", Host=socket.gethostname()).status == 200
        assert found.get("/", Host="evil.example").status == 403


def test_an_address_that_cannot_be_listened_on_is_named(app):
    with pytest.raises(UserError, match=rf"127.0.0.1, port {app.port}: cannot listen there: Addr"):
        AppServer(zsar.load(), "", "127.0.0.1", app.port)
    with pytest.raises(UserError, match="cannot listen there"):
        AppServer(zsar.load(), "", "256.0.0.1", 0)


def test_a_clip_whose_rate_nobody_knows_has_no_times(app):
    content = io.BytesIO()
    np.savez(content, clip("waves").bodies[:, 0])
    (found,) = app.ask(content.getvalue(), file="a.npz", layout="ntu25").plain["clips"]
    assert found["windows"][0]["start"] is None and not found["motion"]["fps_known"]
    content = io.BytesIO()
    np.savez(content, np.zeros((9, 25, 3)))
    (found,) = app.ask(content.getvalue(), file="a.npz", layout="ntu25").plain["clips"]
    assert found["windows"][0]["answer"] == "none of these"
    assert found["windows"][0]["evidence"] is None


def test_a_cell_has_candidates_of_its_own_and_may_know_neither_none_nor_reasons():
    with running(model=Chooses()) as found:
        choices = found.get("/choices").plain
        assert (choices["cell"], choices["classes"]) == ("Chooses", ["wave", "sit"])
        assert choices["unsure"] == Chooses.unsure
        (window,) = found.ask(WAVES, sentences=[]).plain["clips"][0]["windows"]
        assert [each["label"] for each in window["ranking"]] == ["wave", "sit"]
        assert window["none"] is None and window["evidence"] is None
        (window,) = found.ask(WAVES).plain["clips"][0]["windows"]
        assert window["answer"] == LABELS[0] and window["confidence"] == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_command_prints_its_address_and_ends_with_ctrl_c(host):
    command = [sys.executable, "-c", "from zsar.cli.main import main; main()", "app"]
    with subprocess.Popen(
        [*command, "--host", host],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_ctrl_c,
    ) as started:
        try:
            assert started.stdout is not None
            address = started.stdout.readline().split()[0]
            with urllib.request.urlopen(address, timeout=10) as page:
                assert b"Which action is it?" in page.read()
            started.send_signal(signal.SIGINT)
            _, complaints = started.communicate(timeout=20)
        finally:
            started.kill()
    assert started.returncode == 0 and "Traceback" not in complaints
    assert ("whoever reaches 0.0.0.0" in complaints) == (host == "0.0.0.0")


def _hear_ctrl_c() -> None:
    """Also where the tests run in the background of a shell, which lets nobody hear it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
