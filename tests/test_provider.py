"""The `openai` provider against an endpoint that fails in every way that endpoints do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fake_endpoint
from fake_endpoint import KEY, NAMES, TEXTS, chat, named, prompt
from zsar.errors import UserError
from zsar.text import descriptions
from zsar.text.describe import DescribeConfig, TextFolders, provider
from zsar.text.endpoint import Budget, RateLimiter
from zsar.validation import typed

EVERY = [TEXTS[name] for name in NAMES]


@pytest.fixture
def server():
    with fake_endpoint.serving() as endpoint:
        yield endpoint


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "names.txt").write_text("\n".join(NAMES) + "\n")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "motions.txt").write_text(
        'How does one move to "{name}"? {shortest}-{longest} words.\n'
    )
    return TextFolders(tmp_path / "recorded", tmp_path / "prompts", tmp_path / "cache")


@pytest.fixture
def ask(server, folders):
    """Have all texts written by the endpoint as it behaves now; keywords change its settings."""

    def ask(**changes):
        values = fake_endpoint.settings(server.url, **changes)
        settings = typed(DescribeConfig, values, "describe")
        environment = {"LOOPBACK_KEY": KEY}
        texts = provider("openai")(settings, folders, len(NAMES), environment, print)
        return texts.lines["motions"]

    return ask


def first_time(reply):
    """Fail on the first request about each class, then answer correctly."""

    def behave(handler, body, number):
        if number > 1:
            return fake_endpoint.good(body)
        return reply(handler) if callable(reply) else reply

    return behave


def test_every_class_gets_its_text_for_one_request(server, ask):
    assert ask() == EVERY
    assert len(server.asked) == len(NAMES)
    assert {each["authorization"] for each in server.asked} == {f"Bearer {KEY}"}


def test_requests_carry_the_model_and_its_parameters(server, ask):
    ask()
    (body,) = {
        json.dumps({k: v for k, v in each.items() if k != "messages"}) for each in server.asked
    }
    sent = json.loads(body)
    assert sent["model"] == "toy" and sent["temperature"] == 0.5 and sent["seed"] == 7
    assert sent["max_tokens"] == 100


def test_no_more_requests_are_under_way_than_allowed(server, ask):
    ask(concurrency=2)
    assert server.busiest <= 2


TRANSIENT = {
    "429 with Retry-After": lambda handler: handler.send(429, "{}", Retry_After="0.02"),
    "500": lambda handler: handler.send(500, "oops"),
    "503 in HTML": lambda handler: handler.send(503, "<html>busy</html>"),
    "time-out": fake_endpoint.stay_silent,
    "dropped connection": fake_endpoint.drop,
    "malformed JSON": lambda handler: handler.send(200, '{"choices": ['),
    "JSON of another kind": lambda handler: handler.send(200, "[]"),
}


@pytest.mark.parametrize("failure", TRANSIENT)
def test_a_transient_failure_is_retried(failure, server, ask):
    server.behave = first_time(TRANSIENT[failure])
    assert ask() == EVERY
    assert len(server.asked) == 2 * len(NAMES)


REJECTED = {
    "empty": (chat(""), "it is empty"),
    "no content": (chat(None), "it is empty"),
    "no choices": ({"usage": None}, "there are 0 answers"),
    "two answers": (
        chat("one hand rises up high", "one foot rises up high"),
        "there are 2 answers",
    ),
    "two lines": (chat("one hand rises to the top\nthe other hand sinks"), "it has 2 lines"),
    "German": (chat("eine Hand hebt sich zum Mund und sinkt"), "not in English"),
    "Chinese": (chat("一只手 举到 嘴边 然后 放下"), "plain ASCII"),
    "too long": (chat("the hand rises and " * 5), "20 words, expected at most 12"),
    "too short": (chat("the hand rises"), "3 words, expected at least 5"),
    "cut off": (chat("one hand rises to the", finish="length"), "cut off"),
    "a refusal": (chat("I'm sorry, but I cannot help you with that"), "refusal"),
    "a neighbour's name": (
        chat("the hips sink as if to sit down, then throw, then salute"),
        "names another class",
    ),
}


@pytest.mark.parametrize("kind", REJECTED)
def test_a_rejected_answer_is_retried_with_the_reason(kind, server, ask):
    reply, reason = REJECTED[kind]
    server.behave = first_time(reply)
    assert ask() == EVERY
    again = [body for body in server.asked if "will not do" in prompt(body)]
    assert len(again) == len(NAMES) and all(reason in prompt(body) for body in again)


def test_wrapping_is_removed_without_another_request(server, ask):
    server.behave = lambda handler, body, number: chat(
        f'<think>hm,\nwell</think>\n- "{TEXTS[named(body)].capitalize()}."  '
    )
    assert ask() == EVERY
    assert len(server.asked) == len(NAMES)


def test_no_two_classes_get_the_same_text(server, ask):
    def behave(handler, body, number):
        same = named(body) in ("throw", "salute") and number == 1
        return chat("an arm goes up and comes down") if same else fake_endpoint.good(body)

    server.behave = behave
    texts = ask()
    assert sorted(texts) == sorted([*EVERY[:1], "an arm goes up and comes down", *EVERY[2:]])
    assert any("already the text of another class" in prompt(body) for body in server.asked)


def test_after_too_many_rejections_the_class_is_named_and_the_other_texts_are_kept(server, ask):
    server.behave = lambda handler, body, number: (
        chat("no") if named(body) == "throw" else fake_endpoint.good(body)
    )
    with pytest.raises(
        UserError,
        match=r"motions: no usable text for 'throw' in 3 tries; the last one: it has 1 words",
    ):
        ask()
    asked = len(server.asked)
    assert asked == len(NAMES) - 1 + 3
    server.behave = lambda handler, body, number: fake_endpoint.good(body)
    assert ask() == EVERY
    assert len(server.asked) == asked + 1


def test_the_next_run_continues_after_the_last_rejection(server, ask):
    server.behave = lambda handler, body, number: (
        chat("no") if named(body) == "throw" else fake_endpoint.good(body)
    )
    for _ in range(2):
        with pytest.raises(UserError, match="no usable text for 'throw'"):
            ask()
    prompts = [prompt(body) for body in server.asked]
    assert len(prompts) == len(NAMES) - 1 + 2 * 3
    assert len(set(prompts)) == len(prompts)  # no answer is paid for twice


def test_an_endpoint_that_always_fails_ends_the_run(server, ask):
    server.behave = lambda handler, body, number: handler.send(
        500, '{"error": {"message": "out of order"}}'
    )
    with pytest.raises(
        UserError, match=r"127.0.0.1:\d+ was asked 4 times .* HTTP 500: .*out of order"
    ):
        ask(concurrency=1)
    assert len(server.asked) == 4


def test_an_endpoint_that_is_not_there_is_named(ask, server):
    with pytest.raises(
        UserError,
        match="localhost:9 was asked 2 times without an answer; the last time: no connection",
    ):
        ask(base_url="http://localhost:9/v1", retries=1)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY}"}, "does not accept the key"),
        (403, {"message": KEY}, "does not accept the key"),
        (404, {"message": f"no model 'toy' for {KEY}"}, r"HTTP 404: .*no model 'toy' for \[key\]"),
        (429, {"message": "no credit", "code": "insufficient_quota"}, "no credit"),
    ],
)
def test_a_permanent_failure_is_not_retried(status, body, reason, server, ask):
    server.behave = lambda handler, request, number: handler.send(
        status, json.dumps({"error": body})
    )
    with pytest.raises(UserError, match=reason) as caught:
        ask(concurrency=1)
    assert len(server.asked) == 1
    assert KEY not in str(caught.value)


def test_a_retry_after_beyond_longest_wait_ends_the_run(server, ask):
    server.behave = lambda handler, body, number: handler.send(429, "{}", Retry_After="3600")
    with pytest.raises(
        UserError, match=r"asks to wait 3600 s, longest_wait is 0.05 s; run this later"
    ):
        ask()


def test_the_budget_stops_the_run_before_it_is_exceeded(server, ask):
    price = (100 * 1.0 + 10 * 10.0) / 1e6  # of a request, by the usage that the endpoint reports
    budget = 0.0018  # at most 0.00105 are set aside for a request
    with pytest.raises(
        UserError, match=r"motions: \d of 5 texts are there; the budget of 0.0018 is reached"
    ):
        ask(budget=budget, concurrency=1)
    paid = len(server.asked)
    assert 0 < paid < len(NAMES) and paid * price <= budget
    assert ask(budget=budget) == EVERY
    assert len(server.asked) == len(NAMES)  # no answer was paid for twice


def test_a_finished_run_is_never_paid_again_and_needs_no_key(server, ask, folders):
    ask()
    settings = typed(DescribeConfig, fake_endpoint.settings(server.url), "describe")
    texts = provider("openai")(settings, folders, len(NAMES), {}, print)
    assert texts.lines["motions"] == EVERY
    assert len(server.asked) == len(NAMES)


def test_a_changed_prompt_is_a_new_request(server, ask, folders):
    ask()
    (folders.prompts / "motions.txt").write_text('Say how to "{name}".\n')
    ask()
    assert len(server.asked) == 2 * len(NAMES)


def test_another_endpoint_is_a_new_request(server, ask):
    ask()
    with fake_endpoint.serving() as other:
        assert ask(base_url=other.url) == EVERY
        assert len(server.asked) == len(other.asked) == len(NAMES)


def test_a_damaged_answer_in_the_cache_is_requested_again(server, ask, folders):
    ask()
    entry = next(path for path in folders.cache.rglob("*") if path.is_file())
    entry.write_bytes(entry.read_bytes()[:-3])
    assert ask() == EVERY
    assert len(server.asked) == len(NAMES) + 1


SCRIPT = """
import json, os, sys
from pathlib import Path
from zsar.validation import typed
from zsar.text.describe import DescribeConfig, TextFolders, provider
settings = typed(DescribeConfig, json.loads(sys.argv[1]), "describe")
folders = TextFolders(*map(Path, sys.argv[2:5]))
print(json.dumps(provider("openai")(settings, folders, 5, os.environ, print).lines["motions"]))
"""


def run(server, folders, **changes):
    values = json.dumps(fake_endpoint.settings(server.url, **changes))
    places = [str(each) for each in (folders.recorded, folders.prompts, folders.cache)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, values, *places],
        env=os.environ | {"LOOPBACK_KEY": KEY, "OPENAI_LOG": "debug"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=accept_ctrl_c,
    )


def accept_ctrl_c() -> None:
    """Tests that run in the background ignore Ctrl-C, and so would their processes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kept(folders) -> int:
    return sum(path.is_file() and path.suffix == "" for path in folders.cache.rglob("*"))


