"""Reads the pickles of the pyskl project (ntu60_3danno.pkl, ntu120_3danno.pkl), without unpickling.

A dictionary with `annotations`: for each clip its NTU name `frame_dir`, its `label` from 0 and its
`keypoint` array, bodies x frames x 25 joints x xyz. They are what pyskl made of the recordings:
empty frames and spurious bodies are gone, and one person keeps one slot.

No code in the file is run (see `zsar.data.files.pickles`).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zsar.data.files import archive
from zsar.data.files.pickles import Array, plain
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording

FPS = 30.0
HOME = "https://download.openmmlab.com/mmaction/pyskl/data/nturgbd/ntu60_3danno.pkl (or ntu120)"
NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R\d{3}A(\d{3})")
PICKLE = b"\x80"  # how a pickle of protocol 2 or later begins


@dataclass(frozen=True, kw_only=True, eq=False)
class Annotation(Part):
    """One clip of the pickle; what is in it is looked at when it is read."""

    label: int | None
    keypoints: Array | None


def recognises(path: Path) -> bool:
    return any(_begins(part.path) for part in _pickles(path))


def find(folder: Path) -> list[Part]:
    found = _pickles(folder)
    if len(found) != 1:
        names = ", ".join(sorted(str(part) for part in found)) or "none"
        raise Damaged(folder, f"expected one pickle, found {names}; it comes from {HOME}")
    path = found[0].path
    clips: dict[str, Part] = {}
    for number, each in enumerate(_annotations(path), start=1):
        clip = _clip(path, number, each)
        if clip.member in clips:
            raise Damaged(clip, "this name is already in the file; expected it once")
        clips[clip.member] = clip
    return list(clips.values())


def read(part: Annotation) -> list[Recording]:
    meta = _meta(part)
    if part.keypoints is None:
        raise Damaged(part, "has no array `keypoint`")
    try:
        keypoints = part.keypoints.read(part.path)
    except (ValueError, TypeError) as error:
        raise Damaged(part, f"the keypoints are no complete array ({error})") from error
    if keypoints.ndim != 4 or keypoints.shape[2:] != (25, 3):
        expected = "bodies x frames x 25 joints x xyz"
        raise Damaged(part, f"the keypoints have the shape {keypoints.shape}, expected {expected}")
    bodies = keypoints.transpose(1, 0, 2, 3).astype(np.float32)
    return [to_recording(part, meta, LAYOUTS["ntu25"], bodies, FPS)]


def _pickles(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".pkl", ".pickle") if not part.member]


def _begins(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == PICKLE


def _annotations(path: Path) -> list[Any]:
    if path.stat().st_size and not _begins(path):
        raise Damaged(path, "is no pickle of protocol 2 or later")
    content = plain(path)
    annotations = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(annotations, list):
        raise Damaged(path, "has no list `annotations`, expected pyskl's {split, annotations}")
    return annotations


def _clip(path: Path, number: int, annotation: Any) -> Annotation:
    values = annotation if isinstance(annotation, dict) else {}
    name = values.get("frame_dir")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        shown = repr(name) if isinstance(name, str) else "no text"
        raise Damaged(path, f"annotation {number}: frame_dir is {shown}, expected an NTU name")
    label, keypoints = values.get("label"), values.get("keypoint")
    return Annotation(
        path,
        name,
        label=label if isinstance(label, int) else None,
        keypoints=keypoints if isinstance(keypoints, Array) else None,
    )


def _meta(part: Annotation) -> ClipMeta:
    setup, camera, subject, action = (int(part.member[k : k + 3]) for k in (1, 5, 9, 17))
    if part.label != action - 1:
        raise Damaged(part, f"the label is {part.label}, expected {action - 1} as in the name")
    return ClipMeta(part.member, action - 1, subject, camera, setup)
