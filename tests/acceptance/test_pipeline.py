"""The pipeline's promises, each seen to hold in a fresh clone; the tests build on one another, in
order."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from clones import Checkout, clone, environment
from zsar.reproduce.run import with_values

DATASETS = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets")).resolve()
METHOD = "src/zsar/methods/{}.py"
CELL = "demo/smie50/unseen5/stgcn"
# The promises do not depend on how well anything learns.
BRIEFLY = {
    "run.threads": 1,
    "run.seeds": [0, 1],
    "encoders.stgcn.training.epochs": 2,
    "encoders.umurl.pretraining.epochs": 2,
    "encoders.umurl.pretraining.milestones": [1],
    "encoders.umurl.probe.epochs": 2,
    "encoders.umurl.probe.milestones": [1],
    "methods.smie.epochs": 3,
    "methods.devise.epochs": 5,
}


def stages_of(method: str, cell: str = CELL) -> set[str]:
    """The stages that belong to one method's cell alone."""
    return {f"{stage}@{cell}-{method}" for stage in ("learn", "evaluate", "record")}


@pytest.fixture(scope="session")
def checkout(place) -> Checkout:
    """A clone in which training is brief, as a commit of its own."""
    made = clone(place / "first clone")
    path = made.folder / "params.yaml"
    path.write_text(with_values(path.read_text(encoding="utf-8"), BRIEFLY), encoding="utf-8")
    made.run("git", "commit", "--quiet", "--all", "-m", "brief trainings")
    return made


@pytest.fixture(autouse=True)
def as_committed(checkout):
    """Every test starts from the parameters of the commit."""
    checkout.run("git", "checkout", "--quiet", "params.yaml")


def test_a_wrong_setting_stops_before_any_work(checkout):
    for change, complaint in (
        ("method=xyzzy", "method is 'xyzzy', expected one of: "),
        ("+methods.smie.epoch=3", "unknown methods.smie.epoch (did you mean epochs?)"),
        ("methods.smie.epochs=many", "methods.smie.epochs is 'many', expected a whole number"),
        ("run.threads=two", "run.threads is 'two', expected a whole number"),
        ("+colour=red", "unknown colour"),
        ("split=smie_1", "unknown split 'smie_1'"),
        ("dataset=ntu60", "data/raw/ntu60 holds no recordings"),
    ):
        outcome = checkout.dvc("exp", "run", "-S", change, fails=True)
        assert complaint in outcome.text, outcome.text
        assert "Traceback" not in outcome.text and not outcome.worked, outcome.text
        checkout.run("git", "checkout", "--quiet", ".")


def test_the_study_runs_and_then_has_nothing_to_do(checkout):
    first = checkout.dvc("repro")
    assert {"demo", "prepare@demo-smie50", "embed@demo-minilm"} <= first.worked
    assert stages_of("smie") <= first.worked
    again = checkout.dvc("repro")
    assert not again.ran
    print(f"\nstudy {first.seconds:.0f} s, again {again.seconds:.1f} s")
    checkout.run("git", "add", "--all")
    checkout.run("git", "commit", "--quiet", "--allow-empty", "-m", "the study")
    assert not checkout.dvc("repro").ran  # what the imports left behind changes nothing


def test_a_bare_clone_of_a_study_finds_it_complete(checkout, place):
    bare = clone(place / "bare clone", checkout.folder)
    assert not bare.dvc("repro", "--dry", "--allow-missing").ran
    shutil.rmtree(bare.folder)


def test_the_headline_is_few_numbers_and_the_rest_is_in_the_cell(checkout):
    headline = json.loads(checkout.read("metrics/headline.json"))
    assert set(headline) == {"zsl", "low", "high", "as_published", "H"}
    found = json.loads(checkout.read(f"metrics/{CELL}/smie.json"))
    assert headline["zsl"] == found["zsl"] and found["text"] == "minilm"
    assert found["zsl_low"] <= found["zsl"] <= found["zsl_high"]
    assert found["zsl_as_published"] >= found["zsl_last"]