def test_a_run_that_is_killed_halfway_continues_without_paying_twice(server, folders):
    def behave(handler, body, number):
        if server.answered >= 3:
            return fake_endpoint.stay_silent(handler)
        return fake_endpoint.good(body)

    server.behave = behave
    first = run(server, folders, concurrency=1, timeout=60.0)
    while kept(folders) < 3:
        assert first.poll() is None, first.communicate()
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    server.behave = lambda handler, body, number: fake_endpoint.good(body)
    output, errors = run(server, folders, concurrency=1).communicate()
    assert json.loads(output.splitlines()[-1]) == EVERY, errors
    assert server.answered == len(NAMES)


def test_ctrl_c_ends_a_run_that_waits_for_its_next_attempt(server, folders):
    server.behave = lambda handler, body, number: handler.send(500, "{}")
    started = run(server, folders, first_wait=60.0, longest_wait=60.0)
    while len(server.asked) < 4:
        assert started.poll() is None, started.communicate()
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=20)
    assert errors.splitlines()[-1] == "KeyboardInterrupt" and len(server.asked) == 4


def test_requests_are_spaced_evenly_and_a_pause_holds_for_all():
    now, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    limiter = RateLimiter(60, lambda: now[0], sleep)
    for _ in range(3):
        limiter.acquire()
    assert waits == [1.0, 1.0]
    limiter.pause(5.0)
    limiter.acquire()
    assert waits[-1] == 5.0


