"""Features that came from a file with the clips, in the place of an encoder's."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from zsar.cells import Cell
from zsar.data.artifacts import ClipFile, FeatureFile, SplitFile, read
from zsar.data.files import feature_archive, feature_folders
from zsar.errors import UserError

SHRINKAGE = 0.1  # of the covariance within classes towards the same variance in every direction
SMALLEST = 1e-12  # variance, where all clips of a class are alike


def imported_features(cell: Cell, clips: ClipFile) -> FeatureFile:
    """The features of the phase of a cell, from the files that were kept beside the clips."""
    return (from_archive if _archive(cell).is_file() else from_folders)(cell, clips)


def from_folders(cell: Cell, clips: ClipFile) -> FeatureFile:
    """Those in the folder of the phase; features of clips of the other phase are unknown."""
    split = read(cell.split_file, SplitFile)
    found = feature_folders.phase(cell.given, cell.phase, np.array(split.seen))
    where = np.isin(clips.subjects, list(found))  # in row order, as the pieces are
    labels = np.concatenate([piece.labels for piece in found.values()])
    _check_same_clips(cell, clips.labels[where], labels)
    features, logits = (
        np.full((len(where), width), np.nan, dtype=np.float32)
        for width in (next(iter(found.values())).features.shape[1], len(split.seen))
    )
    features[where] = np.concatenate([piece.features for piece in found.values()])
    known = {part: piece.logits for part, piece in found.items() if piece.logits is not None}
    logits[np.isin(clips.subjects, list(known))] = np.concatenate(list(known.values()))
    return FeatureFile(features, logits)


def from_archive(cell: Cell, clips: ClipFile) -> FeatureFile:
    """The same features in both phases; a linear discriminant of the training clips of the phase
    gives the logits that the file lacks."""
    split, path = read(cell.split_file, SplitFile), _archive(cell)
    groups = feature_archive.groups(path)
    labels = [label for name in feature_archive.SUBJECTS for label in groups[name].labels]
    _check_same_clips(cell, clips.labels, np.array(labels))
    features, rows = feature_archive.numbers(path), np.asarray(split.train_seen)
    trained = np.searchsorted(split.seen, clips.labels[rows])
    return FeatureFile(features, discriminant(features, rows, trained, len(split.seen)))


def discriminant(
    features: Float32[np.ndarray, "clip dim"],
    rows: Int64[np.ndarray, " train"],
    labels: Int64[np.ndarray, " train"],
    classes: int,
) -> Float32[np.ndarray, "clip class"]:
    """Logits of Gaussian classes of equal covariance, which is estimated on the rows that train."""
    train = features[rows].astype(np.float64)
    counts = np.bincount(labels, minlength=classes)
    sums = np.zeros((classes, train.shape[1]))
    np.add.at(sums, labels, train)
    means = sums / np.maximum(counts, 1)[:, None]
    within = train - means[labels]
    covariance = within.T @ within / len(train)
    variance = max(float(np.trace(covariance)) / len(covariance), SMALLEST)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * np.eye(len(covariance))
    directions = np.linalg.solve(shrunk, means.T)
    offsets = 0.5 * (means.T * directions).sum(0)
    return (features.astype(np.float64) @ directions - offsets).astype(np.float32)


def _check_same_clips(
    cell: Cell, ours: Int64[np.ndarray, " clip"], theirs: Int64[np.ndarray, " clip"]
) -> None:
    if not np.array_equal(ours, theirs):
        raise UserError(
            f"{cell.given} holds other clips than {cell.clips}; `dvc repro` makes it anew"
        )


def _archive(cell: Cell) -> Path:
    return cell.given / feature_archive.KEPT