def test_another_method_runs_its_own_stages_only_and_says_little_else(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "method=devise")
    assert outcome.worked == stages_of("devise")
    assert outcome.text.count("WARNING") <= 5
    print(f"\nanother method {outcome.seconds:.0f} s")
    diff = checkout.dvc("metrics", "diff").text
    assert "zsl" in diff and len(diff.splitlines()) <= 6
    assert len(checkout.dvc("metrics", "show").text.splitlines()) <= 3


def test_going_back_runs_nothing(checkout):
    assert not checkout.dvc("exp", "run", "-S", "method=smie").ran
    assert (checkout.folder / f"metrics/{CELL}/devise.json").is_file()


def test_a_setting_of_one_method_concerns_that_method_alone(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "methods.devise.margin=0.11")
    assert not outcome.worked  # SMIE is selected
    assert "changes nothing here: devise is not selected" in outcome.text
    outcome = checkout.dvc("exp", "run", "-S", "methods.smie.margin=0.11")
    recorded = {f"record@{CELL}-smie"}  # unless the numbers came out the same
    assert stages_of("smie") - recorded <= outcome.worked <= stages_of("smie")
    assert "methods.smie.margin = 0.11 overrides 0.1 (settings/methods.yaml: smie.default)" in (
        outcome.text
    )
    assert "why: methods.smie.margin was 0.1, is 0.11" in outcome.text
    back = checkout.dvc("exp", "run", "-S", "methods.smie.margin=auto")
    assert back.worked <= recorded  # what is in Git has no run-cache


def test_a_comment_in_one_method_makes_only_its_cells_stale(checkout):
    for name, stale in (("devise", False), ("smie", True)):
        path = checkout.folder / METHOD.format(name)
        before = path.read_text()
        path.write_text(before + "# a remark\n")
        said = checkout.run("zsar", "why").text
        path.write_text(before)
        assert (f"learn@{CELL}-smie: {METHOD.format(name)} has changed" in said) == stale
        assert "encode@" not in said


def test_another_split_leaves_what_it_shares_alone(checkout):
    other = CELL.replace("unseen5", "unseen10")
    outcome = checkout.dvc("exp", "run", "-S", "split=unseen10")
    assert stages_of("smie", other) <= outcome.worked
    assert not outcome.worked & {"demo", "prepare@demo-smie50", "embed@demo-minilm"}
    assert not checkout.dvc("exp", "run", "-S", "split=unseen5").ran


def test_an_encoder_without_labels_is_one_setting_away(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "encoder=umurl")
    assert stages_of("smie", CELL.replace("stgcn", "umurl")) <= outcome.worked
    assert all("unseen5/umurl" in name for name in outcome.worked)
    print(f"\nanother encoder {outcome.seconds:.0f} s")
    assert not checkout.dvc("exp", "run", "-S", "encoder=stgcn").ran


def test_structured_descriptions_need_no_training(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "encoder=kinematics", "-S", "method=kinematic")
    print(f"\nnothing learned {outcome.seconds:.0f} s")
    found = json.loads(
        checkout.read(f"metrics/{CELL.replace('stgcn', 'kinematics')}/kinematic.json")
    )
    assert found["zsl"] > 80 and not any("stgcn" in name for name in outcome.worked)
    why = checkout.run("zsar", "explain", "demo/S002C001P003R002A019", "--to", "why.png").text
    assert "wipe face, not" in why and "nats, of which" in why
    assert (checkout.folder / "why.png").stat().st_size > 10_000
    (checkout.folder / "why.png").unlink()
    assert not checkout.dvc("exp", "run", "-S", "encoder=stgcn", "-S", "method=smie").ran


