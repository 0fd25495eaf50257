"""The key is in the environment and in the requests, and in no output and no file of a run."""

import json
import os
import subprocess
import sys

import fake_endpoint
from fake_endpoint import KEY, NAMES, TEXTS, chat, named

# A run for each way to fail, the last with a bug of our own, so that a traceback is printed.
SCRIPT = """
import json, os, sys
from pathlib import Path
from zsar.errors import UserError
from zsar.validation import typed
from zsar.text import answers, descriptions
from zsar.text.describe import DescribeConfig, TextFolders, provider
root = Path(sys.argv[2])
folders = TextFolders(root / "recorded", root / "prompts", root / "cache")
for model in json.loads(sys.argv[3]):
    values = json.loads(sys.argv[1])
    values["openai"]["model"] = model
    settings = typed(DescribeConfig, values, "describe")
    if model == "defect":
        answers.clean_answer = lambda answer, format: 1 / 0
    try:
        texts = provider("openai")(settings, folders, 5, os.environ, print)
        descriptions.write_provenance(root / f"{model}.json", texts.provenance)
        (root / f"{model}.txt").write_text("\\n".join(texts.lines["motions"]))
        print(model, "succeeded")
    except UserError as error:
        print(model, "failed:", error)
        print(model, "failed:", error, file=sys.stderr)
"""
QUOTED = json.dumps({"error": {"message": f"wrong key {KEY}", "code": KEY}})
BEHAVIOUR = {  # by the name of the model that is asked
    "refused": lambda handler, body: handler.send(401, QUOTED),
    "unknown": lambda handler, body: handler.send(404, QUOTED),
    "broken": lambda handler, body: handler.send(500, QUOTED, X_Key=KEY),
    "busy": lambda handler, body: handler.send(429, QUOTED, Retry_After="9999"),
    "garbled": lambda handler, body: handler.send(200, f'{{"choices": "{KEY}'),
    "slow": lambda handler, body: fake_endpoint.stay_silent(handler),
    "dropping": lambda handler, body: fake_endpoint.drop(handler),
    "chatty": lambda handler, body: chat(f"{TEXTS[named(body)]} {KEY}") | {"model": KEY},
    "useless": lambda handler, body: chat(KEY),
    "defect": lambda handler, body: fake_endpoint.good(body),
}


def test_nothing_that_a_run_leaves_behind_holds_the_key(tmp_path):
    for folder in ("recorded", "prompts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "recorded" / "names.txt").write_text("\n".join(NAMES) + "\n")
    (tmp_path / "prompts" / "motions.txt").write_text('How does one move to "{name}"?\n')
    with fake_endpoint.serving() as server:
        server.behave = lambda handler, body, number: BEHAVIOUR[body["model"]](handler, body)
        values = json.dumps(fake_endpoint.settings(server.url, retries=1))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, values, str(tmp_path), json.dumps(list(BEHAVIOUR))],
            env=os.environ | {"LOOPBACK_KEY": KEY, "OPENAI_LOG": "debug"},
            capture_output=True,
            text=True,
        )
        assert {each["authorization"] for each in server.asked} == {f"Bearer {KEY}"}
    failed = [model for model in BEHAVIOUR if f"{model} failed" in done.stdout]
    assert failed == [each for each in BEHAVIOUR if each not in ("chatty", "defect")]
    assert "chatty succeeded" in done.stdout
    assert "Traceback" in done.stderr and "ZeroDivisionError" in done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("cache" in path.parts for path in files) and tmp_path / "chatty.json" in files
    for content in (
        done.stdout.encode(),
        done.stderr.encode(),
        *(each.read_bytes() for each in files),
    ):
        assert KEY.encode() not in content
