"""Reads UTD-MHAD: Skeleton.zip (or its folder) of aA_sS_tT_skeleton.mat, Kinect v1, 20 joints.

Each file holds `d_skel`, 20 joints x xyz x frames in metres, one person in front of one camera,
with the axes of NTU. The label is A - 1, the subject S; T counts repetitions.
"""

import re
from pathlib import Path

import numpy as np

from zsar.data.files import archive
from zsar.data.files.mat5 import matrix
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, checked_label, to_recording

FPS = 30.0
HOME = "https://personal.utdallas.edu/~kehtar/UTD-MHAD.html (Skeleton.zip, free)"
NAME = re.compile(r"a(\d+)_s(\d+)_t(\d+)_skeleton")
CLASSES = 27
LARGEST = 1 << 24  # bytes of a file: 35,000 frames
LAYOUT = LAYOUTS["kinect20_utd"]


def recognises(path: Path) -> bool:
    return bool(_clips(path))


def find(folder: Path) -> list[Part]:
    """The clips by action, subject and repetition."""
    found = archive.unique(_clips(folder))
    if not found:
        raise Damaged(folder, f"has no aA_sS_tT_skeleton.mat; expected Skeleton.zip from {HOME}")
    return sorted(found, key=_numbers)


def read(part: Part) -> list[Recording]:
    action, subject, _ = _numbers(part)
    name = archive.stem(part)
    label = checked_label(part, name, action - 1, CLASSES)
    joints = _joints(part)
    if joints.ndim != 3 or joints.shape[:2] != (len(LAYOUT.joints), 3):
        raise Damaged(part, f"d_skel has the shape {joints.shape}, expected (20, 3, frames)")
    meta = ClipMeta(name.removesuffix("_skeleton"), label, subject, camera=0, setup=0)
    return [to_recording(part, meta, LAYOUT, joints.transpose(2, 0, 1)[:, None], FPS)]


def _joints(part: Part) -> np.ndarray:
    content = archive.content(part, LARGEST)
    try:
        found = matrix(content, "d_skel", LARGEST)
    except ValueError as error:
        raise Damaged(part, f"holds no readable matrix d_skel: {error}") from error
    return np.asarray(found, dtype=np.float64)


def _clips(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".mat") if NAME.fullmatch(archive.stem(part))]


def _numbers(part: Part) -> tuple[int, ...]:
    return tuple(map(int, NAME.fullmatch(archive.stem(part)).groups()))  # type: ignore[union-attr]