@pytest.mark.skipif(not DATASETS.is_dir(), reason=f"no recordings in {DATASETS}")
def test_another_data_set_and_back(checkout):
    checkout.run("zsar", "add", "utd_mhad", str(DATASETS / "utd_mhad" / "Skeleton.zip"))
    before = sorted((checkout.folder / "metrics/demo").rglob("*.json"))
    assert not checkout.dvc("repro").worked
    real = ("-S", "dataset=utd_mhad", "-S", "method=devise")
    outcome = checkout.dvc("exp", "run", *real)
    assert "prepare@utd_mhad-smie50" in outcome.worked
    assert not any("demo" in name for name in outcome.worked)
    checkout.run("git", "checkout", "--quiet", "params.yaml")
    assert not checkout.dvc("repro").ran
    assert not checkout.dvc("exp", "run", *real).ran
    checkout.run("git", "checkout", "--quiet", "params.yaml")
    assert not checkout.dvc("repro").ran
    assert sorted((checkout.folder / "metrics/demo").rglob("*.json")) == before


def test_a_sweep_leaves_nothing_to_train(checkout):
    checkout.run("git", "add", "--all")
    checkout.run("git", "commit", "--quiet", "--allow-empty", "-m", "before the sweep")
    methods, splits = ("devise", "smie"), ("unseen5", "unseen10")
    axes = ("-S", "method=" + ",".join(methods), "-S", "split=" + ",".join(splits))
    checkout.dvc("exp", "run", "--queue", *axes)
    checkout.dvc("queue", "start")
    deadline = time.monotonic() + 900
    while re.search(
        r"Queued|Running", status := checkout.dvc("queue", "status").text.split("Worker")[0]
    ):
        assert time.monotonic() < deadline, status
        time.sleep(2)
    assert status.count("Success") == 4, status
    for method in methods:
        for split in splits:
            outcome = checkout.dvc("exp", "run", "-S", f"method={method}", "-S", f"split={split}")
            assert not {name for name in outcome.worked if not name.startswith("record@")}


def test_a_study_by_name_prints_its_table_and_trains_nothing_twice(checkout):
    study = {
        "title": "two methods",
        "cites": "nobody",
        "caveats": [],
        "runs": [{"cells": [CELL], "methods": ["devise", "smie"]}],
    }
    (checkout.folder / "studies/two.yaml").write_text(yaml.safe_dump(study))
    said = checkout.run("zsar", "reproduce", "two")
    assert not {name for name in said.worked if not name.startswith("record@")}
    assert "2 of 2 runs are done" in said.text
    assert re.search(r"devise +minilm +demo/unseen5 +\d+\.\d\d", said.text)
    assert not checkout.run("git", "diff", "params.yaml").text
    (checkout.folder / "studies/two.yaml").unlink()


def test_a_clone_with_the_data_pulled_runs_nothing(checkout, place):
    checkout.dvc("repro")
    store = place / "store"
    checkout.dvc("remote", "add", "--default", "--force", "store", str(store))
    checkout.run("git", "add", "--all")
    checkout.run("git", "commit", "--quiet", "-m", "a remote")
    checkout.dvc("push", "--quiet", "--run-cache")
    other = place / "pulled clone"
    pulled = clone(other, checkout.folder)
    pulled.dvc("pull", "--quiet", "--run-cache", "--allow-missing")
    assert not pulled.dvc("repro").ran
    shutil.rmtree(other)


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(checkout, place):
    other = clone(place / "second clone", checkout.folder)
    for lock in ("dvc.lock", "demo/dvc.lock"):
        other.run("git", "rm", "--quiet", lock)
    draw = random.Random(0)
    for _ in range(5):
        process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=other.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(draw.uniform(3, 20))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    other.dvc("repro")
    ours, theirs = _hashes(checkout), _hashes(other)
    assert theirs and all(ours[name] == found for name, found in theirs.items())
    assert not other.dvc("repro").ran


def _hashes(checkout: Checkout) -> dict[str, dict]:
    """What DVC recorded of every stage that is up to date with params.yaml as it stands."""
    assert not checkout.dvc("repro").ran
    return {
        name: stage
        for file in ("dvc.lock", "demo/dvc.lock")
        for name, stage in yaml.safe_load(checkout.read(file))["stages"].items()
        if "unseen10" not in name and "umurl" not in name and "devise" not in name
        if "utd_mhad" not in name
    }
