"""Artifacts that are not as their class says: each one is refused before anything is mapped."""

from collections.abc import Callable

import h5py
import numpy as np
import pytest

import toy_mutations
from test_artifacts import clips
from zsar.data.artifacts import ClipFile, HistoryFile, SplitFile, TextFile, read, write
from zsar.errors import UserError


def replaced(name: str, **options) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, **options)

    return change


def linked(file: h5py.File) -> None:
    del file["labels"]
    file["labels"] = h5py.ExternalLink("elsewhere.h5", "labels")


def grouped(file: h5py.File) -> None:
    del file["labels"]
    file.create_group("labels")


NUMBERS = np.arange(5)
WRONG: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "missing": (lambda file: file.pop("labels"), "has no field labels"),
    "a group": (grouped, "labels is a group, expected an array"),
    "a link": (linked, "has no field labels"),
    "int32": (replaced("labels", data=NUMBERS.astype("i4")), "labels holds int32, expected int64"),
    "big-endian": (replaced("labels", data=NUMBERS.astype(">i8")), "labels holds >i8, expected"),
    "variable-length": (
        replaced("names", data=["a"] * 5, dtype=h5py.string_dtype()),
        "names holds object, expected text",
    ),
    "pointers": (
        replaced("labels", data=["a"] * 5, dtype=h5py.string_dtype()),
        "labels holds object, expected int64",
    ),
    "rank": (replaced("labels", data=NUMBERS[:, None]), r"labels has the shape \(5, 1\), expected"),
    "rows": (replaced("labels", data=np.arange(4)), "along clip"),
    "compressed": (
        replaced("labels", data=NUMBERS, compression="gzip"),
        "labels is compressed or in pieces",
    ),
    "chunked": (replaced("labels", data=NUMBERS, chunks=(2,)), "labels is compressed or in pieces"),
    "never written": (
        replaced("skeletons", shape=(5, 3, 4, 25, 2), dtype="f4"),
        "skeletons is cut off",
    ),
    "another kind": (
        lambda file: file.attrs.create("kind", np.bytes_("x\ny")),
        r"holds a 'x.*, expected a ClipFile",
    ),
    "a kind as others write it": (
        lambda file: file.attrs.create("kind", "ClipFile"),
        "holds a file of another program or an older zsar",
    ),
    "a number as kind": (lambda file: file.attrs.create("kind", [1, 2]), "expected a ClipFile"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_what_the_class_does_not_say_is_refused(change, said, tmp_path):
    path = tmp_path / "clips.h5"
    write(path, clips())
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(UserError, match=said) as caught:
        read(path, ClipFile)
    assert "dvc repro" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_cut_off_is_refused_wherever(tmp_path):
    path = tmp_path / "clips.h5"
    write(path, clips())
    content = path.read_bytes()
    for end in range(0, len(content), 997):
        path.write_bytes(content[:end])
        with pytest.raises(UserError, match="dvc repro"):
            read(path, ClipFile)


def test_names_that_are_not_utf_8_are_refused(tmp_path):
    path = tmp_path / "clips.h5"
    write(path, clips())
    with h5py.File(path, "a") as file:
        replaced("names", data=np.array([b"\xff"] * 5))(file)
    with pytest.raises(UserError, match="dvc repro"):
        read(path, ClipFile)


def test_a_single_value_and_an_empty_array_are_read(tmp_path):
    history = HistoryFile(np.zeros((0, 4), np.int64), np.array(3))
    write(tmp_path / "history.h5", history)
    assert read(tmp_path / "history.h5", HistoryFile).chosen == 3


def test_any_damage_ends_in_success_or_one_line(tmp_path):
    rows = np.arange(4)
    text = TextFile(
        np.array(["names", "actions"]),
        np.ones((3, 2, 4), np.float32),
        np.ones((6, 4), np.float32),
        np.ones((3, 2), np.int64),
        np.ones((3, 2), np.int64),
    )
    refused = 0
    for artifact in (SplitFile(rows, rows, rows, rows, rows, rows), text):
        path, kind = tmp_path / "artifact.h5", type(artifact)
        write(path, artifact)
        for content in toy_mutations.of_bytes(path.read_bytes(), toy_mutations.count(150)):
            path.write_bytes(content)
            try:
                found = read(path, kind)
                assert all(np.asarray(each).sum() is not None for each in vars(found).values()
                           if each.dtype.kind != "U")  # fmt: skip
            except UserError as error:
                refused += 1
                assert "\n" not in str(error) and "dvc repro" in str(error)
    assert refused
