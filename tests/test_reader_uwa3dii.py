"""UWA3D-II: matrices of 15 joints in MAT-files of level 7.3, a clip in each."""

import io
import zlib

import h5py
import numpy as np
import pytest

from toy_formats import FIGURE, mat73
from zsar.data import protocols
from zsar.data.files import mat73 as files
from zsar.data.formats import reader, uwa3dii
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS

POSES = FIGURE[:, :15] * 1000


def put(folder, name: str, content: bytes):
    (folder / "ActionsSkeleton").mkdir(exist_ok=True)
    (folder / "ActionsSkeleton" / f"{name}.mat").write_bytes(content)


def clip(folder, content: bytes = b"", name: str = "a03_s07_e02_v04"):
    put(folder, name, content or mat73(POSES))
    (part,) = reader("uwa3dii").find(folder)
    (found,) = reader("uwa3dii").read(part)
    return found


def test_a_name_says_action_performer_execution_and_view(tmp_path):
    found = clip(tmp_path)
    assert found.name == "a03_s07_e02_v04" and found.label == 2
    assert (found.subject, found.camera, found.setup) == (7, 4, 2)
    known = protocols.dataset("uwa3dii")
    assert known.count == len(known.classes) == len(set(known.classes)) == uwa3dii.CLASSES
    assert known.protocols["xview"].train + known.protocols["xview"].test == (1, 2, 3, 4)


def test_joints_are_in_metres_and_keep_their_sides(tmp_path):
    bodies = clip(tmp_path).bodies[:, 0]
    theirs = ("head", "left_shoulder", "left_hand", "right_hand", "left_knee", "right_foot")
    for joint, place in zip(theirs, (0, 3, 5, 8, 10, 14), strict=True):
        np.testing.assert_allclose(bodies[:, JOINTS.index(joint)], FIGURE[:, place], rtol=1e-6)


def test_a_frame_in_which_a_joint_was_lost_has_no_body(tmp_path):
    poses = POSES.copy()
    poses[2, 9, 1] = np.nan
    found = clip(tmp_path, mat73(poses))
    assert found.ids[:, 0].tolist() == [1, 1, 0, 1] and not found.bodies[2].any()


def test_a_matrix_in_several_chunks_or_in_none_is_the_same(tmp_path):
    rows = POSES.reshape(4, 45).astype(np.float64)

    def made(**options) -> np.ndarray:
        content = hdf5(lambda file: file.create_dataset("A", data=rows, **options))
        return files.matrix(content, "A", 1000)

    for options in ({}, {"chunks": (3, 20)}, {"chunks": (3, 20), "compression": "gzip"}):
        np.testing.assert_array_equal(made(**options), rows)


def test_views_in_folders_of_their_own_are_found_and_a_name_twice_is_refused(tmp_path):
    for view in (1, 2):
        folder = tmp_path / f"view_{view}"
        folder.mkdir()
        put(folder, f"a01_s01_e01_v0{view}", mat73(POSES))
    assert len(reader("uwa3dii").find(tmp_path)) == 2
    put(tmp_path, "a01_s01_e01_v01", mat73(POSES))
    with pytest.raises(Damaged, match="the same file name"):
        reader("uwa3dii").find(tmp_path)


def hdf5(make) -> bytes:
    inside = io.BytesIO()
    with h5py.File(inside, "w") as file:
        make(file)
    return inside.getvalue()


def linked(file: h5py.File) -> None:
    file["A"] = h5py.ExternalLink("/etc/hostname", "A")


def bomb(file: h5py.File) -> None:
    file.create_dataset("A", (1 << 22, 45), "f8", compression="gzip", fillvalue=1.0)


def stored_elsewhere(file: h5py.File) -> None:
    file.create_dataset("A", (4, 45), "f8", external=[("elsewhere.bin", 0, 1440)])


def deflated(file: h5py.File) -> None:
    """A chunk that promises 180 numbers and inflates to a gigabyte."""
    made = file.create_dataset("A", (4, 45), "f8", compression="gzip", chunks=(4, 45))
    squeeze = zlib.compressobj()
    zeros = bytes(1 << 20)
    made.id.write_direct_chunk((0, 0), b"".join(squeeze.compress(zeros) for _ in range(1 << 10)))


def crumbs(file: h5py.File) -> None:
    """Within what a clip has of numbers and bytes; each has to be looked for."""
    file.create_dataset("A", (4500, 45), "i1", chunks=(1, 1), fillvalue=1)


def unusual(file: h5py.File) -> None:
    file.create_dataset("A", data=np.ones((4, 45)), compression="lzf")


def empty(file: h5py.File) -> None:
    file["A"] = np.array([0, 0], dtype="u8")  # how MATLAB writes a matrix without elements
    file["A"].attrs["MATLAB_empty"] = np.uint8(1)


BAD = {
    "it is no readable HDF5 file": b"MATLAB 5.0 MAT-file".ljust(600),
    "it is not in the file": mat73(POSES, name="B"),
    "A has the shape (4, 42), expected (frames, 45)": mat73(POSES[:, :14]),
    "it is no matrix of numbers": hdf5(lambda file: file.create_group("A")),
    "matrix A: it is empty": hdf5(lambda file: file.create_dataset("A", (0, 45), "f8")),
    "A: it is empty": hdf5(empty),
    "expected at most": hdf5(bomb),
    "does not hold the 1440 bytes": hdf5(deflated),
    "it is in 202500 chunks, expected at most 4096": hdf5(crumbs),
    "it is packed in an unusual way": hdf5(unusual),
    "numbers are in another file": hdf5(stored_elsewhere),
    "expected at most 1000 m": mat73(POSES * 1e6),
}


@pytest.mark.parametrize(("said", "content"), BAD.items(), ids=BAD)
def test_what_is_wrong_with_a_file_is_one_line(said, content, tmp_path):
    with pytest.raises(Damaged) as caught:
        clip(tmp_path, content)
    assert said in str(caught.value) and "a03_s07_e02_v04.mat: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_out_of_the_file_is_not_followed():
    with pytest.raises(ValueError, match="it is not in the file"):
        files.matrix(hdf5(linked), "A", 1000)


def test_an_action_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(Damaged, match="has label 30, expected 0 to 29"):
        clip(tmp_path, name="a31_s01_e01_v01")
