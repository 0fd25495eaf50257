"""Raw data is read where it lies, and a broken archive says what is broken."""

import pickle
import struct
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from zsar.data.files import archive
from zsar.data.files.archive import content, parts, stem, unique
from zsar.data.recording import Damaged, Part

NAMES = ["b", "a", "c"]
SEED = 3


def said(name):
    return f"{name} says 0.1 0.2 0.3\n".encode() * 50


def put(path, names=NAMES, folder="inside", method=zipfile.ZIP_DEFLATED):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            archive.writestr(f"{folder}/{name}.txt", said(name))
    return path


def test_a_folder_gives_its_files_and_the_members_of_its_archives_in_order(tmp_path):
    put(tmp_path / "two.ZIP")
    put(tmp_path / "below" / "one.zip", ["d"])
    (tmp_path / "below" / "e.TXT").write_bytes(said("e"))
    (tmp_path / "f.csv").write_bytes(b"")
    found = parts(tmp_path, ".txt")
    assert [stem(part) for part in found] == ["e", "d", "a", "b", "c"]
    assert [content(part) for part in found] == [said(stem(part)) for part in found]


def test_an_archive_and_a_file_are_places_too(tmp_path):
    archive = put(tmp_path / "one.zip")
    file = tmp_path / "loose.txt"
    file.write_bytes(said("loose"))
    assert str(parts(archive, ".txt")[0]) == f"{archive}::inside/a.txt"
    assert parts(file, ".txt", ".csv") == [Part(file)]
    assert parts(file, ".csv") == []


def test_links_are_followed_and_hidden_files_are_not(tmp_path):
    put(tmp_path / "elsewhere" / "one.zip", ["a", "._b", ".c"])
    (tmp_path / "elsewhere" / ".hidden").mkdir()
    (tmp_path / "elsewhere" / ".hidden" / "d.txt").write_bytes(b"")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "link").symlink_to(tmp_path / "elsewhere")
    assert [stem(part) for part in parts(tmp_path / "raw", ".txt")] == ["a"]


def test_a_place_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Damaged, match=r"nowhere: does not exist; expected a folder, a zip archive"):
        parts(tmp_path / "nowhere", ".txt")


