"""The list of measurements: every part can be called, and one that takes too long is stopped."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import CPU, GPU, measure

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", CPU | GPU)
def test_every_part_is_a_script(name):
    script = ROOT / "benchmarks" / f"{(CPU | GPU)[name].words.split()[0]}.py"
    assert "\ndef main() -> " in script.read_text(encoding="utf-8")


def test_what_a_part_prints_is_kept(tmp_path):
    file = tmp_path / "retrieval.txt"
    assert measure(CPU["retrieval"], file, tiny=True) == "status 0"
    assert "200 x 300 of width 2,048" in file.read_text(encoding="utf-8")


def test_a_part_that_takes_too_long_is_stopped(tmp_path):
    part = replace(CPU["retrieval"], seconds=0)
    assert measure(part, tmp_path / "some.txt", tiny=False) == "stopped after 0 s"


def test_an_unknown_part_is_an_error_that_lists_them(tmp_path):
    command = [sys.executable, "-m", "benchmarks", str(tmp_path), "--parts", "ablation"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no part ablation; expected some of: parse, encoders" in done.stderr
