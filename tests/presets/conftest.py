"""A clone with stand-ins for the recordings under licence, of few and short clips."""

import os
import sys
from pathlib import Path

import pytest

from clones import Checkout, clone

STANDINS = ("ntu60", "ntu120", "pku51")
FEW = ("--clips", "4", "--frames", "16", "--seed", "0")
REAL = {"utd_mhad": ["Skeleton.zip"], "nw_ucla": ["all_sqe.zip"]}
DATASETS = Path(os.environ.get("ZSAR_DATASETS", "../shared/datasets")).resolve()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Checkout:
    place = tmp_path_factory.mktemp("presets")
    made = clone(place / "clone")
    for name in STANDINS:
        folder = place / name
        made.run(sys.executable, "-m", "zsar.demo.standin", name, str(folder), *FEW)
        made.run("zsar", "add", name, *map(str, sorted(folder.glob("*.zip"))))
    return made
