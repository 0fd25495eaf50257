"""`zsar predict` as it is typed: files of any kind, text, JSON and CSV, clear refusals."""

import csv
import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from test_prediction import LABELS, clip
from toy_command import zsar as run
from toy_files import skeleton
from zsar.cli.main import app
from zsar.data.layouts import LAYOUTS
from zsar.errors import UserError

SAY = [word for each in LABELS for word in ("--say", each)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Clips as a user has them, in a folder with a space in its name and nothing else of zsar."""
    place = tmp_path / "my clips"
    place.mkdir()
    for name in ("waves", "squats"):
        bodies = clip(name).bodies[:, 0]
        np.savez(place / f"{name}.npz", bodies)
        header = ",".join(["time", *(f"{j}_{a}" for j in LAYOUTS["ntu25"].joints for a in "xyz")])
        rows = [
            ",".join(f"{value:.5f}" for value in (frame / 30, *joints.ravel()))
            for frame, joints in enumerate(bodies)
        ]
        (place / f"{name}_csv.csv").write_text("\n".join([header, *rows]))
    monkeypatch.chdir(tmp_path)
    return place


def test_a_csv_that_names_its_joints_needs_nothing_else(folder):
    printed = run("predict", folder / "waves_csv.csv", *SAY)
    assert printed.startswith("waves_csv (0.0 to 4.0 s)\n")
    assert printed.splitlines()[1].endswith("hand waving")


def test_a_folder_is_answered_clip_by_clip(folder):
    found = json.loads(run("predict", folder, "--layout", "ntu25", "--fps", 30, *SAY, "--json"))
    assert [(each["clip"], each["answer"]) for each in found] == [
        ("squats", "squat"),
        ("squats_csv", "squat"),
        ("waves", "hand waving"),
        ("waves_csv", "hand waving"),
    ]
    assert found[0]["ranking"][0]["score"] == pytest.approx(
        found[1]["ranking"][0]["score"], abs=0.1
    )


def test_csv_has_a_line_for_each_candidate(folder):
    printed = run("predict", folder / "waves_csv.csv", *SAY, "--csv", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert (rows[0]["rank"], rows[0]["label"]) == ("1", "hand waving")
    assert len(rows) == 2 and float(rows[0]["confidence"]) > float(rows[1]["confidence"])


def test_a_zip_and_standard_input_are_read_too(folder):
    with zipfile.ZipFile("clips.zip", "w") as packed:
        packed.write(folder / "waves_csv.csv", "inside/waves_csv.csv")
        packed.writestr("S001C001P001R001A001.skeleton", skeleton())
    names = [each["clip"] for each in json.loads(run("predict", "clips.zip", *SAY, "--json"))]
    assert names == ["S001C001P001R001A001", "waves_csv"]
    given = (folder / "squats_csv.csv").read_bytes()
    result = CliRunner().invoke(app, ["predict", "-", *SAY], input=given)
    assert result.output.startswith("stdin (0.0 to 4.0 s)") and "squat" in result.output


def test_reasons_are_printed_below_the_answer(folder):
    printed = run("predict", folder / "waves_csv.csv", *SAY, "--explain")
    assert "hand waving, not" in printed and "nats, of which" in printed


def test_a_damaged_clip_is_named_and_the_others_are_answered(folder):
    (folder / "a broken.csv").write_text("head_x,head_y\n1,2\n")
    words = ["predict", str(folder), "--layout", "ntu25", *SAY]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "a broken.csv" in result.output and "waves_csv" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["waves_csv.csv"], "nothing to choose from: --say what it may be"),
        (["nowhere.csv", *SAY], "nowhere.csv: does not exist"),
        (["waves.npz", *SAY], "layout"),
        (["waves_csv.csv", *SAY, "--json", "--csv"], "exclude one another"),
        (["waves_csv.csv", *SAY, "--layout", "ntu52"], "unknown layout 'ntu52'"),
        (["waves_csv.csv", "--classes", "ntu121"], "no described classes of 'ntu121'"),
        (["waves_csv.csv", "--say", ""], "a label is empty"),
        (["waves_csv.csv", *SAY, "--window", 0.01], "a window of 0.01 s"),
    ],
)
def test_what_cannot_be_is_one_clear_line(folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["predict", *map(str, words)])
    printed = result.output + str(result.exception)
    assert said in printed and result.exit_code == 1
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, UserError) and "\n" not in str(result.exception)


def test_a_warning_is_one_line_without_the_place_in_the_code(folder):
    """In a process of its own, as the test runner takes warnings itself."""
    words = ["predict", str(folder / "waves_csv.csv"), "--say", "waves"]
    code = f"import sys, warnings; sys.argv = ['zsar', *{words!r}]\n"
    code += "import zsar.prediction.load as load; first = load.load\n"
    code += "load.load = lambda *a, **k: (warnings.warn('mind this'), first(*a, **k))[1]\n"
    code += "from zsar.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "zsar: warning: mind this\n"
