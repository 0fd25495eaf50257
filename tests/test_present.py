"""The cells of `make benchmark`: those whose recordings are here."""

from pathlib import Path

from stages.present import targets
from zsar import params

FILE = Path(__file__).parent.parent / "params.yaml"


def test_without_recordings_only_the_demo_is_there(tmp_path, monkeypatch):
    settings = params.load(FILE)
    monkeypatch.chdir(tmp_path)
    assert {target.split("@")[1].split("/")[0] for target in targets(settings)} == {"demo"}


def test_recordings_that_are_brought_in_count(tmp_path, monkeypatch):
    settings = params.load(FILE)
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / "data/raw/utd_mhad"
    raw.mkdir(parents=True)
    assert not any("utd_mhad" in target for target in targets(settings))
    (raw / "Skeleton.zip").touch()
    wanted = "stages/dvc.yaml:evaluate@utd_mhad/unseen5/stgcn-devise"
    assert wanted in targets(settings)
