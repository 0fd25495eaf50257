"""Every study of studies/ runs to its end on stand-ins, from raw files to the printed table.

ZSAR_PRESETS says how much of it: `brief` one preset of each family, a cell of each group; nothing,
all presets, every kind of cell; `all`, whole.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import brief
import pytest
import yaml

from clones import ROOT, Checkout, environment
from conftest import DATASETS, REAL

AMOUNT = os.environ.get("ZSAR_PRESETS", "")
QUIRKS = "+as_published"
FAMILIES = ("smie", f"pgfa_one_shot{QUIRKS}", "msf", f"synse_family{QUIRKS}", "umurl")
NAMES = sorted(path.stem for path in (ROOT / "studies").glob("*.yaml"))
PRESETS = FAMILIES if AMOUNT == "brief" else [name + q for name in NAMES for q in ("", QUIRKS)]
# Of these nobody printed a number, or only means over random splits.
UNPRINTED = ("amsf_gzsl", "demo", "flora", "pgfa_one_shot")
MEANS = ("pgfa_setting1",)
TRAINING = ("learn", "encode", "pretrain", "recognise")
NUMBER = re.compile(r"-?\d+\.\d\d( ± \d+\.\d\d)?")


def cut(preset: str) -> brief.Cut:
    if AMOUNT == "all":
        return brief.whole
    return brief.first if AMOUNT == "brief" or preset.endswith(QUIRKS) else brief.kinds


def prepared(checkout: Checkout, preset: str) -> tuple[str, ...]:
    """The command that makes the preset, cut to what is asked for."""
    name = preset.removesuffix(QUIRKS)
    path = Path("studies", f"{name}.yaml")
    study = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    smaller = brief.reduced(study, cut(preset))
    (checkout.folder / path).write_text(yaml.safe_dump(smaller), encoding="utf-8")
    reading = ["--as-published"] if preset.endswith(QUIRKS) else []
    return ("zsar", "reproduce", name, *reading, *brief.options())


def table(text: str) -> list[list[str]]:
    """Of each row name, split, ours, interval, as published, printed and difference."""
    lines = text[text.rindex("runs are done") :].split("\n\n")[1].splitlines()
    rows = [re.split(r" {2,}", line.strip()) for line in lines[1:]]
    return [[each for each in row if each != "minilm"] for row in rows]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_runs_to_its_table_and_then_trains_nothing(checkout, preset):
    if preset.startswith(("small_real", "purls")):
        for name, files in REAL.items():
            if not DATASETS.is_dir():
                pytest.skip(f"no recordings in {DATASETS}")
            paths = [str(DATASETS / name / file) for file in files]
            checkout.run("zsar", "add", name, *paths)
    command, before = prepared(checkout, preset), checkout.read("params.yaml")
    start = os.times()
    first = checkout.run(*command)
    spent = os.times()
    rows = table(first.text)
    assert "Traceback" not in first.text
    assert rows and all(len(row) == 7 and NUMBER.fullmatch(row[2]) for row in rows), first.text
    beside = [row for row in rows if row[5] != "-"]
    absent = UNPRINTED + (MEANS if cut(preset) is brief.first else ())
    assert bool(beside) == (not preset.startswith(absent)), first.text
    for *_, best, printed, apart in beside:
        for value, difference in zip(printed.split(", "), apart.split(", "), strict=True):
            expected = float(best) - float(value.split()[0])
            assert float(difference) == pytest.approx(expected, abs=0.011)
    random = re.findall(r"\w+_\d+", " ".join(row[1] for row in rows))
    assert any("mean of" in row[1] for row in rows) == (len(set(random)) > 1), first.text
    assert checkout.read("params.yaml") == before
    again = checkout.run(*command)
    assert not [name for name in again.ran if name.startswith(TRAINING)], again.text
    assert table(again.text) == rows
    assert checkout.read("params.yaml") == before
    used = spent.children_user + spent.children_system - start.children_user - start.children_system
    print(
        f"\n{preset}: {first.seconds:.0f} s, {used:.0f} s of processor, again {again.seconds:.0f} s"
    )


def heeding() -> None:
    """Ctrl-C is heeded, also where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(checkout: Checkout) -> "subprocess.Popen[str]":
    """A preset whose cell is selected in params.yaml, and is being made."""
    process = subprocess.Popen(
        prepared(checkout, "smie"),
        cwd=checkout.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding,
    )
    path = checkout.folder / "params.yaml"
    deadline = time.monotonic() + 120
    while "dataset: ntu60" not in path.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.1)
    return process


def test_a_study_that_was_killed_gives_params_yaml_back_at_the_next_start(checkout):
    before = checkout.read("params.yaml")
    process = started(checkout)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert checkout.read("params.yaml") != before
    checkout.run("zsar", "reproduce")
    assert checkout.read("params.yaml") == before


def test_ctrl_c_gives_params_yaml_back_at_once(checkout):
    before = checkout.read("params.yaml")
    process = started(checkout)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert checkout.read("params.yaml") == before
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("zsar: interrupted") and "zsar/" not in said, said
