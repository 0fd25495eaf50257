"""An interrupted stage goes on: what is finished is not trained again, and is trained again where
anything that it depends on has changed."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from stages.harness import finished
from stages.harness.finished import Training, run_unfinished
from toy_config import config
from zsar.cells import Cell
from zsar.config.settings import Settings
from zsar.errors import UserError
from zsar.processes import Job

CELL = Cell.at("demo/smie50/unseen5/stgcn", method="smie")
NAMES = ("validation, seed 0", "test, seed 0", "validation, seed 1")


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Callable[..., list[str]]:
    """A function that runs three trainings, of which one may fail, and says which were run."""
    monkeypatch.chdir(tmp_path)
    read = Path("clips.h5")
    read.write_text("clips")
    known = config({"run.device": "cpu", "run.workers": 1, "run.processes": 1})
    settings = Settings({"run": {**vars(known.params.run), "processes": 1}})

    def run(fails: str = "", changed: str = "clips") -> list[str]:
        read.write_text(changed)
        done: list[str] = []

        def train(name: str, report) -> None:
            if name == fails:
                raise UserError("killed")
            done.append(name)
            folder = Path("data", name)
            folder.mkdir(parents=True)
            (folder / "scores.h5").write_text(f"{name} of {changed}")

        trainings = [
            Training(
                Job(name, partial(train, name), 1, NAMES[0] if "test" in name else ""),
                Path("data", name),
            )
            for name in NAMES
        ]
        try:
            run_unfinished("learn", CELL, trainings, [read], "toy", settings)
        except UserError:
            for name in NAMES:  # as DVC does before it runs the stage again
                if Path("data", name).exists():
                    Path("data", name, "scores.h5").unlink()
                    Path("data", name).rmdir()
        return done

    return run


def test_what_was_finished_is_put_back_and_the_rest_is_run(stage):
    assert stage(fails=NAMES[1]) == [NAMES[0]]
    assert not Path("data", NAMES[0]).exists()
    assert stage() == list(NAMES[1:])
    texts = [Path("data", name, "scores.h5").read_text() for name in NAMES]
    assert texts == [f"{name} of clips" for name in NAMES]


def test_nothing_is_kept_of_a_stage_that_came_to_its_end(stage):
    stage(fails=NAMES[2])
    assert any(finished.FOLDER.rglob("scores.h5"))
    stage()
    assert not any(finished.FOLDER.rglob("*.h5"))


def test_other_inputs_begin_anew(stage):
    assert stage(fails=NAMES[2]) == list(NAMES[:2])
    assert stage(changed="others") == list(NAMES)
    assert Path("data", NAMES[0], "scores.h5").read_text().endswith("others")


def test_a_copy_that_is_cut_off_is_no_copy_and_no_failure(stage, monkeypatch):
    """A full disk: the trainings succeed, and are trained again after an interruption."""

    def full(source, target):
        Path(target).mkdir(parents=True)
        raise shutil.Error("No space left on device")

    monkeypatch.setattr(finished.shutil, "copytree", full)
    assert stage(fails=NAMES[2]) == list(NAMES[:2])
    assert not any(path.is_dir() and path.name in NAMES for path in finished.FOLDER.rglob("*"))
    assert not any(finished.FOLDER.rglob("*.partial"))
    monkeypatch.undo()


def test_what_nobody_went_on_with_is_removed(stage):
    stage(fails=NAMES[2])
    stage(fails=NAMES[1], changed="others")
    texts = [path.read_text() for path in finished.FOLDER.rglob("scores.h5")]
    assert texts == [f"{NAMES[0]} of others"]