def test_the_same_name_twice_is_told_with_both_places(tmp_path):
    one, two = put(tmp_path / "one.zip", ["a"]), put(tmp_path / "two.zip", ["a", "b"])
    with pytest.raises(Damaged) as told:
        unique(parts(tmp_path, ".txt"))
    assert str(told.value).startswith(
        f"{two}::inside/a.txt: the same file name is already in {one}"
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_lists_a_member_twice_is_told(tmp_path):
    archive = put(tmp_path / "one.zip", ["a", "b", "a"])
    with pytest.raises(Damaged, match=r"one\.zip: lists inside/a\.txt twice"):
        parts(archive, ".txt")


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04 and more"])
def test_a_file_that_is_no_zip_is_told(tmp_path, data):
    (tmp_path / "one.zip").write_bytes(data)
    with pytest.raises(Damaged, match=r"one\.zip: is no readable zip archive .*download it again"):
        parts(tmp_path, ".txt")


def test_an_archive_cut_short_is_told(tmp_path):
    archive = put(tmp_path / "one.zip")
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(Damaged, match="is no readable zip archive"):
        parts(archive, ".txt")


SIZES = struct.Struct("<LL")  # packed and unpacked
ENTRY = b"PK\x01\x02"  # opens each entry of the list of members, which follows all data
ANCHORS = {"last data": bytes.index, "last entry": bytes.rindex}
BREAKS = {
    "data": ("deflated", "last data", -25, b"\xff" * 20, "inflated|checksum|unpacks"),
    "end of data": ("deflated", "last data", -10, b"\0" * 10, "inflated|checksum|unpacks"),
    "checksum": ("deflated", "last entry", 16, b"\0\0\0\0", "checksum"),
    "size": ("deflated", "last entry", 20, SIZES.pack(60, 1), "ends|unpacks|inflated"),
    "bomb": ("deflated", "last entry", 20, SIZES.pack(60, 2**31), "claims 2147483648 bytes in"),
    "start": ("deflated", "last entry", 42, b"\x01\0\0\0", "no header where the archive says"),
    "method": ("deflated", "last entry", 10, b"\x09\0", "by method 9, expected store or deflate"),
    "password": ("deflated", "last entry", 8, b"\x01\0", "is encrypted"),
    "stored data": ("stored", "last data", -5, b"?", "checksum"),
    "stored length": ("stored", "last entry", 20, SIZES.pack(10**6, 10**6), "ends .* bytes early"),
}
METHODS = {"deflated": zipfile.ZIP_DEFLATED, "stored": zipfile.ZIP_STORED}


@pytest.mark.parametrize(("method", "anchor", "at", "to", "sentence"), BREAKS.values(), ids=BREAKS)
def test_a_broken_member_is_told_and_the_others_are_read(
    tmp_path, method, anchor, at, to, sentence
):
    archive = put(tmp_path / "one.zip", ["a", "b", "c"], method=METHODS[method])
    data = bytearray(archive.read_bytes())
    at += ANCHORS[anchor](bytes(data), ENTRY)
    data[at : at + len(to)] = to
    archive.write_bytes(data)
    *others, last = parts(archive, ".txt")
    assert [content(part) for part in others] == [said("a"), said("b")]
    with pytest.raises(Damaged, match=rf"one\.zip::inside/c\.txt: .*({sentence})"):
        content(last)


def test_an_archive_of_the_large_kind_is_read(tmp_path):
    path = tmp_path / "large.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.txt", "w", force_zip64=True) as member,
    ):
        member.write(said("a"))
    assert content(Part(path, "a.txt")) == said("a")


def test_a_large_member_is_whole(tmp_path):
    data = np.random.default_rng(SEED).integers(0, 20, 5_000_000, np.uint8).tobytes()
    with zipfile.ZipFile(tmp_path / "one.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data)
    assert content(Part(tmp_path / "one.zip", "a.txt")) == data


def test_a_changed_archive_is_read_anew(tmp_path):
    archive = put(tmp_path / "one.zip", ["a"])
    assert len(parts(archive, ".txt")) == 1
    put(archive, ["a", "b"])
    assert len(parts(archive, ".txt")) == 2
    with pytest.raises(Damaged, match=r"one\.zip::gone\.txt: is not in the archive"):
        content(Part(archive, "gone.txt"))


def test_threads_and_forked_processes_read_the_same_archive(tmp_path):
    names = [f"clip{k}" for k in range(40)]
    found = parts(put(tmp_path / "one.zip", names), ".txt")
    expected = [said(stem(part)) for part in found]
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        with kind(2) as pool:
            assert list(pool.map(content, found * 5)) == expected * 5


def test_a_mutated_archive_is_read_or_damaged_and_never_anything_else(tmp_path):
    random = np.random.default_rng(SEED)
    good = put(tmp_path / "one.zip").read_bytes()
    path, outcomes = tmp_path / "two.zip", {"read": 0, "damaged": 0}
    for _ in range(200):
        data = bytearray(good)
        for at in random.integers(len(data) - 300, len(data), 2):
            data[at] = random.integers(256)
        path.write_bytes(data[: len(data) - random.integers(5) // 4 * random.integers(200)])
        archive._directory.cache_clear()
        try:
            for part in parts(path, ".txt"):
                content(part)
        except Damaged:
            outcomes["damaged"] += 1
        else:
            outcomes["read"] += 1
    assert min(outcomes.values()) > 20


def test_damage_travels_between_processes():
    damaged = pickle.loads(pickle.dumps(Damaged(Part(Path("a.zip"), "b"), "is broken", 3)))
    assert str(damaged) == "a.zip::b:3: is broken"
