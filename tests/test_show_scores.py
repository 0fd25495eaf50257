"""A clip beside the scores of its candidate classes: read from the cell, drawn, refused by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from test_picture import recording
from toy_config import config
from zsar.cells import Cell
from zsar.cli.show_clip import class_scores
from zsar.data.artifacts import ClipFile, ScoreFile, SplitFile, write
from zsar.errors import UserError
from zsar.viz.figure import BACKGROUND
from zsar.viz.scores import HIGHEST, OTHERS, OWN, ClassScores, draw_with_scores, panel

NAMES = ["a", "b", "c", "d"]  # clips; the last two are unseen test clips
SCORES = ClassScores(["jump", "sit", "wave"], np.array([0.1, 0.9, 0.5]), 1, "scores of us", "right")


def share(image: Image.Image, colour: str) -> float:
    rgb = tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return float((np.asarray(image.convert("RGB")) == rgb).all(-1).mean())


@pytest.fixture
def cell(tmp_path, monkeypatch) -> Cell:
    """Unseen are classes 3 and 11; clip c is of class 11, and two of three seeds say so."""
    monkeypatch.chdir(tmp_path)
    found = Cell.at("demo/smie50/unseen2/stgcn", "test", "smie")
    rows = np.arange(4)
    none = np.zeros(0, dtype=np.int64)
    labels = np.array([0, 1, 11, 3])
    skeletons = np.zeros((4, 3, 2, 25, 2), dtype=np.float32)
    derived = np.zeros((4, 25), dtype=bool)
    write(
        found.clips,
        ClipFile(skeletons, labels, rows, rows, rows, np.array(NAMES), rows, derived),
    )
    write(
        found.split_file,
        SplitFile(np.array([0, 1]), np.array([3, 11]), none, none, none, np.array([2, 3])),
    )
    zsl = np.array([[[0.1, 0.2], [1, 0]], [[3, 2], [1, 0]], [[0, 5], [1, 0]]], dtype=np.float32)
    some = np.zeros((2, 2), dtype=np.float32)
    for seed, scores in enumerate(zsl):
        write(found.with_seed(seed).scores, ScoreFile(scores, some, some, *4 * [np.array(False)]))
    return found


def test_scores_are_those_of_the_first_seed_for_the_unseen_classes(cell):
    found = class_scores(cell, "c", config())
    assert found.classes == ["pickup", "hopping"] and found.label == 1
    assert found.scores.tolist() == pytest.approx([0.1, 0.2])
    assert found.heading == "scores of smie, 2 unseen classes"
    assert found.footnote == "right with 2 of 3 seeds; first one shown"


def test_a_clip_that_is_no_unseen_test_clip_is_refused_with_one_that_is(cell):
    with pytest.raises(UserError, match=r"b is no test clip of an unseen class .*example, c is"):
        class_scores(cell, "b", config())


def test_scores_that_are_not_there_yet_are_named(cell):
    with pytest.raises(UserError, match=r"methods/devise/test/0/scores\.h5: .*`dvc repro`"):
        class_scores(replace(cell, method="devise"), "c", config())


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_the_scores_stand_beside_the_clip(suffix, tmp_path):
    path = tmp_path / f"clip{suffix}"
    draw_with_scores(recording([[1], [2]]), path, "clip", SCORES)
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == (2 if suffix == ".gif" else 1)
    again = tmp_path / f"again{suffix}"
    draw_with_scores(recording([[1], [2]]), again, "clip", SCORES)
    assert path.read_bytes() == again.read_bytes()


def test_bars_grow_with_the_score_and_the_own_class_is_marked():
    drawn = panel(SCORES, 400)
    assert share(drawn, HIGHEST) > share(drawn, OTHERS) > 0 < share(drawn, OWN)
    alike = panel(replace(SCORES, scores=np.ones(3)), 400)
    assert share(alike, OTHERS) == 0 and share(alike, BACKGROUND) > 0.5


def test_a_panel_grows_with_its_classes():
    many = replace(SCORES, classes=["x"] * 24, scores=np.arange(24.0))
    assert panel(many, 100).height > 24 * 50


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"clip\.html: a picture with scores ends in \.gif or"):
        draw_with_scores(recording([[1]]), Path("clip.html"), "clip", SCORES)


def test_a_clip_without_frames_is_refused(tmp_path):
    clip = np.zeros((3, 0, 25, 2), dtype=np.float32)
    with pytest.raises(UserError, match="nobody has no frames"):
        draw_with_scores(clip, tmp_path / "clip.gif", "nobody", SCORES)
