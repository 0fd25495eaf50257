"""PKU-MMD: a video and its labels become clips, and every mistake is found by file and line."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stages import prepare
from toy_config import config
from toy_study import needed
from zsar.cells import Cell
from zsar.cli.inspect_dataset import inspect_dataset
from zsar.data.artifacts import ClipFile, read
from zsar.data.formats import pku
from zsar.data.recording import Damaged, Recording

FIXTURES = Path(os.environ.get("ZSAR_FIXTURES", "../shared/fixtures"))
CELL = Cell("pku51", "smie50")
VIDEOS, LABELS = "PKU_Skeleton_Renew", "Train_Label_PKU_final"


def table(frames: int = 20, seed: int = 0) -> np.ndarray:
    """Numbers of a video in which the second person comes in frame 10."""
    numbers = np.random.default_rng(seed).normal(size=(frames, 150)).round(5)
    numbers[:9, 75:] = 0
    return numbers


def text(numbers: np.ndarray) -> str:
    return "\n".join(" ".join(map(str, row)) for row in numbers.tolist()) + "\n"


def put(folder: Path, videos: dict[str, str], labels: dict[str, str]) -> Path:
    for name, content in [(VIDEOS, videos), (LABELS, labels)]:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, lines in content.items():
            (folder / name / f"{file}.txt").write_text(lines)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in pku.find(folder) for clip in pku.read(part)]


def complaint(folder: Path) -> str:
    """Of a folder with a single clip: what is wrong with that, or with its whole video."""
    try:
        (damaged,) = clips(folder)
    except Damaged as whole:
        damaged = whole
    assert isinstance(damaged, Damaged)
    return str(damaged).removeprefix(f"{folder}/")


def outcomes(folder: Path) -> list[str]:
    """Names of clips, and what is wrong instead of them."""
    told = [str(clip) if isinstance(clip, Damaged) else clip.name for clip in clips(folder)]
    return [each.removeprefix(f"{folder}/") for each in told]


def test_a_label_line_becomes_a_clip_with_both_ends(tmp_path):
    numbers = table()
    put(tmp_path, {"0002-M": text(numbers)}, {"0002-M": "3,1,4,2\n51,9,20,1\n"})
    first, second = clips(tmp_path)
    assert [clip.name for clip in (first, second)] == ["F002V002C003L001", "F002V002C051L002"]
    assert [clip.label for clip in (first, second)] == [2, 50]
    assert (first.subject, first.camera) == (2, 2)
    expected = numbers[8:20].reshape(12, 2, 25, 3).astype(np.float32)
    assert np.array_equal(second.bodies, expected)
    assert second.ids.tolist() == [[1, 0]] + [[1, 2]] * 11
    assert not second.derived.any()


def test_a_label_file_of_one_line_is_enough(tmp_path):
    put(tmp_path, {"0002-L": text(table())}, {"0002-L": "7,2,3,0"})
    assert [len(clip.bodies) for clip in clips(tmp_path)] == [2]


def test_names_of_part_two_keep_group_person_and_view(tmp_path):
    put(tmp_path, {"A26N13-R": text(table())}, {"A26N13-R": "7,2,3,0"})
    (clip,) = clips(tmp_path)
    assert (clip.name, clip.subject, clip.camera) == ("A026N013V003C007L001", 2613, 3)


def test_an_archive_at_any_depth_reads_as_the_folder_does(tmp_path):
    put(tmp_path / "loose", {"0003-L": text(table())}, {"0003-L": "7,2,9,0"})
    (tmp_path / "packed").mkdir()
    with zipfile.ZipFile(tmp_path / "packed" / "all.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in (tmp_path / "loose").rglob("*.txt"):
            packed.write(file, Path("deep", *file.parts[-2:]))
    loose, zipped = clips(tmp_path / "loose"), clips(tmp_path / "packed")
    assert [clip.name for clip in loose] == [clip.name for clip in zipped]
    assert np.array_equal(loose[0].bodies, zipped[0].bodies)
    assert pku.recognises(tmp_path / "loose") and pku.recognises(tmp_path / "packed" / "all.zip")


def test_videos_and_labels_may_come_in_archives_of_their_own(tmp_path):
    for name, content in [("Skeleton.zip", text(table())), ("Label_PKUMMD.zip", "7,2,9,0")]:
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            packed.writestr("0003-L.txt", content)
    assert [clip.label for clip in clips(tmp_path)] == [6]


def test_a_folder_that_lies_below_a_label_is_no_label_folder(tmp_path):
    folder = put(tmp_path / "labelled", {"0002-L": text(table())}, {"0002-L": "7,2,3,0"})
    assert len(clips(folder)) == 1


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("\n3,10,21,2", ":2: frame 21 is past the end of the video, which has 20 frames"),
        ("3,5,4,2", ":1: frames 5 to 4, expected 1 <= start <= end"),
        ("3,0,4,2", ":1: frames 0 to 4, expected 1 <= start <= end"),
        ("52,1,4,2", ":1: label 52, expected 1 to 51"),
        ("0,1,4,2", ":1: label 0, expected 1 to 51"),
        ("3,1,4,2,5", ":1: '3,1,4,2,5' is no label,start,end,confidence (whole numbers)"),
        ("3,1,4", ":1: '3,1,4' is no label,start,end,confidence (whole numbers)"),
        ("3,1,four,2", ":1: '3,1,four,2' is no label,start,end,confidence (whole numbers)"),
        ("\n", ": is empty, expected label,start,end,confidence"),
    ],
)
def test_a_bad_label_is_named_with_its_line(tmp_path, label, what):
    put(tmp_path, {"0002-L": text(table())}, {"0002-L": label})
    assert complaint(tmp_path) == f"{LABELS}/0002-L.txt{what}"


def test_a_bad_label_loses_its_own_clip_and_the_others_keep_their_names(tmp_path):
    lines = [f"{number},{number},{number + 5},2" for number in range(1, 15)]
    lines[4:4] = ["3,15,21,2"]
    lines[9:9] = ["", "99,1,4,2"]
    put(tmp_path, {"0002-L": text(table())}, {"0002-L": "\n".join(lines)})
    found = outcomes(tmp_path)
    assert found[4] == (
        f"{LABELS}/0002-L.txt:5: frame 21 is past the end of the video, which has 20 frames"
    )
    assert found[9] == f"{LABELS}/0002-L.txt:11: label 99, expected 1 to 51"
    good = [clip for clip in clips(tmp_path) if isinstance(clip, Recording)]
    assert [clip.label for clip in good] == list(range(14))
    assert [int(clip.name[-3:]) for clip in good] == [*range(1, 5), *range(6, 10), *range(11, 17)]


def test_a_bad_frame_loses_the_clips_that_show_it(tmp_path):
    labels = "3,1,3,2\n4,4,4,2\n5,2,9,2\n6,5,20,2"
    put(tmp_path, {"0002-L": spoilt(lambda line: "0.1 0.2")}, {"0002-L": labels})
    where = f"{VIDEOS}/0002-L.txt:4: 2 numbers, expected 150, in clip"
    assert outcomes(tmp_path) == [
        "F002V001C003L001",
        f"{where} F002V001C004L002",
        f"{where} F002V001C005L003",
        "F002V001C006L004",
    ]
    first, *_, last = clips(tmp_path)
    expected = table().reshape(20, 2, 25, 3).astype(np.float32)
    assert np.array_equal(first.bodies, expected[:3]) and np.array_equal(last.bodies, expected[4:])


def test_a_video_without_one_good_frame_is_damaged_as_a_whole(tmp_path):
    narrow = "\n".join(" ".join(line.split()[:75]) for line in text(table()).splitlines())
    put(tmp_path, {"0002-L": narrow}, {"0002-L": "3,1,4,2\n4,5,9,2"})
    with pytest.raises(Damaged, match=r"0002-L.txt:1: 75 numbers, expected 150$"):
        clips(tmp_path)


@pytest.fixture
def study(tmp_path, monkeypatch) -> None:
    """A data set whose one video has twenty good label lines, and between them one past the end."""
    lines = [f"{label},{label},{label + 9},2" for label in range(1, 21)]
    lines.insert(7, "8,25,31,2")
    put(tmp_path / "data/raw/pku51", {"0002-L": text(table(30))}, {"0002-L": "\n".join(lines)})
    monkeypatch.chdir(tmp_path)


PAST = (
    f"data/raw/pku51/{LABELS}/0002-L.txt:8: "
    "frame 31 is past the end of the video, which has 30 frames"
)


def test_the_other_clips_of_a_video_are_prepared_and_the_damaged_line_is_listed(study):
    prepare.main(CELL, needed("prepare", CELL))
    assert read(CELL.clips, ClipFile).labels.tolist() == list(range(20))
    assert CELL.damaged.read_text() == f"{PAST}\n"


def test_taking_stock_counts_the_other_clips_and_names_the_damaged_line(study):
    told = inspect_dataset("pku51", config(), strict=False).lines()
    assert told[0].startswith("pku51: 20 clips of 20 classes")
    assert told[-2:] == ["1 damaged clips, left out:", f"  {PAST}"]


def test_a_strict_data_set_stops_at_the_first_damaged_line(study):
    with pytest.raises(Damaged, match="frame 31 is past the end"):
        inspect_dataset("pku51", config(), strict=True)
    with pytest.raises(Damaged, match="frame 31 is past the end"):
        prepare.main(CELL, needed("prepare", CELL, {"datasets.pku51.strict": True}))


def spoilt(change) -> str:
    lines = text(table()).splitlines()
    lines[3] = change(lines[3])
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("video", "what"),
    [
        ("", ": is empty, expected a line of 150 numbers for every frame"),
        (spoilt(lambda line: " ".join(line.split()[:75])), ":4: 75 numbers, expected 150"),
        (spoilt(lambda line: "0.1x " + line.split(" ", 1)[1]), ":4: '0.1x' is not a finite number"),
        (spoilt(lambda line: "nan " + line.split(" ", 1)[1]), ":4: 'nan' is not a finite number"),
        (spoilt(lambda line: ""), ":4: 0 numbers, expected 150"),
        (spoilt(lambda line: line + " 1"), ":4: 151 numbers, expected 150"),
    ],
)
def test_a_bad_video_is_named_with_its_line(tmp_path, video, what):
    put(tmp_path, {"0002-L": video}, {"0002-L": "3,1,4,2"})
    shown = ", in clip F002V001C003L001" if video else ""
    assert complaint(tmp_path) == f"{VIDEOS}/0002-L.txt{what}{shown}"


def test_a_truncated_video_is_named_with_its_last_line(tmp_path):
    whole = text(table())
    put(tmp_path, {"0002-L": whole[: len(whole) - 30]}, {"0002-L": "3,9,20,2"})
    assert complaint(tmp_path).startswith(f"{VIDEOS}/0002-L.txt:20: ")


def test_a_video_without_labels_spoils_no_other(tmp_path):
    put(tmp_path, {"0002-L": text(table()), "0003-L": text(table())}, {"0003-L": "3,1,4,2"})
    bad, good = pku.find(tmp_path)
    with pytest.raises(Damaged, match=r"0002-L.txt: has no label file of the same name"):
        pku.read(bad)
    assert len(pku.read(good)) == 1


def test_a_wrong_folder_says_what_is_missing(tmp_path):
    (tmp_path / "S001C001P001R001A001.skeleton").write_text("1\n")
    assert not pku.recognises(tmp_path)
    with pytest.raises(Damaged, match=r"no video such as 0002-L.txt.*http"):
        pku.find(tmp_path)
    put(tmp_path, {"0002-L": text(table())}, {})
    with pytest.raises(Damaged, match="no label files"):
        pku.find(tmp_path)


def test_a_video_that_is_there_twice_is_refused(tmp_path):
    put(tmp_path, {"0002-L": text(table())}, {"0002-L": "3,1,4,2"})
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "0002-L.txt").write_text(text(table()))
    with pytest.raises(Damaged, match=r"same file name is already in .*0002-L.txt"):
        pku.find(tmp_path)


@pytest.mark.skipif(not (FIXTURES / "pku.npz").exists(), reason=f"no fixtures in {FIXTURES}")
def test_clips_are_those_of_the_published_conversion(tmp_path):
    raw = {path.stem[8:]: path.read_text() for path in FIXTURES.glob("pku_raw_*.txt")}
    labels = {path.stem[10:]: path.read_text() for path in FIXTURES.glob("pku_label_*.txt")}
    found = {clip.name: clip for clip in clips(put(tmp_path, raw, labels))}
    with np.load(FIXTURES / "pku.npz") as theirs:
        assert sorted(found) == theirs["y/names"].tolist()
        assert [found[name].label for name in sorted(found)] == theirs["y/label"].tolist()
        for name, clip in found.items():
            expected = theirs[f"y/clip_{name}"].transpose(1, 3, 2, 0).astype(np.float32)
            first = (len(clip.bodies) - len(expected)) // 2
            assert np.array_equal(clip.bodies[first : first + len(expected)], expected)