def test_a_budget_never_reserves_more_than_its_limit():
    budget = Budget(1.0)
    budget.reserve(0.6)
    budget.settle(0.6, 0.5)
    with pytest.raises(UserError, match=r"budget of 1 is reached: 0.500000 is spent"):
        budget.reserve(0.6)
    budget.reserve(0.5)


def test_the_provenance_is_recorded_without_the_key(server, ask, folders):
    values = fake_endpoint.settings(server.url)
    texts = provider("openai")(
        typed(DescribeConfig, values, "describe"), folders, len(NAMES), {"LOOPBACK_KEY": KEY}, print
    )
    provenance = texts.provenance["motions"]
    assert provenance.writer == "toy-1" and provenance.endpoint == server.url.split("/")[2]
    assert provenance.parameters == {"max_tokens": 100, "temperature": 0.5, "seed": 7}
    assert provenance.prompt == descriptions.read_prompt(folders.prompts, "motions").digest
    assert provenance.date.count("-") == 2


@pytest.mark.parametrize("environment", [{}, {"LOOPBACK_KEY": " "}])
def test_a_missing_key_is_named_by_its_variable(environment, server, folders):
    settings = typed(DescribeConfig, fake_endpoint.settings(server.url), "describe")
    with pytest.raises(UserError, match="environment variable LOOPBACK_KEY is not set"):
        provider("openai")(settings, folders, len(NAMES), environment, print)
    assert not server.asked


