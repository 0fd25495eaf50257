"""pyskl pickles are read in every protocol, and whatever they ask to run is not run."""

import os
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest

from zsar.data.files import pickles
from zsar.data.files.pickles import plain
from zsar.data.formats import pyskl
from zsar.data.recording import Damaged


def annotation(number: int, bodies: int = 1, frames: int = 4, kind: type = np.float16) -> dict:
    values = np.random.default_rng(number).normal(size=(bodies, frames, 25, 3))
    return {
        "frame_dir": f"S001C002P003R001A{number:03d}",
        "label": number - 1,
        "keypoint": values.astype(kind),
        "total_frames": frames,
        "img_shape": (1080, 1920),
    }


def put(folder: Path, annotations: object, protocol: int = 4) -> Path:
    content = {"split": {"xsub_train": ["S001C002P003R001A001"]}, "annotations": annotations}
    (folder / "ntu60_3danno.pkl").write_bytes(pickle.dumps(content, protocol))
    return folder


def clips(folder: Path) -> list:
    return [clip for part in pyskl.find(folder) for clip in pyskl.read(part)]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_protocol_gives_the_same_clips(tmp_path, protocol, kind):
    # The second is large enough to be left in the file, the first is not.
    annotations = [annotation(1, kind=kind), annotation(60, bodies=2, frames=200, kind=kind)]
    found = clips(put(tmp_path, annotations, protocol))
    assert [clip.name for clip in found] == [each["frame_dir"] for each in annotations]
    assert [clip.label for clip in found] == [0, 59]
    assert (found[0].setup, found[0].camera, found[0].subject) == (1, 2, 3)
    for clip, each in zip(found, annotations, strict=True):
        expected = each["keypoint"].transpose(1, 0, 2, 3).astype(np.float32)
        assert np.array_equal(clip.bodies, expected)
    assert found[1].ids.tolist() == [[1, 2]] * 200


def test_labels_may_be_numbers_of_numpy_and_arrays_may_lie_by_column(tmp_path):
    each = annotation(2, frames=90)
    each |= {"label": np.int64(1), "keypoint": np.asfortranarray(each["keypoint"])}
    (clip,) = clips(put(tmp_path, [each]))
    assert clip.label == 1
    assert np.array_equal(clip.bodies[:, 0], each["keypoint"][0].astype(np.float32))


