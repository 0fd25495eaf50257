"""Reads folders of features, as SynSE and its successors hand them on: train.npy, ztest.npy, ...

Two folders of one split, such as shift_5_r and shift_val_5_r; `zsar.data.files.feature_folders`
says what they hold. There are no skeletons in them. Each clip is one frame in which all joints
are in one place, and remembers that no joint was seen; its features are for the encoder
`precomputed`, which needs no other. Which clips train and test in either phase is what the
folders say (protocol `parts`).
"""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from zsar.data.files import archive, feature_folders
from zsar.data.files.arrays import ArrayRows, array_rows, recordings
from zsar.data.recording import Damaged, Part, Recording

HOME = "synse_resources/ntu_results of https://github.com/skelemoa/synse-zsl"
BOTH = "ztest"  # either folder holds it


def recognises(path: Path) -> bool:
    return any(archive.stem(part) == BOTH for part in archive.parts(path, ".npy"))


def protocol(folder: Path) -> str:
    """The folders say what each clip is for."""
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
    unseen = np.ones(25, dtype=bool)
    return [replace(each, derived=unseen) for each in recordings(part, _somebody)]


def keep(folder: Path, to: Path) -> None:
    """Copy what `given` reads later, so that it does not depend on other raw files."""
    for phase, place in feature_folders.find(folder).items():
        shutil.copytree(place, to / phase, dirs_exist_ok=True)


def _known(folder: Path) -> None:
    """Complain if the unseen clips are others than those among all test clips."""
    novel = feature_folders.classes(folder, feature_folders.NOVEL)
    every = feature_folders.classes(folder, feature_folders.PIECES["gtest"])
    among = sorted(label for label in every if label in set(novel))
    if sorted(novel) != among:
        what = f"{len(novel)} clips, but gtest.npy has {len(among)} of their classes"
        raise Damaged(folder / "ztest.npy", what)


def _somebody(row: Float[np.ndarray, " dim"]) -> Float[np.ndarray, "1 1 25 3"]:
    """A body without a posture: readers and preprocessing leave nobody out of their own accord."""
    return np.ones((1, 1, 25, 3), dtype=np.float32)
