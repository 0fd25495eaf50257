"""Reads folders of features, as SynSE and its successors hand them on: train.npy, ztest.npy, ...

Two folders of one split, such as shift_5_r and shift_val_5_r; `zsar.data.files.feature_folders`
says what they hold. There are no skeletons in them: each clip is one frame with all joints in one
place, all marked as derived, and the encoder `precomputed` takes its features from the folders.
The folders decide which clips train and test in either phase (protocol `parts`).
"""

import shutil
from pathlib import Path

from zsar.data.files import archive, feature_folders
from zsar.data.files.arrays import ArrayRows, array_rows, point_recordings
from zsar.data.recording import Damaged, Part, Recording

HOME = "synse_resources/ntu_results of https://github.com/skelemoa/synse-zsl"
BOTH = "ztest"  # either folder holds it


def recognises(path: Path) -> bool:
    return any(archive.stem(part) == BOTH for part in archive.parts(path, ".npy"))


def protocol(folder: Path) -> str:
    """The folders decide."""
    return "parts"


def find(folder: Path) -> list[Part]:
    places = feature_folders.find(folder)
    _known(places["test"])
    return [
        part
        for group, piece in feature_folders.PIECES.items()
        for part in array_rows(
            feature_folders.features(places[piece.phase], piece),
            group,
            piece.part,
            feature_folders.classes(places[piece.phase], piece),
        )
    ]


def read(part: ArrayRows) -> list[Recording]:
    return point_recordings(part)


def keep(folder: Path, to: Path) -> None:
    """Copy the features, which stages read later, so that these need no raw files."""
    for phase, place in feature_folders.find(folder).items():
        shutil.copytree(place, to / phase, dirs_exist_ok=True)


def _known(folder: Path) -> None:
    """An error if the unseen clips are others than those among all test clips."""
    novel = feature_folders.classes(folder, feature_folders.NOVEL)
    every = feature_folders.classes(folder, feature_folders.PIECES["gtest"])
    among = sorted(label for label in every if label in set(novel))
    if sorted(novel) != among:
        what = f"{len(novel)} clips, but gtest.npy has {len(among)} of their classes"
        raise Damaged(folder / "ztest.npy", what)
