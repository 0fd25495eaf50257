"""Our arithmetic against the outputs of the authors' own code, for every fixture that is at
hand."""

import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from parity._published import Published, tolerance

FOLDER = Path(os.environ.get("ZSAR_FIXTURES", "../shared/fixtures"))
CHECKS = {path.stem for path in Path(__file__).with_name("parity").glob("[!_]*.py")}
# Systems that the project does not rebuild.
ELSEWHERE = {"ctrgcn"}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no fixtures in {FOLDER}")
@pytest.mark.parametrize("file", sorted(FOLDER.glob("**/*.npz")), ids=lambda file: file.stem)
def test_parity(file):
    name = file.stem
    if name in ELSEWHERE:
        assert name not in CHECKS
        return
    module = import_module(f"parity.{name}")
    with np.load(file, allow_pickle=False) as arrays:
        note = json.loads(file.with_suffix(".json").read_text())
        module.check(Published(arrays, note), note, file.parent)


@pytest.mark.parametrize(
    ("words", "about", "rtol", "atol"),
    [
        ("float32: rtol 1e-3, atol 1e-4 (30 layers deep)", "", 1e-3, 1e-4),
        ("rtol 1e-4, atol 1e-6 (mmd is small: atol 1e-5)", "", 1e-4, 1e-6),
        ("rtol 1e-4, atol 1e-6 (mmd is small: atol 1e-5)", "mmd", 1e-4, 1e-5),
        ("rtol 1e-5 (values), 1e-4 (gradients)", "", 1e-5, 0),
        ("rtol 1e-5 (values), 1e-4 (gradients)", "gradients", 1e-4, 0),
        ("clips exact (float64); 50-frame arrays 1e-5 absolute", "50-frame", 0, 1e-5),
        ("predictions exact; linear rtol 1e-4", "", 0, 0),
        ("predictions exact; linear rtol 1e-4", "linear", 1e-4, 0),
    ],
)
def test_a_tolerance_is_read_out_of_its_words(words, about, rtol, atol):
    assert tolerance(words, about) == {"rtol": rtol, "atol": atol}
