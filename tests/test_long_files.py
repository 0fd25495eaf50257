"""Hours of recording: a csv is answered in pieces, with times of the whole and bounded memory."""

import numpy as np
import pytest

import zsar
from test_app import csv
from test_prediction import LABELS, long_clip
from zsar.data.files import clip_files, limits
from zsar.data.recording import Damaged
from zsar.data.unlabelled import UNDECLARED
from zsar.prediction import long_files
from zsar.prediction.reading import files


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


def test_other_files_that_are_too_long_say_what_to_do(tmp_path, monkeypatch):
    np.save(tmp_path / "long.npy", np.ones((limits.NUMBERS // 75 + 1, 25, 3), dtype=np.float16))
    with pytest.raises(Damaged, match="too many for a clip; cut it, or save it as csv"):
        zsar.read(tmp_path / "long.npy", layout="ntu25")
    monkeypatch.setattr(clip_files, "LARGEST", 1000)
    with pytest.raises(Damaged, match="expected at most 1000; cut it, or save it as csv"):
        zsar.read(tmp_path / "long.npy", layout="ntu25")
