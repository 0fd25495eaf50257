"""The pipeline's promises, each seen to hold in a fresh clone; the tests build on one another, in
order."""

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

from conftest import Checkout, clone, environment

DATASETS = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets")).resolve()
METHOD = "src/zsar/methods/{}.py"
# The published training of the encoder takes minutes on real recordings.
BRIEFLY = (
    "-S",
    "encoders.stgcn.default.training.epochs=1",
    "-S",
    "encoders.stgcn.default.training.batch_size=64",
)


def stages_of(method: str, cell: str = "demo/unseen5/stgcn") -> set[str]:
    """The stages that belong to one method's cell alone."""
    return {f"learn@{cell}-{method}", f"evaluate@{cell}-{method}"}


@pytest.fixture(autouse=True)
def as_published(checkout):
    """Every test starts from the parameters of the repository."""
    checkout.run("git", "checkout", "--quiet", "params.yaml")


def test_a_wrong_setting_stops_before_any_work(checkout):
    for change, complaint in (
        ("method=nonsense", "method is 'nonsense', expected one of: "),
        ("+methods.smie.default.epoch=3", "unknown methods.smie.default.epoch"),
        (
            "methods.smie.default.epochs=many",
            "methods.smie.default.epochs is 'many', expected a whole number",
        ),
        ("run.threads=two", "run.threads is 'two', expected a whole number"),
    ):
        outcome = checkout.dvc("exp", "run", "-S", change, fails=True)
        assert complaint in outcome.text and "params.yaml" in outcome.text, outcome.text
        assert "Traceback" not in outcome.text and not outcome.worked, outcome.text
        checkout.run("git", "checkout", "--quiet", ".")


def test_the_study_runs_and_then_has_nothing_to_do(checkout):
    first = checkout.dvc("repro")
    assert {"demo", "prepare@demo", "embed@demo"} <= first.worked
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


def test_the_headline_is_above_chance_and_below_perfection(checkout):
    import json

    found = json.loads(checkout.read("metrics/headline.json"))
    assert 1.5 * found["chance"] < found["zsl"] < 95
    assert found["zsl_low"] <= found["zsl"] <= found["zsl_high"]
    assert found["zsl_as_published"] >= found["zsl_last"]


def test_another_method_runs_its_own_stages_only(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "method=devise")
    assert outcome.worked == stages_of("devise")
    print(f"\nanother method {outcome.seconds:.0f} s")
    assert "zsl" in checkout.dvc("metrics", "diff").text
    shown = checkout.dvc("metrics", "show").text
    assert "metrics/demo/unseen5/stgcn/smie.json" in shown


def test_going_back_runs_nothing(checkout):
    assert not checkout.dvc("exp", "run", "-S", "method=smie").ran
    assert (checkout.folder / "metrics/demo/unseen5/stgcn/devise.json").is_file()


def test_a_setting_of_one_method_concerns_that_method_alone(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "methods.devise.default.margin=0.11")
    assert not outcome.worked  # SMIE is selected
    outcome = checkout.dvc("exp", "run", "-S", "methods.smie.default.margin=0.11")
    assert outcome.worked == stages_of("smie")
    assert not checkout.dvc("exp", "run", "-S", "methods.smie.default.margin=0.1").worked


def test_a_comment_in_one_method_makes_only_its_cells_stale(checkout):
    path = checkout.folder / METHOD.format("devise")
    before = path.read_text()
    path.write_text(before + "# a remark\n")
    stale = set(re.findall(r"^stages/dvc.yaml:(\S+):$", checkout.dvc("status").text, re.MULTILINE))
    path.write_text(before)
    assert "learn@demo/unseen5/stgcn-devise" in stale
    assert "learn@demo/unseen5/stgcn-smie" not in stale


def test_another_split_leaves_what_it_shares_alone(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "split=unseen10")
    assert stages_of("smie", "demo/unseen10/stgcn") <= outcome.worked
    assert not outcome.worked & {"demo", "prepare@demo", "describe@demo", "embed@demo"}
    assert not checkout.dvc("exp", "run", "-S", "split=unseen5").ran


def test_an_encoder_without_labels_is_one_setting_away(checkout):
    outcome = checkout.dvc("exp", "run", "-S", "encoder=umurl")
    assert stages_of("smie", "demo/unseen5/umurl") <= outcome.worked
    assert all("demo/unseen5/umurl" in name for name in outcome.worked)
    print(f"\nanother encoder {outcome.seconds:.0f} s")
    assert not checkout.dvc("exp", "run", "-S", "encoder=stgcn").ran


@pytest.mark.skipif(not DATASETS.is_dir(), reason=f"no recordings in {DATASETS}")
def test_another_data_set_and_back(checkout):
    checkout.run("zsar", "add", "utd_mhad", str(DATASETS / "utd_mhad" / "Skeleton.zip"))
    before = sorted((checkout.folder / "metrics/demo").rglob("*.json"))
    assert not checkout.dvc("repro").worked
    real = ("-S", "dataset=utd_mhad", "-S", "method=devise", *BRIEFLY)
    outcome = checkout.dvc("exp", "run", *real)
    assert "prepare@utd_mhad" in outcome.worked
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
    checkout.dvc(
        "exp", "run", "--queue", "-S", "method=devise,smie", "-S", "split=unseen5,unseen10"
    )
    checkout.dvc("queue", "start")
    deadline = time.monotonic() + 600
    while re.search(
        r"Queued|Running", status := checkout.dvc("queue", "status").text.split("Worker")[0]
    ):
        assert time.monotonic() < deadline, status
        time.sleep(2)
    assert status.count("Success") == 4, status
    cells = [
        f"stages/dvc.yaml:evaluate@demo/{split}/stgcn-{method}"
        for split in ("unseen5", "unseen10")
        for method in ("devise", "smie")
    ]
    assert not checkout.dvc("repro", *cells).worked


def test_a_clone_with_the_data_pulled_runs_nothing(checkout, place):
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
    other = clone(place / "second clone")
    draw = random.Random(0)
    for _ in range(6):
        process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=other.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(draw.uniform(3, 30))
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
        for file in ("dvc.lock", "stages/dvc.lock")
        for name, stage in yaml.safe_load(checkout.read(file))["stages"].items()
        if "demo/unseen5" in str(stage["cmd"])
    }
