"""The commands: quick help, clear complaints, recordings brought in and looked at."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import toy_config
from toy_command import zsar
from toy_files import skeleton
from zsar.errors import UserError

ROOT = Path(__file__).parent.parent
HEAVY = (
    "torch",
    "h5py",
    "numba",
    "scipy",
    "sklearn",
    "PIL",
    "sentence_transformers",
    "dvc",
    "numpy",
)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with params.yaml and settings/, as the root of the repository is."""
    toy_config.write(tmp_path, {})
    shutil.copytree(ROOT / "descriptions", tmp_path / "descriptions")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def archive(tmp_path):
    """Three clips in the format of NTU RGB+D, one of them cut short."""
    path = tmp_path / "nturgbd_skeletons_tiny.zip"
    with zipfile.ZipFile(path, "w") as file:
        for action in (1, 2):
            file.writestr(f"s/S001C001P001R001A00{action}.skeleton", skeleton(x=0.05 * action))
        file.writestr("s/S001C001P001R001A003.skeleton", skeleton()[:2000])
    return path


def test_help_names_every_command_and_loads_nothing_heavy():
    program = (
        "import sys\nfrom zsar.cli.main import main\nsys.argv = ['zsar', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "LOADED []" in done.stdout
    assert all(f"\n  {name}" in done.stdout for name in ("add", "check", "show", "status"))


def test_recordings_are_linked_and_found_again(desk, archive):
    assert "data/raw/demo" in zsar("add", "demo", archive)
    target = desk / "data/raw/demo" / archive.name
    assert target.is_symlink() and target.samefile(archive)
    zsar("add", "demo", archive)  # again: nothing to do


def test_recordings_can_be_copied(desk, archive):
    zsar("add", "demo", archive, "--copy")
    target = desk / "data/raw/demo" / archive.name
    assert not target.is_symlink() and target.read_bytes() == archive.read_bytes()


def test_recordings_of_another_format_are_refused_and_nothing_is_put(desk, archive):
    with pytest.raises(UserError, match=r"looks like the format of: ntu; expected utd_mhad"):
        zsar("add", "utd_mhad", archive)
    assert not (desk / "data").exists()


def test_a_file_that_is_not_there_is_named(desk):
    with pytest.raises(UserError, match="nowhere.zip: no such file or folder"):
        zsar("add", "demo", "nowhere.zip")


def test_an_unknown_data_set_lists_those_there_are(desk):
    with pytest.raises(UserError, match="unknown data set 'kinetics'; expected one of: demo, "):
        zsar("check", "kinetics")


def test_taking_stock_without_recordings_says_where_to_get_them(desk):
    with pytest.raises(
        UserError, match=r"data/raw/utd_mhad: no such folder; get the recordings from"
    ):
        zsar("check", "utd_mhad")


def test_taking_stock_counts_clips_and_names_what_is_missing_and_damaged(desk, archive):
    zsar("add", "demo", archive)
    told = zsar("check", "demo")
    assert "demo: 2 clips of 2 classes" in told
    assert "no clip of 28 classes" in told
    assert "S001C001P001R001A003.skeleton:" in told and "1 damaged" in told


def test_strict_stock_taking_stops_at_the_first_damaged_clip(desk, archive):
    zsar("add", "demo", archive)
    with pytest.raises(UserError, match=r"S001C001P001R001A003.skeleton:\d+: "):
        zsar("check", "demo", "--strict")


@pytest.mark.parametrize("suffix", ["gif", "png", "html"])
def test_a_clip_is_drawn_by_name(desk, archive, suffix):
    zsar("add", "demo", archive)
    told = zsar("show", "demo/S001C001P001R001A001", "--to", f"clip.{suffix}")
    assert "30 frames, 1 body" in told and (desk / f"clip.{suffix}").stat().st_size > 1000


def test_an_unknown_clip_says_so(desk, archive):
    zsar("add", "demo", archive)
    with pytest.raises(UserError, match="demo has no clip 'S009C001P001R001A001'"):
        zsar("show", "S009C001P001R001A001")


def test_status_without_results_says_how_to_get_some(desk):
    assert "`dvc repro` makes the selected one" in zsar("status")


def test_a_complaint_is_one_line_without_a_traceback(desk):
    done = subprocess.run(
        [sys.executable, "-c", "from zsar.cli.main import main; main()", "check", "kinetics"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("zsar: settings/datasets.yaml: unknown data set 'kinetics'")
