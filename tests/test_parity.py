"""Our arithmetic against the outputs of the authors' own code, for every fixture that is at
hand."""

import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(os.environ.get("ZSAR_FIXTURES", "../shared/fixtures"))
CHECKS = {path.stem for path in Path(__file__).with_name("parity").glob("[!_]*.py")}
# Systems that the project does not rebuild.
ELSEWHERE = {"ctrgcn", "neuron", "purls", "sadvae", "star", "tdsm"}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no fixtures in {FOLDER}")


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.npz")))
def test_parity(name):
    if name in ELSEWHERE:
        assert name not in CHECKS
        return
    module = import_module(f"parity.{name}")
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        module.check(dict(arrays), json.loads((FOLDER / f"{name}.json").read_text()), FOLDER)