@pytest.mark.parametrize("url", ["http://user:word@localhost/v1", "http://localhost/v1?key=word"])
def test_an_address_that_holds_a_secret_is_refused_without_repeating_it(url, ask):
    with pytest.raises(UserError, match="secrets belong in the environment") as caught:
        ask(base_url=url)
    assert "word@" not in str(caught.value) and "key=word" not in str(caught.value)


@pytest.mark.parametrize("url", ["api.example.org", "ftp://example.org", "http://example.org:port"])
def test_an_invalid_address_is_refused(url, ask):
    with pytest.raises(UserError, match="base_url is no web address"):
        ask(base_url=url)


def test_an_endpoint_without_a_key_gets_none_from_the_environment(server, ask):
    ask(key_variable=None)
    assert {each["authorization"] for each in server.asked} == {"Bearer none"}


def test_an_unknown_provider_is_named_with_the_known_ones():
    with pytest.raises(
        UserError, match=r"unknown provider 'oracle'; describe.provider is one of: recorded, openai"
    ):
        provider("oracle")


def test_the_recorded_provider_sends_no_request(server, folders):
    (folders.recorded / "motions.txt").write_text("\n".join(EVERY) + "\n")
    settings = typed(DescribeConfig, fake_endpoint.settings(server.url), "describe")
    texts = provider("recorded")(settings, folders, len(NAMES), {}, print)
    assert texts.lines == {"names": NAMES, "motions": EVERY}
    assert not server.asked and not folders.cache.exists()


def test_a_changed_prompt_is_an_error_while_recorded_texts_are_used(server, folders):
    (folders.recorded / "motions.txt").write_text("\n".join(EVERY) + "\n")
    digest = descriptions.read_prompt(folders.prompts, "motions").digest
    recorded = {"motions": descriptions.Provenance(digest, "by hand", "", "", {})}
    descriptions.write_provenance(folders.recorded / descriptions.PROVENANCE, recorded)
    settings = typed(DescribeConfig, fake_endpoint.settings(server.url), "describe")
    provider("recorded")(settings, folders, len(NAMES), {}, print)
    with Path(folders.prompts / "motions.txt").open("a") as file:
        file.write("Be brief.\n")
    with pytest.raises(
        UserError, match=r"motions.txt has changed since .*motions.txt was recorded"
    ):
        provider("recorded")(settings, folders, len(NAMES), {}, print)
