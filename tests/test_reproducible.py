"""Instructions are fixed before a library chooses its own, and a stage does so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zsar.reproducible import INSTRUCTIONS, pinned

ROOT = Path(__file__).parent.parent
PROCESSORS = ROOT / "benchmarks" / "processors.py"
# What an older machine may do, or a person's own environment.
OTHERS = [
    {"ATEN_CPU_CAPABILITY": "default"},
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {"MKL_CBWR": "AUTO", "OPENBLAS_CORETYPE": "Nehalem"},
    {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "MKL_NUM_THREADS": "3"},
]


def hashes(*words: str, **environment: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in INSTRUCTIONS}
    done = subprocess.run(
        [sys.executable, str(PROCESSORS), *words],
        env=clean | {"ZSAR_HASHES": "1"} | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return hashes()


@pytest.mark.parametrize("environment", OTHERS, ids=lambda each: ",".join(each))
def test_the_environment_changes_no_byte(environment, here):
    assert hashes(**environment) == here


def test_without_it_older_instructions_give_other_bytes(here):
    """Or nothing would be fixed above."""
    free = hashes("--free", ATEN_CPU_CAPABILITY="default", ONEDNN_MAX_CPU_ISA="SSE41")
    assert free["two epochs of ST-GCN"] != here["two epochs of ST-GCN"]


def test_the_tests_run_so():
    assert pinned()


STAGE = """
import numpy

from zsar.cells import Cell
from zsar.reproducible import pinned


def main(cell: Cell, settings) -> None:
    print(cell.key, cell.method, pinned())
"""


@pytest.mark.parametrize("reproducible", [True, False])
def test_a_stage_fixes_them_before_it_loads_anything(reproducible, tmp_path):
    """The module of a stage imports NumPy, which chooses when it is loaded."""
    package = tmp_path / "stages"
    (package / "harness").mkdir(parents=True)
    for name in ("__init__", "__main__", "harness/__init__", "harness/run", "harness/closure"):
        text = (ROOT / "stages" / f"{name}.py").read_text(encoding="utf-8")
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (package / "some.py").write_text(STAGE, encoding="utf-8")
    file = tmp_path / "data/settings/some.json"
    file.parent.mkdir(parents=True)
    found = {"settings": {"run": {"reproducible": reproducible}}, "sources": {}}
    file.write_text(json.dumps(found))
    clean = {name: value for name, value in os.environ.items() if name not in INSTRUCTIONS}
    done = subprocess.run(
        [sys.executable, "-m", "stages", "some", "demo/smie50/unseen5/stgcn", "smie"],
        cwd=tmp_path,
        env=clean | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout == f"demo/smie50/unseen5/stgcn smie {reproducible}\n"


def test_nothing_that_chooses_is_loaded_before():
    code = (
        "import sys, stages.harness.run; print([m for m in ('numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
