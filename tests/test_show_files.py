"""`zsar show FILE` and `zsar clips`: files of one's own drawn, clips listed by name and class."""

import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.models import OptionInfo

import toy_config
from toy_bvh import RAISED, bvh
from toy_command import zsar
from toy_files import skeleton
from zsar.cells import Cell
from zsar.cli import clip_options
from zsar.cli.clip_options import declared
from zsar.data.artifacts import ClipFile, write
from zsar.data.files.coordinates import METRES
from zsar.data.layouts import LAYOUTS
from zsar.errors import UserError

ROOT = Path(__file__).parent.parent
KINECT = LAYOUTS["kinect20"].joints


def kinect(frames: int = 6) -> np.ndarray:
    """Somebody of 1.7 m, 3 m away."""
    spread = np.random.default_rng(0).uniform(-0.85, 0.85, (frames, len(KINECT), 3))
    return spread + [0, 0, 3]


def csv(rows: np.ndarray) -> str:
    return "\n".join(",".join(map(str, row)) for row in rows.reshape(len(rows), -1).tolist())


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """An empty folder, in which there is no study."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(desk) -> Path:
    """A folder with settings, and two prepared clips of the demo."""
    toy_config.write(desk, {})
    shutil.copytree(ROOT / "descriptions", desk / "descriptions")
    return desk


def test_a_file_is_drawn_as_it_lies_there_without_any_study(desk):
    (desk / "my.csv").write_text(csv(kinect() * 100))
    options = ("--layout", "kinect20", "--unit", "centimetre", "--fps", "25", "--to", "a.gif")
    told = zsar("show", "my.csv", *options)
    assert told == "a.gif: my, 6 frames, 1 body, 25 frames a second, 5 of 25 joints derived\n"
    with Image.open("a.gif") as image:
        assert image.n_frames == 6


def test_axes_may_begin_with_a_minus_and_turn_the_picture(desk):
    (desk / "a.bvh").write_text(bvh([RAISED, RAISED]))
    for name, options in (("up", ()), ("down", ("--axes", "-x,-y,z", "--origin", "0 0 3"))):
        zsar("show", "a.bvh", "--to", f"{name}.png", *options)
    assert Path("up.png").read_bytes() != Path("down.png").read_bytes()


def test_one_of_several_clips_is_named_behind_the_file(desk):
    with zipfile.ZipFile("all.zip", "w") as archive:
        for name in ("anna", "ben"):
            archive.writestr(f"x/{name}.skeleton", skeleton())
    assert "clip.gif: ben, 30 frames" in zsar("show", "all.zip::ben")
    with pytest.raises(UserError, match=r"all.zip: expected all.zip::NAME with one of: anna, ben"):
        zsar("show", "all.zip")
    with pytest.raises(UserError, match=r"all.zip::carl: expected all.zip::NAME with one of: anna"):
        zsar("show", "all.zip::carl")


def test_a_broken_file_says_what_is_wrong_with_it(desk):
    (desk / "my.csv").write_text(csv(kinect()))
    with pytest.raises(UserError, match=r"my.csv:1: has no line of names; .*instance kinect20"):
        zsar("show", "my.csv")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("nowhere.csv",), "nowhere.csv: no such file"),
        (("my.csv", "--scores"), "my.csv is a file: --scores and --prepared are of prepared data"),
        (("my.csv", "--layout", "kinect"), r"unknown layout 'kinect' \(did you mean kinect20\?\)"),
        (("my.csv", "--axes", "x,y"), "--axes is 'x,y', expected three, as -x,-y,z"),
        (("my.csv", "--origin", "0,0,far"), "--origin is '0,0,far', expected three numbers"),
        (("my.csv", "--fps", "0"), "fps: expected frames per second, 1 to 1000"),
        (("demo/a", "--unit", "inch"), "demo/a: no such file; --layout and the like are of files"),
    ],
)
def test_options_that_cannot_be_are_refused(desk, words, what):
    (desk / "my.csv").write_text(csv(kinect()))
    with pytest.raises(UserError, match=what):
        zsar("show", *words)


def test_the_help_names_every_layout_and_unit():
    def words(option: object) -> set[str]:
        (info,) = (each for each in option.__metadata__ if isinstance(each, OptionInfo))
        return {*re.findall(r"\w+", info.help)}

    assert {*LAYOUTS} <= words(clip_options.LayoutOption)
    assert {*METRES} <= words(clip_options.UnitOption)


def test_nothing_declared_is_nothing():
    found = declared("", "", "", "", None)
    assert (found.layout, found.unit, found.axes) == ("", "", ("", "", ""))
    assert np.isnan([*found.origin, found.fps]).all()


CLASS = "wipe face"  # of the demo, number 19


def prepared(place: Cell) -> None:
    numbers = np.array([18, 3])
    write(
        place.clips,
        ClipFile(
            np.zeros((2, 3, 4, 25, 2), dtype=np.float32),
            numbers,
            np.array([7, 0]),
            np.array([2, 0]),
            numbers,
            np.array(["first", "second"]),
            np.array([41, 99]),
            np.zeros((2, 25), dtype=bool),
        ),
    )


@pytest.mark.parametrize("preprocess", ["smie50", "another"])
def test_prepared_clips_are_listed_with_what_is_known_of_them(study, preprocess):
    prepared(Cell("demo", preprocess))
    assert zsar("clips", "demo").splitlines() == [
        "clip    class      subject  camera  frames",
        "first   wipe face        7       2      41",
        "second  pickup           -       -      99",
    ]
    (_, only) = zsar("clips", "demo", "--class", "Wipe-Face").splitlines()
    assert only.startswith("first  wipe face")


def test_clips_that_were_not_prepared_are_read_and_their_names_can_be_drawn(study):
    raw = study / "data/raw/demo"
    raw.mkdir(parents=True)
    for action in (19, 20):
        (raw / f"S001C001P001R001A0{action}.skeleton").write_text(skeleton())
    (raw / "S001C001P001R001A003.skeleton").write_text("1\n")
    told = [row for row in zsar("clips", "demo").splitlines() if row.startswith("S001")]
    assert [row.split()[0][-4:] for row in told] == ["A019", "A020"]  # the broken one is not
    name, *rest = told[0].split()
    assert rest == [*CLASS.split(), "1", "1", "30"]
    told = zsar("show", f"demo/{name}")
    assert told == f"clip.gif: {name}, class {CLASS}, 30 frames, 1 body\n"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("demo", "--class", "wipe fac"), r"no class 'wipe fac' \(did you mean wipe face\?\); exp"),
        (("demo", "--class", "throw"), "demo has no clip of class 'throw'"),
        (("kinetics",), "unknown data set 'kinetics'"),
        (("utd_mhad",), "data/raw/utd_mhad: no such folder; get the recordings from"),
    ],
)
def test_clips_that_are_not_there_are_named(study, words, what):
    prepared(Cell("demo", "smie50"))
    with pytest.raises(UserError, match=what):
        zsar("clips", *words)
