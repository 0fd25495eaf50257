"""`zsar export-features`: features and clips of a cell, in the files that other code reads."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zsar.cells import Cell
from zsar.config.config import Config
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read
from zsar.data.files import feature_folders
from zsar.data.files.arrays import save, save_archive
from zsar.data.files.feature_folders import PIECES, EncodedClips, Piece
from zsar.dataset_info import dataset_info
from zsar.errors import UserError

# The rows of each piece, by their role in the split. Held-out clips stay out, so that other code
# trains on the same clips as ours.
PURPOSES = {
    PIECES["train"]: ("train_seen",),
    PIECES["gtest"]: ("test_seen", "test_unseen"),
    feature_folders.NOVEL: ("test_unseen",),
    PIECES["val_train"]: ("train_seen",),
    PIECES["val"]: ("test_seen",),
    PIECES["val_ztest"]: ("test_unseen",),
}
ARCHIVE = {
    "train": ("train_seen",),
    "gzsl": ("test_seen", "test_unseen"),
    "zsl": ("test_unseen",),
}
GROUPS = {
    "seen_train": ("train_seen", "held_seen"),
    "seen_test": ("test_seen",),
    "unseen": ("test_unseen",),
}
Exported = tuple[Path, np.ndarray | dict[str, np.ndarray]]  # a file, or an archive of arrays


def export(form: str, cell: Cell, folder: Path, config: Config) -> list[Path]:
    """Write the cell in a published format into an empty folder; return the files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty; name a folder that is, or is not there yet")
    config.dataset(cell.dataset)
    if not cell.encoder:
        raise UserError(
            f"{cell.key.rstrip('/')!r} is no cell; expected dataset/preprocess/split/encoder"
        )
    cell = cell.with_seed(config.params.run.seeds[0])
    written = []
    for path, array in FORMS[form](cell, config):
        SAVE[path.suffix](folder / path, array)
        written.append(folder / path)
    return written


def synse(cell: Cell, config: Config) -> Iterator[Exported]:
    """The features of both phases by the encoders of the first seed, each in a folder that is named
    after its phase."""
    count, labels = (
        dataset_info(cell.dataset, config.dataset(cell.dataset)).count,
        read(cell.clips, ClipFile).labels,
    )
    for piece, purposes in PURPOSES.items():
        here = cell.in_phase(piece.phase)
        split, made = read(here.split_file, SplitFile), read(here.features, FeatureFile)
        rows = _rows(split, purposes)
        logits = feature_folders.widened(made.seen_logits[rows], np.array(split.seen), count)
        found = EncodedClips(made.features[rows], labels[rows], logits)
        yield from _files(piece, found)


def _files(piece: Piece, found: EncodedClips) -> Iterator[Exported]:
    names = {piece.features: found.features, piece.labels: found.labels}
    for name, array in (names | ({piece.logits: found.logits} if piece.logits else {})).items():
        yield Path(piece.phase, f"{name}.npy"), array


def smie(cell: Cell, config: Config) -> Iterator[Exported]:
    """The clips of the test phase as the encoder sees them."""
    clips, split = read(cell.clips, ClipFile), read(cell.in_phase("test").split_file, SplitFile)
    if clips.derived.all():
        raise UserError(f"{cell.clips} holds features without skeletons, which smie is made of")
    for group, purposes in GROUPS.items():
        rows = _rows(split, purposes)
        yield Path(f"{group}_data.npy"), clips.skeletons[rows]
        yield Path(f"{group}_label.npy"), clips.labels[rows]


def flora(cell: Cell, config: Config) -> Iterator[Exported]:
    """The features of the test phase by the encoder of the first seed."""
    here = cell.in_phase("test")
    labels, split = read(cell.clips, ClipFile).labels, read(here.split_file, SplitFile)
    features = read(here.features, FeatureFile).features
    found: dict[str, np.ndarray] = {}
    for group, purposes in ARCHIVE.items():
        rows = _rows(split, purposes)
        found |= {f"{group}_data": features[rows], f"{group}_label": labels[rows]}
    name = f"{cell.dataset}_seen{len(split.seen)}_unseen{len(split.unseen)}.npz"
    yield Path(name), found


def _rows(split: SplitFile, purposes: tuple[str, ...]) -> np.ndarray:
    return np.sort(np.concatenate([getattr(split, purpose) for purpose in purposes]))


FORMS: dict[str, Callable[[Cell, Config], Iterator[Exported]]] = {
    "synse": synse,
    "smie": smie,
    "flora": flora,
}
SAVE: dict[str, Callable[[Path, Any], None]] = {".npy": save, ".npz": save_archive}
