"""SMIE's arrays keep the labels of all classes, and say which part of a split a clip came from."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from zsar.data.formats import smie
from zsar.data.recording import Damaged

CLASSES = {"seen_train": [0, 2, 59, 2], "seen_test": [2, 0], "unseen": [4, 19, 4]}


def arrays() -> dict[str, np.ndarray]:
    found = {}
    for group, labels in CLASSES.items():
        random = np.random.default_rng(len(labels))
        data = random.normal(size=(len(labels), 3, 50, 25, 2)).astype(np.float32)
        data[0, ..., 1] = 0  # one person
        found |= {f"{group}_data": data, f"{group}_label": np.array(labels)}
    return found


def put(folder: Path, content: dict[str, np.ndarray]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in content.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def clips(folder: Path) -> list:
    return [clip for part in smie.find(folder) for clip in smie.read(part)]


def test_clips_keep_global_labels_and_their_part_of_the_split(tmp_path):
    content = arrays()
    found = clips(put(tmp_path, content))
    assert [clip.label for clip in found] == [0, 2, 59, 2, 2, 0, 4, 19, 4]
    assert [clip.subject for clip in found] == [1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert found[6].name == "unseen00000"
    assert np.array_equal(found[7].bodies, content["unseen_data"][1].transpose(1, 3, 2, 0))
    assert found[0].ids.tolist() == [[1, 0]] * 50 and found[1].ids.tolist() == [[1, 2]] * 50


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_reads_as_the_folder_does(tmp_path, packing):
    put(tmp_path / "loose", arrays())
    (tmp_path / "packed").mkdir()
    with zipfile.ZipFile(tmp_path / "packed" / "split_1.zip", "w", packing) as packed:
        for file in (tmp_path / "loose").iterdir():
            packed.write(file, f"split_1/{file.name}")
    loose, zipped = clips(tmp_path / "loose"), clips(tmp_path / "packed")
    assert [clip.name for clip in loose] == [clip.name for clip in zipped]
    assert all(np.array_equal(a.bodies, b.bodies) for a, b in zip(loose, zipped, strict=True))
    assert smie.recognises(tmp_path / "packed") and smie.recognises(tmp_path / "loose")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"unseen_label": np.array([0, 1, 0])}, "unseen_label.npy: class 0 is seen and unseen"),
        (
            {"unseen_label": np.array([4, 19])},
            r"unseen_data.npy: has the shape \(3, 3, 50, 25, 2\)",
        ),
        ({"unseen_label": np.array([4, 19, -4])}, "unseen_label.npy: expected one-hot rows, or a"),
        (
            {"seen_test_data": np.zeros((2, 3, 50, 20, 2))},
            r"seen_test_data.npy: .*20, 2\), expected",
        ),
        ({"seen_test_label": np.array(["a", "b"])}, "seen_test_label.npy: is an array of <U1"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, what):
    with pytest.raises(Damaged, match=what):
        smie.find(put(tmp_path, arrays() | change))


def test_pickled_objects_are_never_loaded(tmp_path):
    put(tmp_path, arrays())
    np.save(tmp_path / "unseen_data.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(Damaged, match=r"unseen_data.npy: is an array of object; expected plain"):
        smie.find(tmp_path)


def test_a_missing_array_is_named(tmp_path):
    (put(tmp_path, arrays()) / "seen_test_label.npy").unlink()
    with pytest.raises(Damaged, match=r"seen_test_label.npy is missing; expected the six arrays"):
        smie.find(tmp_path)


def test_two_splits_at_once_are_refused(tmp_path):
    put(tmp_path / "split_1", arrays())
    put(tmp_path / "split_2", arrays())
    with pytest.raises(Damaged, match=r"same file name is already in .*split_1"):
        smie.find(tmp_path)


def test_a_hole_in_a_clip_spoils_no_other(tmp_path):
    content = arrays()
    content["seen_train_data"][1, 2, 10, 3, 1] = np.inf
    first, second, *_ = smie.find(put(tmp_path, content))
    assert len(smie.read(first)) == 1
    what = r"seen_train_data.npy::\[1\]: clip seen_train00001, frame 11, body 2: z of head is inf"
    with pytest.raises(Damaged, match=what):
        smie.read(second)


def test_a_truncated_array_is_named_with_its_row(tmp_path):
    path = put(tmp_path, arrays()) / "seen_train_data.npy"
    path.write_bytes(path.read_bytes()[:-100])
    *good, last = smie.find(tmp_path)[:4]
    assert all(len(smie.read(part)) == 1 for part in good)
    with pytest.raises(Damaged, match=r"seen_train_data.npy: ends in row 3, expected 4 rows"):
        smie.read(last)
    path.write_bytes(b"")
    with pytest.raises(Damaged, match=r"seen_train_data.npy: is no array as numpy saves it"):
        smie.find(tmp_path)
