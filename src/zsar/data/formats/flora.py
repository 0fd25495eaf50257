"""Reads the archive of features of one split that Flora made of those of several papers.

One npz file, such as ntu60_seen55_unseen5.npz; `zsar.data.files.feature_archive` says what it
holds, what is known of it and what is assumed. There are no skeletons: each clip is one frame with
all joints in one place, all marked as derived, and the encoder `precomputed` takes its features
from the file. The clips are called train00000, ..., gzsl00000, ... in file order; subject 1 stands
for `train`, subject 2 for the test clips (protocol `given`).

For the validation phase there are no other features: its classes are among those that the encoder
learned from, so that what is chosen there is optimistic. No clip of an unseen class takes part.
"""

import shutil
from pathlib import Path

from zsar.data.files import feature_archive
from zsar.data.files.arrays import ArrayRows, array_rows, point_recordings
from zsar.data.recording import Damaged, Part, Recording

HOME = "skeleton_features of https://github.com/cseeyangchen/Flora"


def recognises(path: Path) -> bool:
    return bool(feature_archive.archives(path))


def protocol(folder: Path) -> str:
    """Only the side of each clip is known."""
    return "given"


def find(folder: Path) -> list[Part]:
    groups = feature_archive.groups(_archive(folder))
    return [
        rows
        for name, subject in feature_archive.SUBJECTS.items()
        for rows in array_rows(groups[name].features, name, subject, groups[name].labels)
    ]


def read(part: ArrayRows) -> list[Recording]:
    return point_recordings(part)


def keep(folder: Path, to: Path) -> None:
    """Copy the features, which stages read later, so that these need no raw files."""
    to.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_archive(folder), to / feature_archive.KEPT)


def _archive(folder: Path) -> Path:
    found = feature_archive.archives(folder)
    if len(found) != 1:
        names = ", ".join(sorted(map(str, found))) or "none"
        raise Damaged(folder, f"expected one npz archive with zsl_data, found {names}")
    return found[0]
