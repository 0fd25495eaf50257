"""CTR-GCN archives are read clip by clip, stored or packed, and keep their division."""

from pathlib import Path

import numpy as np
import pytest

from zsar.data.files import arrays as files_of_arrays
from zsar.data.formats import ctrgcn
from zsar.data.recording import Damaged

LABELS = [3, 0, 7, 7, 1]


def arrays(clips: int = 5) -> dict[str, np.ndarray]:
    """Clips of 12 padded frames; clip k lasts 4 + k, every second has two people, clip 0 a copy."""
    x = np.zeros((clips, 12, 2, 25, 3), np.float32)
    for k in range(clips):
        x[k, : 4 + k, : 1 + k % 2] = np.random.default_rng(k).normal(size=(4 + k, 1 + k % 2, 25, 3))
    x[0, :, 1] = x[0, :, 0]
    x[1, 2] = 0  # nobody, in the middle
    y = np.eye(60)[LABELS[:clips]]
    x = x.reshape(clips, 12, 150)
    return {"x_train": x, "y_train": y, "x_test": x[:2], "y_test": y[:2]}


def put(folder: Path, content: dict[str, np.ndarray], save=np.savez) -> Path:
    save(folder / "NTU60_CS.npz", **content)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in ctrgcn.find(folder) for clip in ctrgcn.read(part)]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_padding_and_copies_go_and_the_division_stays(tmp_path, save, monkeypatch):
    monkeypatch.setattr(files_of_arrays, "BLOCK", 2 * 12 * 150 * 4)
    content = arrays()
    found = clips(put(tmp_path, content, save))
    assert [clip.name for clip in found[3:6]] == ["train00003", "train00004", "test00000"]
    assert [clip.label for clip in found] == LABELS + LABELS[:2]
    assert [clip.subject for clip in found] == [1] * 5 + [2] * 2
    assert [len(clip.bodies) for clip in found] == [4, 5, 6, 7, 8, 4, 5]
    assert np.array_equal(found[3].bodies, content["x_train"][3].reshape(12, 2, 25, 3)[:7])
    assert not found[0].bodies[:, 1].any() and found[0].ids.tolist() == [[1, 0]] * 4
    assert found[1].ids.tolist() == [[1, 2], [1, 2], [0, 0], [1, 2], [1, 2]]


def test_a_stored_archive_is_read_one_by_one_and_a_packed_one_in_blocks(tmp_path):
    assert len(ctrgcn.find(put(tmp_path, arrays()))) == 7
    assert len(ctrgcn.find(put(tmp_path, arrays(), np.savez_compressed))) == 2


def test_labels_may_be_plain_numbers(tmp_path):
    content = arrays() | {"y_train": np.array(LABELS), "y_test": np.array(LABELS[:2])}
    assert [clip.label for clip in clips(put(tmp_path, content))] == LABELS + LABELS[:2]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"y_train": np.eye(60)[LABELS] * 2}, r"y_train.npy: row 0 is not one-hot"),
        ({"y_train": np.zeros((5, 60))}, r"y_train.npy: row 0 is not one-hot"),
        ({"y_train": np.array([0, 1, 2, 3, -1])}, r"y_train.npy: expected one-hot rows"),
        (
            {"y_train": np.eye(60)[LABELS[:4]]},
            r"x_train.npy: has the shape \(5, 12, 150\), exp.*\(4",
        ),
        ({"x_train": np.zeros((5, 12, 120))}, r"x_train.npy: has the shape \(5, 12, 120\)"),
        ({"x_train": np.array([None] * 5)}, r"x_train.npy: is an array of object; expected plain"),
        ({"x_test": np.asfortranarray(arrays()["x_test"])}, r"x_test.npy: .* column by column"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, what):
    with pytest.raises(Damaged, match=what):
        ctrgcn.find(put(tmp_path, arrays() | change))


def test_a_missing_array_is_named(tmp_path):
    content = arrays()
    del content["y_test"]
    with pytest.raises(Damaged, match="has no array y_test; it holds: x_train, y_train, x_test"):
        ctrgcn.find(put(tmp_path, content))


def test_a_hole_in_a_clip_spoils_no_other(tmp_path):
    content = arrays()
    content["x_train"][1, 3, 4] = np.nan
    first, second, *_ = ctrgcn.find(put(tmp_path, content))
    assert ctrgcn.read(first)[0].name == "train00000"
    what = r"x_train.npy\[1\]: clip train00001, frame 4, body 1: y of spine_mid is nan"
    with pytest.raises(Damaged, match=what):
        ctrgcn.read(second)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_truncated_archive_is_no_traceback(tmp_path, save, share):
    path = put(tmp_path, arrays(), save) / "NTU60_CS.npz"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(Damaged, match=r"NTU60_CS.npz: is no readable archive of arrays"):
        ctrgcn.find(tmp_path)


def test_a_broken_member_is_named(tmp_path):
    path = put(tmp_path, arrays(), np.savez_compressed) / "NTU60_CS.npz"
    content = bytearray(path.read_bytes())
    content[3000:9000] = bytes(6000)
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"x_train.npy\[0\]: |x_train.npy: "):
        clips(tmp_path)


def test_two_archives_hold_the_same_clips_and_are_refused(tmp_path):
    put(tmp_path, arrays())
    np.savez(tmp_path / "NTU60_CV.npz", **arrays())
    with pytest.raises(Damaged, match=r"expected one npz archive, found .*CS.npz, .*CV.npz"):
        ctrgcn.find(tmp_path)


def test_only_its_own_archives_are_recognised(tmp_path):
    np.savez(tmp_path / "other.npz", joints=np.zeros(3))
    assert not ctrgcn.recognises(tmp_path)
    with pytest.raises(Damaged, match="has no array x_train; it holds: joints"):
        ctrgcn.find(tmp_path)
    assert ctrgcn.recognises(put(tmp_path, arrays()) / "NTU60_CS.npz")
