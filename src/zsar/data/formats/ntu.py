"""Reads NTU RGB+D 60 and 120: `.skeleton` text, in the zip archives as distributed or in folders.

Recordings are called SsssCcccPpppRrrrAaaa: setup, camera, performer, repetition, and action from 1.
"""

import re
from pathlib import Path

import numpy as np

from zsar.data.files import archive
from zsar.data.files.limits import TEXT
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, check_coordinates
from zsar.data.skeleton import JOINTS

FPS = 30.0
HOME = "https://rose1.ntu.edu.sg/dataset/actionRecognition"
ARCHIVES = "nturgbd_skeletons_s001_to_s017.zip (NTU 120: and nturgbd_skeletons_s018_to_s032.zip)"
NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
SUFFIX = ".skeleton"
SHOWN = 3  # names of files that were found instead


def recognises(path: Path) -> bool:
    return any(NAME.fullmatch(archive.stem(part)) for part in archive.parts(path, SUFFIX))


def find(folder: Path) -> list[Part]:
    """The files of all archives and folders together, by the names of the recordings."""
    found = archive.unique(archive.parts(folder, SUFFIX))
    if not found:
        there = ", ".join(sorted(path.name for path in folder.glob("[!.]*"))[:SHOWN]) or "nothing"
        raise Damaged(
            folder, f"found {there}, expected {ARCHIVES} from {HOME}, or a folder of their files"
        )
    return sorted(found, key=archive.stem)


def read(part: Part) -> list[Recording]:
    name = archive.stem(part)
    numbers = NAME.fullmatch(name)
    if not numbers:
        raise Damaged(part, "expected a file named like S001C001P001R001A001.skeleton")
    setup, camera, subject, _, action = map(int, numbers.groups())
    meta = ClipMeta(name, action - 1, subject, camera, setup)
    return [recording(part, archive.content(part, TEXT), meta)]


def recording(part: Part, text: bytes, meta: ClipMeta) -> Recording:
    """The clip of a file, whatever its name."""
    # Loads a compiler, which listing files does not need.
    from zsar.data.files.ntu_text import scan

    bodies, ids = scan(text, part)
    joints = bodies.astype(np.float32)
    check_coordinates(part, meta.name, JOINTS, joints)
    return Recording(**meta._asdict(), bodies=joints, ids=ids, fps=FPS)