class Malice:
    """What a pickle can do to whoever loads it."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_malicious_pickle_is_refused_by_name_and_nothing_of_it_runs(tmp_path, protocol):
    put(tmp_path, [annotation(1), Malice(tmp_path / "harm")], protocol)
    with pytest.raises(
        Damaged, match=r"ntu60_3danno.pkl: byte \d+: asks for \w+\.system; expected"
    ):
        pyskl.find(tmp_path)
    assert not (tmp_path / "harm").exists()
    pickle.loads((tmp_path / "ntu60_3danno.pkl").read_bytes())
    assert (tmp_path / "harm").exists(), "the pickle would have done harm"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({1, 2}, "asks for builtins.set|asks for __builtin__.set"),
        (Path("x"), r"asks for pathlib"),
        (np.array([Path("x")], dtype=object), "has an array of type 'O8'"),
        (np.zeros(2, dtype=[("a", "f4")]), "has an array of"),
        (complex(1, 2), "asks for builtins.complex|asks for __builtin__.complex"),
        (print, "asks for builtins.print|asks for __builtin__.print"),
    ],
)
def test_anything_but_plain_data_is_refused(tmp_path, content, what):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([content], 2))
    with pytest.raises(Damaged, match=what):
        plain(tmp_path / "x.pkl")


def test_an_instruction_that_builds_other_things_is_refused(tmp_path):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({1, 2}, 4))
    with pytest.raises(Damaged, match=r"x.pkl: byte \d+: has the instruction b'.*'; expected only"):
        plain(tmp_path / "x.pkl")


def test_a_permitted_name_cannot_be_called_out_of_turn(tmp_path):
    # encode("latin1", ...) is for texts alone; an array cannot be given the state of a type.
    for program in (b"\x80\x02c_codecs\nencode\nK\x01K\x02\x86R.", b"\x80\x02cnumpy\ndtype\n}b."):
        (tmp_path / "x.pkl").write_bytes(program)
        with pytest.raises(Damaged, match=r"x.pkl: "):
            plain(tmp_path / "x.pkl")


def test_plain_values_are_what_python_would_load(tmp_path):
    values = [None, True, -1, 255, 70_000, -(1 << 40), 0.5, "é", ("a", ("b",), ()), {"k": [1, [2]]}]
    values += ["x" * 300, {"a": 1}, {}, (1, 2, 3, 4), values[8]]
    for protocol in (2, 3, 4, 5):
        (tmp_path / "x.pkl").write_bytes(pickle.dumps(values, protocol))
        assert plain(tmp_path / "x.pkl") == values


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_pickle_is_no_traceback(tmp_path, share):
    put(tmp_path, [annotation(1), annotation(2, frames=200)])
    path = tmp_path / "ntu60_3danno.pkl"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(Damaged, match=r"ntu60_3danno.pkl: .*download it again"):
        pyskl.find(tmp_path)


def test_any_flipped_byte_is_a_complaint_or_plain_data_and_never_a_crash(tmp_path):
    whole = pickle.dumps([annotation(1)["frame_dir"], np.zeros((2, 3)), {"a": (1, 2.5)}], 4)
    random = np.random.default_rng(0)
    for _ in range(300):
        spoilt = bytearray(whole)
        spoilt[random.integers(len(whole))] = random.integers(256)
        (tmp_path / "x.pkl").write_bytes(spoilt)
        try:
            plain(tmp_path / "x.pkl")
        except Damaged as damaged:
            assert "\n" not in str(damaged)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"label": 7}, "the label is 7, expected 0 as in the name"),
        ({"label": 60}, "the label is 60"),
        ({"keypoint": np.zeros((1, 9, 17, 3))}, r"shape \(1, 9, 17, 3\), expected bodies x frames"),
        ({"keypoint": np.full((1, 9, 25, 3), np.nan)}, "frame 1, body 1: x of spine_base is nan"),
        ({"keypoint": np.zeros((1, 0, 25, 3))}, "holds no frame"),
        ({"keypoint": "none"}, "has no array `keypoint`"),
    ],
)
def test_a_damaged_clip_spoils_no_other(tmp_path, change, what):
    bad, good = pyskl.find(put(tmp_path, [annotation(1) | change, annotation(2)]))
    with pytest.raises(Damaged, match=f"ntu60_3danno.pkl::S001C002P003R001A001: .*{what}"):
        pyskl.read(bad)
    assert pyskl.read(good)[0].label == 1


@pytest.mark.parametrize(
    ("annotations", "what"),
    [
        ([annotation(1), annotation(1)], "A001: this name is already in the file"),
        ([{"frame_dir": "clip 1"}], "annotation 1: frame_dir is 'clip 1', expected an NTU name"),
        ("none", "no list `annotations`"),
    ],
)
def test_a_pickle_of_something_else_is_refused(tmp_path, annotations, what):
    with pytest.raises(Damaged, match=what):
        pyskl.find(put(tmp_path, annotations))


def test_a_wrong_file_says_what_is_expected(tmp_path):
    with pytest.raises(Damaged, match=r"expected one pickle, found none; it comes from http"):
        pyskl.find(tmp_path)
    for content, what in [(b"", "is empty"), (b"PK\x03\x04", "is no pickle")]:
        (tmp_path / "ntu60_3danno.pkl").write_bytes(content)
        assert not pyskl.recognises(tmp_path)
        with pytest.raises(Damaged, match=what):
            pyskl.find(tmp_path)
    put(tmp_path, [annotation(1)])
    assert pyskl.recognises(tmp_path)


@pytest.mark.parametrize(
    ("limit", "content", "said"),
    [
        ("MOST_INSTRUCTIONS", b"N" * 200, "more than 100 instructions, too many for a data set"),
        ("MOST_CONTAINERS", b"}" * 200, "more than 100 lists, too many for a data set"),
        ("MOST_CONTAINERS", b"N" + b"\x85" * 200, "more than 100 lists"),
    ],
)
def test_a_pickle_of_endless_instructions_is_refused(limit, content, said, tmp_path, monkeypatch):
    monkeypatch.setattr(pickles, limit, 100)
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + content + b".")
    with pytest.raises(Damaged, match=f"a.pkl: byte .*has {said}"):
        plain(tmp_path / "a.pkl")


def test_the_largest_data_set_is_within_the_limits():
    """NTU RGB+D 120 has 114,480 clips, each with so many instructions as here."""
    few = {"split": {}, "annotations": [annotation(1), annotation(2)]}
    for protocol in (2, 4):
        one, two = (
            sum(1 for _ in pickletools.genops(pickle.dumps(each, protocol)))
            for each in (few | {"annotations": few["annotations"][:1]}, few)
        )
        assert 114_480 * (two - one + 4) < pickles.MOST_INSTRUCTIONS  # two lists name each clip
