"""No file ends a reader: mutated ones are read or refused in one line, and so are bombs."""

import io
import json
import os
import resource
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import toy_files
import toy_formats as toy
from mutations import ANY, READERS, WORLDS, messages, outcomes, reader_messages
from zsar.data import unlabelled
from zsar.data.files import archive
from zsar.data.formats import reader
from zsar.data.recording import Damaged, printable
from zsar.errors import UserError
from zsar.processes import executor

MUTATIONS = int(os.environ.get("ZSAR_MUTATIONS", 12))
SECONDS, BYTES = 5.0, 256 << 20  # what a clip may take


@pytest.mark.parametrize("world", WORLDS)
def test_mutated_files_are_read_or_refused(world):
    found = list(outcomes(world, MUTATIONS))
    assert len(found) == MUTATIONS
    wrong = [each for each in found if each.end not in ("read", "damaged", "caught")]
    assert not wrong, wrong[0]
    if world in READERS:
        assert Counter(each.end for each in found)["damaged"] > MUTATIONS // 5


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_mutated_is_sound_before(world, tmp_path):
    WORLDS[world].put(tmp_path)
    assert messages(WORLDS[world], tmp_path) == []


def packed(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(name, content)


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def own(folder: Path, name: str, content: bytes) -> None:
    (folder / "clips.yaml").write_text(toy.SHEET)
    (folder / name).write_bytes(content)


def pku(folder: Path, video: bytes, labels: str) -> None:
    (folder / "label").mkdir()
    (folder / "label" / "0002-L.txt").write_text(labels)
    (folder / "0002-L.txt").write_bytes(video)


def empty_rows(folder: Path) -> None:
    toy.put_smie(folder)
    np.save(folder / "unseen_label.npy", np.zeros((10**9, 0)))


UCLA = "a01_s01_e00_v01.json"
NTU = "S001C001P001R001A001.skeleton"
BOMBS = {
    "json of lists": ("nw_ucla", lambda to: packed(to / "a.zip", UCLA, b"[" + b"[]," * (10 << 20))),
    "json in depth": ("nw_ucla", lambda to: packed(to / "a.zip", UCLA, b"[" * (4 << 20))),
    "own npz": ("own", lambda to: own(to, "a_1.npz", npz(x=np.zeros((1 << 20, 25, 3), "i1")))),
    "labelled npz": (
        "labelled_npz",
        lambda to: (
            (to / "labels.csv").write_text("file,label,subject\na.npz,a,1\n"),
            (to / "a.npz").write_bytes(npz(skeleton=np.zeros((1 << 20, 20, 3), "i1"))),
        ),
    ),
    "csv of lines": ("own", lambda to: own(to, "a_1.csv", b"1\n" * (8 << 20))),
    "csv of one line": ("own", lambda to: own(to, "a_1.csv", b"1," * (8 << 20))),
    "brackets": ("own", lambda to: own(to, "clips.yaml", b"[" * 100_000)),
    "values": ("own", lambda to: own(to, "clips.yaml", b"classes: [" + b"a," * (4 << 20) + b"]")),
    "ntu": ("ntu", lambda to: packed(to / "a.zip", NTU, b"1" * (64 << 20))),
    "pku of lines": ("pku", lambda to: pku(to, b"1\n" * (8 << 20), "1,1,2,0\n")),
    "pku of labels": (
        "pku",
        lambda to: pku(to, b"\n".join([b"1 " * 150] * 5000), "1,1,5000,0\n" * 20_000),
    ),
    "empty rows": ("smie", empty_rows),
    "wide": (ANY, lambda to: (to / "a.npz").write_bytes(npz(x=np.zeros((1, 1, 1 << 27), "i1")))),
}


def within_bounds(name: str, folder: Path) -> tuple[list[str], float]:
    """What is said of a bomb, by a process that cannot have more memory."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + BYTES, size + BYTES))
    start = time.process_time()
    return reader_messages(BOMBS[name][0], folder), time.process_time() - start


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks for its size in /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_more_than_a_clip_and_is_one_line(name, tmp_path):
    BOMBS[name][1](tmp_path)
    with executor(1) as pool:
        said, seconds = pool.submit(within_bounds, name, tmp_path).result()
    assert said and seconds < SECONDS
    for line in said:
        assert "\n" not in line and "Memory" not in line and len(line) < 4000


def test_the_labels_of_a_video_hold_no_more_frames_than_a_clip_can(tmp_path):
    pku(tmp_path, b"\n".join([b"1 " * 150] * 5000), "1,1,5000,0\n" * 20)
    (part,) = reader("pku").find(tmp_path)
    found = reader("pku").read(part)
    assert sum(isinstance(each, Damaged) for each in found) == 4
    assert "0002-L.txt:17: actions of more than 80000 frames in all" in str(found[-4])


def test_pipes_and_devices_are_left_out_with_a_warning(tmp_path):
    toy.put_nw_ucla(tmp_path)
    os.mkfifo(tmp_path / "a01_s01_e00_v03.json")
    (tmp_path / "a01_s02_e00_v01.json").symlink_to("/dev/zero")
    (tmp_path / "again").symlink_to(tmp_path)
    with pytest.warns(UserWarning) as told:
        found = archive.parts(tmp_path, ".json")
    assert [each.path.name for each in found] == [f"a01_s01_e00_v0{k}.json" for k in (1, 2)]
    assert sorted(str(each.message).rsplit(": ")[-1] for each in told) == [
        "it is a device",
        "it is a named pipe",
    ]


def test_names_reach_no_terminal_with_control_characters(tmp_path):
    evil = "\x1b[31mred\u202e"
    (tmp_path / f"{evil}.skeleton").write_text(toy_files.skeleton(2))
    (tmp_path / f"{evil}.csv").write_text("1,2\n")
    broken, sound = unlabelled.find(tmp_path)
    (clip,) = unlabelled.read(sound, unlabelled.UNDECLARED)
    assert clip.name == r"\x1b[31mred\u202e" == printable(evil)
    with pytest.raises(Damaged) as told:
        unlabelled.read(broken, unlabelled.UNDECLARED)
    assert str(told.value).isprintable() and r"\x1b[31mred\u202e.csv" in str(told.value)


def test_classes_that_cannot_be_printed_are_refused(tmp_path):
    (tmp_path / "clips.yaml").write_text('classes: ["\\e[31m", b]\nnames: "{label}"\n')
    with pytest.raises(Damaged, match=r"clips.yaml:1: '\\x1b\[31m' holds what cannot be printed"):
        reader("own").classes(tmp_path)


@pytest.mark.parametrize("value", [1e4, -2e6, 1e38])
def test_absurd_coordinates_are_damage(value, tmp_path):
    skeletons = toy.FIGURE[:, :20].astype(float)
    skeletons[1, 2, 0] = value
    (tmp_path / UCLA).write_text(json.dumps({"skeletons": skeletons.tolist()}))
    (part,) = reader("nw_ucla").find(tmp_path)
    with pytest.raises(Damaged, match=r"frame 2, body 1: x of \w+ is .*, expected at most 1000 m"):
        reader("nw_ucla").read(part)


def test_what_a_reader_did_not_foresee_names_file_and_type(tmp_path, monkeypatch):
    toy.put_nw_ucla(tmp_path)
    source = reader("nw_ucla")
    part = source.find(tmp_path)[0]
    monkeypatch.setattr(source.module, "read", lambda part: {}["gone"])
    monkeypatch.setattr(source.module, "find", lambda folder: [].pop())
    with pytest.raises(Damaged, match=r"v01.json: cannot be read \(KeyError: 'gone'\)"):
        source.read(part)
    with pytest.raises(UserError, match=r"cannot be read \(IndexError: pop from empty list\)"):
        source.find(tmp_path)
