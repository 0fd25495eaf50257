"""Hours of recording: a csv is answered in pieces, with times of the whole and bounded memory."""

import numpy as np
import pytest

import zsar
from test_app import csv
from test_prediction import LABELS, long_clip
from zsar.data.files import clip_files, limits
from zsar.data.recording import Damaged
from zsar.data.unlabelled import UNDECLARED
from zsar.prediction import long_files, reading
from zsar.prediction.long_files import pieces
from zsar.prediction.reading import FEW, files


@pytest.fixture
def small(monkeypatch):
    """A clip is at most half of what is recorded here, a piece ten seconds."""
    monkeypatch.setattr(clip_files, "LARGEST", 400_000)
    monkeypatch.setattr(long_files, "FRAMES", 300)


def test_a_csv_that_is_too_long_for_a_clip_is_answered_with_the_times_of_the_whole(tmp_path, small):
    (tmp_path / "long.csv").write_bytes(csv(long_clip(24)))
    found = zsar.load().predict(tmp_path / "long.csv", LABELS)
    assert {each.clip for each in found} == {"long"}
    starts = [each.start for each in found]
    # Pieces of ten seconds, in windows of four; the last piece has the four seconds that are left.
    assert starts == pytest.approx([0, 10, 20], abs=0.02)
    windows = zsar.load().predict(tmp_path / "long.csv", LABELS, window=4)
    assert [each.start for each in windows] == pytest.approx(
        [0, 2, 4, 6, 10, 12, 14, 16, 20], abs=0.02
    )
    assert windows[0].label == "hand waving" and windows[-1].label == "squat"
    assert windows[-1].end == pytest.approx(24, abs=0.02)


def test_all_frames_are_there_once_and_in_order(tmp_path, small):
    whole = long_clip(24)
    (tmp_path / "long.csv").write_bytes(csv(whole))
    some = list(files(tmp_path / "long.csv", UNDECLARED))
    joined = np.concatenate([each.bodies for each in some])
    assert len(some) == 3 and np.allclose(joined, whole.bodies, atol=1e-4)


def test_what_is_damaged_loses_its_piece_alone_and_is_named_by_its_line(tmp_path, small):
    lines = csv(long_clip(24)).split(b"\n")
    lines[500] = lines[500].replace(b".", b"x", 1)
    (tmp_path / "long.csv").write_bytes(b"\n".join(lines))
    first, torn, last = files(tmp_path / "long.csv", UNDECLARED)
    assert isinstance(torn, Damaged) and "long.csv:501: " in str(torn)
    assert len(first.bodies) == 300 and len(last.bodies) == 120


def test_a_file_without_names_of_columns_has_its_first_frame_too(tmp_path, small):
    lines = csv(long_clip(24)).split(b"\n")[1:]
    (tmp_path / "long.csv").write_bytes(b"\n".join(each.partition(b",")[2] for each in lines))
    declared = zsar.prediction.reading.declare("ntu25", 30, None)
    assert [len(each.bodies) for each in files(tmp_path / "long.csv", declared)] == [300, 300, 120]


def test_times_add_up_where_the_rate_changes_and_go_on_to_a_last_frame(tmp_path, small):
    names, *lines = csv(long_clip(32)).split(b"\n")
    clock = [k / 30 if k < 300 else 10 + (k - 300) / 15 for k in range(601)]
    timed = [
        b"%.5f,%b" % (t, line.partition(b",")[2]) for t, line in zip(clock, lines, strict=False)
    ]
    (tmp_path / "long.csv").write_bytes(b"\n".join([names, *timed]) + b"\n" * 99_999)
    fast, slow, last = files(tmp_path / "long.csv", UNDECLARED)
    assert (fast.fps, slow.fps, last.fps) == pytest.approx((30, 15, 15), rel=1e-3)
    assert len(last.bodies) == 1
    assert [each.begins for each in (fast, slow, last)] == pytest.approx([0, 10, 30], abs=0.02)


