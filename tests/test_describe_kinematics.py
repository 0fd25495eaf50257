"""`zsar describe DATASET kinematics`: drafts from an endpoint that answers well, badly or not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fake_endpoint
import toy_config
from fake_endpoint import KEY, NAMES, chat, named, prompt
from stages.harness.closure import closure
from zsar.cells import PROMPTS
from zsar.cli import describe_texts
from zsar.errors import UserError
from zsar.kinematics.descriptions import FILE, complaints, load, parse
from zsar.kinematics.vocabulary import vocabulary
from zsar.text import descriptions
from zsar.text.descriptions import KINEMATICS
from zsar.text.structured import checked_draft, json_schema, parsed_draft

ROOT = Path(__file__).parent.parent
DATASET = "nw_ucla"
DRAFTS = 2  # of fake_endpoint.settings
RESTING = {
    name: None if each.rest is None else [each.rest, each.sigma]
    for name, each in vocabulary().attributes.items()
}


def answer(**attributes) -> str:
    """Of somebody who stands still, but for these attributes."""
    return json.dumps({"variants": [{"weight": 1, "attributes": RESTING | attributes}]})


def high(body) -> str:
    """A different answer about each class and draft."""
    return answer(w_top=[1.0 + 0.1 * NAMES.index(named(body)) + 0.05 * body["seed"] % 7, 0.2])


def good(handler, body, number):
    return chat(high(body))


def first_time(content: str):
    """Answer so to the question as it stands, and well once a reason is told."""

    def behave(handler, body, number):
        return good(handler, body, number) if "will not do" in prompt(body) else chat(content)

    return behave


def settings(url, kinematics, **endpoint):
    """What is set, by dotted names."""
    describe = fake_endpoint.settings(url, **endpoint)
    describe["kinematics"] |= kinematics
    return {f"describe: {key}": value for key, value in describe.items()}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder with the class list of one data set."""
    recorded = tmp_path / "descriptions" / DATASET
    recorded.mkdir(parents=True)
    (recorded / "names.txt").write_text("\n".join(NAMES) + "\n")
    (tmp_path / PROMPTS).mkdir()
    shutil.copy(ROOT / PROMPTS / f"{KINEMATICS}.txt", tmp_path / PROMPTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    return recorded


@pytest.fixture
def server(study):
    with fake_endpoint.serving() as endpoint:
        endpoint.behave = good
        yield endpoint


@pytest.fixture
def config(server):
    def config(kinematics=None, **endpoint):
        return toy_config.config(settings(server.url, kinematics or {}, **endpoint))

    return config


@pytest.fixture
def write(config):
    """Have all classes described by the endpoint as it behaves now; returns progress lines."""

    def write(kinematics=None, **endpoint):
        lines = []
        found = config(kinematics, **endpoint)
        describe_texts.write(DATASET, KINEMATICS, found, True, lines.append)
        return lines

    return write


def recorded(study):
    text = (study / FILE).read_text()
    parse(text, NAMES, FILE)
    return json.loads(text)["classes"]


def test_every_class_gets_its_drafts(study, server, write):
    progress = write()
    assert len(server.asked) == len(NAMES) * DRAFTS and len(load(study / FILE, NAMES)) == len(NAMES)
    for name, drafts in recorded(study).items():
        tops = [draft[0]["attributes"]["w_top"][0] for draft in drafts]
        asked = [body for body in server.asked if named(body) == name]
        expected = [high(body) for body in sorted(asked, key=lambda body: body["seed"])]
        assert tops == [
            json.loads(each)["variants"][0]["attributes"]["w_top"][0] for each in expected
        ]
    assert progress[-1] == "kinematics: 10 of 10 descriptions"


def test_a_request_holds_the_vocabulary_and_the_limits_of_this_source(server, write):
    write()
    body = server.asked[0]
    assert all(f"\n{name} | {each.unit} | " in prompt(body) for name, each in _attributes())
    assert "elbow_min <= elbow_max" in prompt(body) and vocabulary().conventions in prompt(body)
    assert len({prompt(each).replace(named(each), "", 1) for each in server.asked}) == 1
    assert body["max_tokens"] == 3000 and body["temperature"] == 0.9
    assert {each["seed"] for each in server.asked} == {7, 8}


def _attributes():
    return vocabulary().attributes.items()


def test_the_schema_demands_every_attribute_and_null_only_where_that_can_be(server, write):
    write()
    sent = server.asked[0]["response_format"]
    assert sent["type"] == "json_schema" and sent["json_schema"]["strict"]
    assert sent["json_schema"]["schema"] == json_schema(vocabulary())
    variant = json_schema(vocabulary())["properties"]["variants"]["items"]
    attributes = variant["properties"]["attributes"]
    assert attributes["required"] == list(vocabulary()) and not attributes["additionalProperties"]
    for name, each in _attributes():
        nullable = attributes["properties"][name]["$ref"].endswith("null")
        assert nullable == (each.rest is None)


@pytest.mark.parametrize(
    ("structured", "sent"), [("json", {"type": "json_object"}), ("none", None)]
)
def test_another_response_format_can_be_set(structured, sent, server, write):
    write({"structured": structured})
    assert server.asked[0].get("response_format") == sent


REFUSED = json.dumps({"error": {"message": "'response_format' of type json_schema: unknown"}})


def test_an_endpoint_that_refuses_the_schema_is_asked_without(study, server, write):
    server.behave = lambda handler, body, number: (
        handler.send(400, REFUSED) if "response_format" in body else good(handler, body, number)
    )
    write(concurrency=1)
    assert ["response_format" in body for body in server.asked] == [True] + [False] * 10
    assert list(recorded(study)) == NAMES


def test_another_refusal_ends_the_run(server, write):
    server.behave = lambda handler, body, number: handler.send(
        400, json.dumps({"error": {"message": "max_tokens is too large"}})
    )
    with pytest.raises(UserError, match="kinematics: 0 of 10 .* HTTP 400: .*max_tokens is too"):
        write(concurrency=1)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "wrapped",
    ["```json\n{}\n```", "```\n{}\n```", "Here it is:\n\n```json\n{}\n```\nAsk for more!"]
    + ["<think>perhaps {{1}}?</think>{}"],
)
def test_what_is_around_the_json_is_removed_without_another_request(wrapped, server, study, write):
    server.behave = lambda handler, body, number: chat(wrapped.format(high(body)))
    write()
    assert len(server.asked) == 10 and list(recorded(study)) == NAMES


