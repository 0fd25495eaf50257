"""Reads NW-UCLA: all_sqe.zip (or its folder) of aAA_sSS_eEE_vVV.json, Kinect v1, 20 joints.

Each file holds `skeletons`, frames x 20 joints x xyz in metres, one person, with the axes of NTU.
The ten actions are a01 a02 a03 a04 a05 a06 a08 a09 a11 a12, labels 0 to 9 in this order. The
subject is S, the camera V; E counts executions, and stands as the setup (from 0).

Of the 1,484 clips 95 are copies: every view 3 of a02 and a03 holds, number for number, what view 2
holds, from the position of camera 2 (the hips are 0.3 m above it, but 0.4 m above camera 3 in
the other actions); the recordings of camera 3 are not in the archive. One further clip,
a02_s09_e04_v02 (and so its copy), has a single frame. All are read, because published numbers
count them; a fair test across views leaves them out.
"""

import json
import re
from pathlib import Path

import numpy as np

from zsar.data.files import archive
from zsar.data.layouts import LAYOUTS
from zsar.data.recording import ClipMeta, Damaged, Part, Recording, to_recording

FPS = 15.0  # about; the files do not say it
HOME = "https://www.dropbox.com/s/10pcm4pksjy6mkq/all_sqe.zip (free, as linked by CTR-GCN)"
NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_v(\d\d)")
ACTIONS = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12)
LARGEST = 1 << 22  # bytes of a file; the longest recording has an eighth of a MB
LAYOUT = LAYOUTS["kinect20"]


def recognises(path: Path) -> bool:
    return bool(_clips(path))


def find(folder: Path) -> list[Part]:
    found = archive.unique(_clips(folder))
    if not found:
        raise Damaged(folder, f"has no aAA_sSS_eEE_vVV.json; expected all_sqe.zip from {HOME}")
    return sorted(found, key=archive.stem)


def read(part: Part) -> list[Recording]:
    action, subject, execution, view = _numbers(part)
    if action not in ACTIONS:
        raise Damaged(part, f"has action {action}, expected one of {', '.join(map(str, ACTIONS))}")
    meta = ClipMeta(
        archive.stem(part), ACTIONS.index(action), subject, camera=view, setup=execution
    )
    return [to_recording(part, meta, LAYOUT, _joints(part)[:, None], FPS)]


def _joints(part: Part) -> np.ndarray:
    text = archive.content(part, LARGEST)
    try:
        joints = np.array(json.loads(text)["skeletons"], dtype=np.float64)
    except json.JSONDecodeError as error:
        raise Damaged(part, f"is no JSON ({error.msg})", error.lineno) from error
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise Damaged(part, f"has no readable list `skeletons` ({error})") from error
    if joints.ndim != 3 or joints.shape[1:] != (len(LAYOUT.joints), 3):
        raise Damaged(part, f"skeletons have the shape {joints.shape}, expected (frames, 20, 3)")
    return joints


def _clips(place: Path) -> list[Part]:
    return [part for part in archive.parts(place, ".json") if NAME.fullmatch(archive.stem(part))]


def _numbers(part: Part) -> tuple[int, ...]:
    return tuple(map(int, NAME.fullmatch(archive.stem(part)).groups()))  # type: ignore[union-attr]
