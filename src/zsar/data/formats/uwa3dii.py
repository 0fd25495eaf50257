"""Reads UWA3D Multiview Activity II: ActionsSkeleton, a folder (or zip) of aAA_sSS_eEE_vVV.mat.

Each file holds `A`, 45 numbers x frames (MATLAB, level 7.3): x y z of 15 joints in millimetres, one
person. The label is A - 1 of thirty, the subject S of ten, the camera V of four (front, left,
right, top); E counts executions, and stands as the setup. Files may lie in folders view_1 to
view_4.

Known from public code that reads them: names, `A`, its shape, millimetres, NaN, and which joints
are arms and legs. A frame with NaN has no body here; that code puts such joints at the camera.
Assumed, since no recording was looked at: the order from shoulder to hand and hip to foot; 30
frames a second; that x, y and z are those of NTU, as they are in SBU, whose joints are the same. Of
two clips, a25_s01_e01_v01 and a26_s01_e01_v01, it is known that others leave them out.
"""

import re
from pathlib import Path

import numpy as np

from zsar.data.files import archive, mat73
from zsar.data.files.limits import NUMBERS
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, checked_label, to_recording

FPS = 30.0  # of the sensor; the files do not say it
HOME = (
    "https://ieee-dataport.org/documents/uwa-3d-multiview-activity-ii-dataset (ActionsSkeleton;"
    " an account)"
)
NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_v(\d\d)")
CLASSES = 30
LARGEST = 1 << 22  # bytes of a file: six minutes
MILLIMETRE = 0.001
LAYOUT = LAYOUTS["kard15"]
JOINTS = (
    *("head", "neck", "torso", "left_shoulder", "left_elbow", "left_hand"),
    *("right_shoulder", "right_elbow", "right_hand", "left_hip", "left_knee", "left_foot"),
    *("right_hip", "right_knee", "right_foot"),
)
ORDER = [JOINTS.index(joint) for joint in LAYOUT.joints]


def recognises(path: Path) -> bool:
    return bool(_clips(path))


def find(folder: Path) -> list[Part]:
    found = archive.unique(_clips(folder))
    if not found:
        raise Damaged(folder, f"has no aAA_sSS_eEE_vVV.mat; expected ActionsSkeleton from {HOME}")
    return sorted(found, key=archive.stem)


def read(part: Part) -> list[Recording]:
    action, subject, execution, view = _numbers(part)
    name = archive.stem(part)
    label = checked_label(part, name, action - 1, CLASSES)
    meta = ClipMeta(name, label, subject, camera=view, setup=execution)
    return [to_recording(part, meta, LAYOUT, _joints(part)[:, None, ORDER], FPS)]


def _joints(part: Part) -> np.ndarray:
    """In metres; frames in which the tracker lost a joint are empty."""
    content = archive.content(part, LARGEST)
    try:
        found = mat73.matrix(content, "A", NUMBERS)
    except ValueError as error:
        raise Damaged(part, f"holds no readable matrix A: {error}") from error
    if found.ndim != 2 or found.shape[1] != 3 * len(JOINTS):
        raise Damaged(part, f"A has the shape {found.shape}, expected (frames, 45)")
    joints = found.astype(np.float64).reshape(-1, len(JOINTS), 3) * MILLIMETRE
    return np.where(np.isnan(joints).any((1, 2), keepdims=True), 0.0, joints)


def _clips(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".mat") if NAME.fullmatch(archive.stem(part))]


def _numbers(part: Part) -> tuple[int, ...]:
    return tuple(map(int, NAME.fullmatch(archive.stem(part)).groups()))  # type: ignore[union-attr]