WITHOUT_HEAD = json.loads(answer())
del WITHOUT_HEAD["variants"][0]["attributes"]["w_head"]
QUARTER = [{"weight": 0.25, "attributes": RESTING}]
REJECTED = {
    "out of range": (answer(w_top=[9, 0.2]), "w_top is 9, expected -1.5 to 2.6"),
    "incoherent": (answer(elbow_min=[0.9, 0.1]), "elbow_min is above elbow_max: 0.9 > 0.15"),
    "null": (answer(w_top=None), "w_top is null, expected a number"),
    "a partner": (answer(people=[2, 0.1]), "contact should be a number, for there are two people"),
    "without an attribute": (json.dumps(WITHOUT_HEAD), "these attributes are missing: w_head"),
    "unknown": (answer(w_nose=[1, 0.1]), "unknown attribute 'w_nose'"),
    "a word": (answer(w_top=["high", 0.1]), "w_top[0] is 'high', expected a number"),
    "no pair": (answer(w_top=[1]), "w_top is [1], expected [value, half-width] or null"),
    "no variants": ('{"variants": []}', "it has 0 variants, expected 1 to 3"),
    "four variants": (json.dumps({"variants": 4 * QUARTER}), "it has 4 variants, expected 1 to 3"),
    "no list": ('{"variants": {"1": "' + 9999 * "x" + '"}}', ", expected a list"),
    "a weight": (answer().replace('"weight": 1', '"weight": -1'), "weight is -1, expected"),
    "weights": (answer().replace('"weight": 1', '"weight": 0.5'), "weights of the variants do not"),
    "not a number": (answer(w_top=[float("nan"), 0.1]), "NaN is no number"),
    "words": ("The hand rises.", "it is not a JSON object"),
    "empty": ("", "it is not a JSON object"),
    "broken off": (answer()[:99], "it is not a JSON object"),
}