def test_a_damaged_first_piece_takes_its_time_too(tmp_path, small):
    lines = csv(long_clip(24)).split(b"\n")
    lines[9] = b"\xff" + lines[9]
    (tmp_path / "long.csv").write_bytes(b"\n".join(lines))
    torn, second, last = files(tmp_path / "long.csv", UNDECLARED)
    assert isinstance(torn, Damaged) and "no text in UTF-8" in str(torn)
    assert (second.begins, last.begins) == pytest.approx((10, 20), abs=0.02)


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        (b"\n", b"\n"),
        (b"", b"\r"),
        (b" \r\r\n", b"\r\n"),
        (b"\xef\xbb\xbf", "\u2028".encode()),
    ],
)
def test_lines_are_those_of_a_short_file(tmp_path, small, monkeypatch, first, ends):
    monkeypatch.setattr(long_files, "CHUNK", 997)  # where a line ends in two, and inside of signs
    whole = long_clip(24)
    lines = csv(whole).split(b"\n")
    lines[500] = lines[500].replace(b".", b"x", 1)
    content = first + ends.join(lines)
    (tmp_path / "long.csv").write_bytes(content)
    some = list(files(tmp_path / "long.csv", UNDECLARED))
    monkeypatch.setattr(clip_files, "LARGEST", 1 << 22)
    with pytest.raises(Damaged) as short:
        zsar.read(tmp_path / "long.csv")
    assert str(short.value) in [str(each) for each in some if isinstance(each, Damaged)]
    sound = [each for each in some if not isinstance(each, Damaged)]
    assert len(sound) == len(some) - 1
    np.testing.assert_allclose(sound[0].bodies, whole.bodies[: len(sound[0].bodies)], atol=1e-4)


def test_a_first_field_that_only_python_takes_for_a_number_is_a_name_as_in_a_short_file(
    tmp_path, small, monkeypatch
):
    lines = csv(long_clip(24)).split(b"\n")
    (tmp_path / "long.csv").write_bytes(b"\n".join([b"1_0," + lines[0], *lines[1:]]))
    told = {str(each) for each in files(tmp_path / "long.csv", UNDECLARED)}
    monkeypatch.setattr(clip_files, "LARGEST", 1 << 22)
    with pytest.raises(Damaged) as short:
        zsar.read(tmp_path / "long.csv")
    assert str(short.value) in told and "column 1 is '1_0'" in str(short.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n" * 500_000, "is empty, expected a line for every frame"),
        (csv(long_clip(8)).split(b"\n")[0] + b"\n" * 500_000, "is empty, expected a line"),
        (b"1," * 250_000, "has a line of more than 262144 characters"),
    ],
)
def test_a_file_without_frames_is_damage(tmp_path, small, content, said):
    (tmp_path / "long.csv").write_bytes(content)
    (found,) = files(tmp_path / "long.csv", UNDECLARED)
    assert isinstance(found, Damaged) and said in str(found)


def test_among_many_files_a_long_one_is_read_here_and_a_piece_when_it_is_taken(
    tmp_path, small, monkeypatch
):
    whole = csv(long_clip(24))
    (tmp_path / "b.csv").write_bytes(whole)
    for k in range(FEW):
        (tmp_path / f"{'ac'[k % 2]}{k:02}.csv").write_bytes(whole[: whole.index(b"\n", 9000)])
    made = []

    def counted(*given):
        for each in pieces(*given):
            made.append(each)
            yield each

    monkeypatch.setattr(reading, "pieces", counted)
    found = files(tmp_path, UNDECLARED)
    names = [next(found).name for _ in range(FEW // 2 + 1)]
    assert names[-1] == "b" and len(made) == 1
    names += [each.name for each in found]
    assert names == sorted(names) and names.count("b") == len(made) == 3


def test_other_files_that_are_too_long_say_what_to_do(tmp_path, monkeypatch):
    np.save(tmp_path / "long.npy", np.ones((limits.NUMBERS // 75 + 1, 25, 3), dtype=np.float16))
    with pytest.raises(Damaged, match="too many for a clip; cut it, or save it as csv"):
        zsar.read(tmp_path / "long.npy", layout="ntu25")
    monkeypatch.setattr(clip_files, "LARGEST", 1000)
    with pytest.raises(Damaged, match="expected at most 1000; cut it, or save it as csv"):
        zsar.read(tmp_path / "long.npy", layout="ntu25")
