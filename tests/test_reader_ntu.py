"""NTU RGB+D from archives and folders as their owners distribute them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from test_scan import body, clip
from zsar.data.formats import available, ntu, reader
from zsar.data.recording import Damaged, Part

SIXTY = [f"S{s:03}C002P003R{r:03}A{a:03}" for s, r, a in [(17, 2, 60), (1, 1, 1), (1, 2, 9)]]
MORE = ["S018C001P008R001A061", "S032C003P106R002A120"]
FIRST, SECOND = "nturgbd_skeletons_s001_to_s017.zip", "nturgbd_skeletons_s018_to_s032.zip"
TEXT = clip([body()], [body(), body(["1.5"] * 75, identity=7)])


def put(path, names, folder="nturgb+d_skeletons/", text=TEXT):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(folder or "other/"), b"")
        for name in names:
            archive.writestr(f"{folder}{name}.skeleton", text)
    return path


def stems(found):
    return [Path(part.member or part.path).stem for part in found]


def test_the_reader_is_known_by_its_name():
    assert "ntu" in available() and reader("ntu").module is ntu


def test_archives_give_their_clips_in_the_order_of_the_names(tmp_path):
    put(tmp_path / FIRST, SIXTY)
    put(tmp_path / SECOND, MORE, folder="nturgb+d_skeletons120/")
    found = ntu.find(tmp_path)
    assert stems(found) == sorted(SIXTY + MORE)
    assert str(found[0]) == f"{tmp_path / FIRST}::nturgb+d_skeletons/{SIXTY[1]}.skeleton"


def test_a_folder_of_files_gives_the_same_clips_as_an_archive(tmp_path):
    (tmp_path / "raw" / "nturgb+d_skeletons").mkdir(parents=True)
    for name in SIXTY:
        (tmp_path / "raw" / "nturgb+d_skeletons" / f"{name}.skeleton").write_bytes(TEXT)
    loose = ntu.find(tmp_path / "raw")
    packed = ntu.find(put(tmp_path / FIRST, SIXTY))
    assert stems(loose) == stems(packed) == sorted(SIXTY)
    for one, other in zip(loose, packed, strict=True):
        np.testing.assert_array_equal(ntu.read(one)[0].bodies, ntu.read(other)[0].bodies)


def test_the_name_tells_class_performer_camera_and_setup(tmp_path):
    put(tmp_path / FIRST, ["S017C002P003R001A060"])
    (found,) = ntu.read(ntu.find(tmp_path)[0])
    assert (found.setup, found.camera, found.subject, found.label) == (17, 2, 3, 59)
    assert found.name == "S017C002P003R001A060" and not found.derived.any()


def test_bodies_are_metres_in_their_slots(tmp_path):
    put(tmp_path / FIRST, SIXTY)
    (found,) = ntu.read(ntu.find(tmp_path)[0])
    assert found.bodies.dtype == np.float32 and found.bodies.shape == (2, 2, 25, 3)
    assert found.ids.tolist() == [[72057594037931011, 0], [72057594037931011, 7]]
    assert found.bodies[1, :, 0].tolist() == [[0.5, -0.25, 3], [1.5, 1.5, 1.5]]
    assert not found.bodies[0, 1].any()


def test_recognises_archives_folders_and_files_and_nothing_else(tmp_path):
    assert ntu.recognises(put(tmp_path / FIRST, SIXTY)) and ntu.recognises(tmp_path)
    assert not ntu.recognises(put(tmp_path / "pku.zip", []))
    assert not ntu.recognises(put(tmp_path / "strange.zip", ["clip1"]))
    file = tmp_path / f"{MORE[0]}.skeleton"
    file.write_bytes(TEXT)
    assert ntu.recognises(file)


def test_a_wrong_archive_is_told_with_the_right_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "Skeleton.zip", "w") as archive:
        archive.writestr("Skeleton/a1_s1_t1_skeleton.mat", b"")
    with pytest.raises(Damaged) as told:
        ntu.find(tmp_path)
    assert str(told.value).startswith(f"{tmp_path}: found Skeleton.zip, expected {FIRST}")
    assert ntu.HOME in str(told.value)


def test_an_empty_folder_is_told_with_what_belongs_there(tmp_path):
    with pytest.raises(Damaged, match=f"found nothing, expected {FIRST}"):
        ntu.find(tmp_path)


def test_a_clip_in_two_archives_is_told(tmp_path):
    put(tmp_path / FIRST, SIXTY)
    put(tmp_path / SECOND, [*MORE, SIXTY[0]])
    with pytest.raises(Damaged, match=f"{SIXTY[0]}.skeleton: the same file name is already in"):
        ntu.find(tmp_path)


def test_a_file_with_a_strange_name_is_told(tmp_path):
    (tmp_path / "jump.skeleton").write_bytes(TEXT)
    with pytest.raises(Damaged, match=r"jump\.skeleton: expected a file named like S001C001P"):
        ntu.read(ntu.find(tmp_path)[0])


def test_damage_is_told_with_archive_member_and_line(tmp_path):
    archive = put(tmp_path / FIRST, SIXTY[:1], text=TEXT.replace(b"25\r\n", b"24\r\n", 1))
    with pytest.raises(Damaged) as told:
        ntu.read(ntu.find(tmp_path)[0])
    place = f"{archive}::nturgb+d_skeletons/{SIXTY[0]}.skeleton:4: "
    assert str(told.value) == f"{place}found '24', expected the joint count 25 alone"


def test_listing_clips_does_not_load_the_compiler(tmp_path):
    # Loading it takes longer than all the rest that a command such as --help does.
    put(tmp_path / FIRST, SIXTY)
    code = "import sys; from pathlib import Path; from zsar.data.formats import ntu;"
    code += f"print(len(ntu.find(Path({str(tmp_path)!r}))), 'numba' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["3", "False"]


def test_a_part_is_all_that_a_worker_needs(tmp_path):
    put(tmp_path / FIRST, SIXTY)
    part = ntu.find(tmp_path)[0]
    assert ntu.read(Part(part.path, part.member))[0].name == sorted(SIXTY)[0]