@pytest.mark.parametrize("kind", REJECTED)
def test_a_rejected_answer_is_asked_again_with_the_reason(kind, server, study, write):
    content, reason = REJECTED[kind]
    server.behave = first_time(content)
    write()
    again = [body for body in server.asked if "will not do" in prompt(body)]
    assert len(again) == 10 and all(reason in prompt(body) for body in again)
    assert list(recorded(study)) == NAMES


def test_all_reasons_are_told_up_to_a_few():
    reason, _ = checked_draft(answer(w_top=[9, 0.2], w_low=[9, 0.2]))
    assert reason == "w_top is 9, expected -1.5 to 2.6; w_low is 9, expected -2 to 2"
    reason, _ = checked_draft(answer(**{name: [99, 0.1] for name in vocabulary()}))
    assert reason.endswith(f"; and {len(vocabulary()) - 8} more")
    assert checked_draft(answer())[0] is None


def test_a_class_that_is_never_described_well_is_named_with_the_reason(study, server, write):
    server.behave = lambda handler, body, number: (
        chat(answer(w_top=[9, 0.2])) if named(body) == "throw" else good(handler, body, number)
    )
    with pytest.raises(UserError) as caught:
        write()
    assert str(caught.value) == (
        "kinematics: no usable description for 'throw' in 3 tries; the last one: w_top is 9,"
        " expected -1.5 to 2.6 (and 1 more); the other descriptions are kept"
    )
    assert not (study / FILE).exists() and not (study / descriptions.PROVENANCE).exists()
    before = len(server.asked)
    server.behave = good
    write()
    assert len(server.asked) == before + DRAFTS and list(recorded(study)) == NAMES


def test_more_drafts_are_asked_for_beside_those_that_are_there(study, server, write):
    write()
    write({"drafts": DRAFTS + 1})
    assert len(server.asked) == len(NAMES) * (DRAFTS + 1)
    assert all(len(drafts) == DRAFTS + 1 for drafts in recorded(study).values())


def test_drafts_are_kept_apart_where_no_seed_is_sent(study, server, config):
    server.behave = lambda handler, body, number: chat(answer(w_top=[number / 10, 0.2]))
    found = config()
    found.files["describe"]["openai"]["seed"] = None
    for _ in range(2):
        describe_texts.write(DATASET, KINEMATICS, found, True, [].append)
        tops = {
            tuple(sorted(draft[0]["attributes"]["w_top"][0] for draft in drafts))
            for drafts in recorded(study).values()
        }
        assert tops == {(0.1, 0.2)} and len(server.asked) == 10
    assert all("seed" not in body for body in server.asked)


def test_the_budget_ends_a_run_that_the_next_one_continues(study, server, write):
    server.behave = lambda handler, body, number: good(handler, body, number) | {"usage": None}
    with pytest.raises(UserError, match=r"kinematics: 2 of 10 descriptions .* the budget of 0.1 "):
        write(budget=0.1, concurrency=1)  # 3000 tokens alone cost 0.03
    assert len(server.asked) == 2 and not (study / FILE).exists()
    write()
    assert len(server.asked) == 10


def test_an_estimate_sends_nothing_needs_no_key_and_knows_the_cache(
    study, server, write, config, monkeypatch
):
    monkeypatch.delenv("LOOPBACK_KEY")
    lines = describe_texts.estimated(DATASET, KINEMATICS, config())
    assert "10 descriptions, 0 in the cache, 10 requests" in lines[0] and not server.asked
    assert lines[0].startswith(f"descriptions/{DATASET}/{FILE}") and "at most 30000 out" in lines[0]
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    write()
    lines = describe_texts.estimated(DATASET, KINEMATICS, config())
    assert "10 in the cache, 0 requests" in lines[0]


def test_recorded_descriptions_are_replaced_only_with_overwrite(study, server, config):
    (study / FILE).write_text("mine")
    with pytest.raises(UserError, match=r"kinematics.json is there already; --overwrite replaces"):
        describe_texts.write(DATASET, KINEMATICS, config(), False, [].append)
    assert (study / FILE).read_text() == "mine" and not server.asked


def test_the_provenance_says_how_many_drafts_and_answers_the_prompt(study, write):
    write()
    found = descriptions.read_provenance(study)[KINEMATICS]
    assert found.writer == "toy-1" and found.parameters == {
        "max_tokens": 3000,
        "temperature": 0.9,
        "seed": 7,
        "drafts": DRAFTS,
    }
    descriptions.require_current(study, PROMPTS, [KINEMATICS])


def test_descriptions_can_be_accepted_for_an_edited_prompt(study, write, config):
    write()
    file = PROMPTS / f"{KINEMATICS}.txt"
    file.write_text(file.read_text() + "Be exact.\n")
    with pytest.raises(UserError, match=r"has changed since .*nw_ucla/kinematics.json was"):
        descriptions.require_current(study, PROMPTS, [KINEMATICS])
    (line,) = describe_texts.accept(DATASET, KINEMATICS, config())
    assert line == "descriptions/nw_ucla/kinematics.json answers prompts/kinematics.txt"
    descriptions.require_current(study, PROMPTS, [KINEMATICS])


def test_a_prompt_for_another_version_of_the_vocabulary_is_an_error(server, write):
    """So its digest, which provenance records, changes with the version."""
    file = PROMPTS / f"{KINEMATICS}.txt"
    version = f"Vocabulary {vocabulary().version}:"
    assert version in file.read_text()
    file.write_text(file.read_text().replace(version, "Vocabulary 0:"))
    with pytest.raises(UserError, match=rf"kinematics.txt: expected the line '{version}'"):
        write()
    assert not server.asked


def test_the_example_in_the_prompt_has_the_form_that_is_read():
    text = (ROOT / PROMPTS / f"{KINEMATICS}.txt").read_text()
    assert not complaints(parsed_draft(text.splitlines()[-1]))


def test_all_means_all_texts(study, server, config):
    (PROMPTS / "motions.txt").write_text('How does one move to "{name}"?\n')
    lines = describe_texts.estimated(DATASET, "all", config())
    assert any("motions.txt: 5 texts" in line for line in lines)
    assert not any(KINEMATICS in line for line in lines)


def test_other_stages_do_not_depend_on_the_vocabulary():
    """Else an edit of it would have every data set prepared and every text embedded again."""
    for stage in ("embed", "prepare"):
        assert not [file for file in closure([f"stages.{stage}"], ROOT) if "kinematics" in file]


RUN = "from zsar.cli.main import app; app()"


def run(**changes):
    Path("params.yaml").unlink(missing_ok=True)
    toy_config.write(Path(), changes)
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "describe", DATASET, KINEMATICS],
        env=os.environ | {"OPENAI_LOG": "debug"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_that_is_killed_continues_without_paying_twice_and_leaves_no_key(study, server):
    def behave(handler, body, number):
        return time.sleep(60) if server.answered >= 3 else good(handler, body, number)

    server.behave = behave
    changes = settings(server.url, {}, concurrency=1) | {"describe: provider": "openai"}
    first = run(**changes)
    while sum(path.is_file() and not path.suffix for path in Path(".cache").rglob("*")) < 3:
        assert first.poll() is None, first.communicate()
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    told = list(first.communicate())
    assert not (study / FILE).exists()
    server.behave = good
    second = run(**changes)
    told += second.communicate()
    assert second.returncode == 0 and server.answered == 10, told
    assert list(recorded(study)) == NAMES
    kept = [path.read_bytes() for path in Path().rglob("*") if path.is_file()]
    assert kept and not any(KEY.encode() in each for each in kept)
    assert "kinematics: 10 of 10" in told[-1] and not any(KEY in each for each in told)
