"""Features in one npz archive, the form in which Flora hands on those of several papers.

    train_data, train_label   clips of seen classes that train
    zsl_data, zsl_label       test clips of unseen classes
    gzsl_data, gzsl_label     all test clips

Known from the code that reads them: the six names, a row of features for each clip, and labels that
count all classes of the data set from 0. Assumed, since the archives themselves were not looked at:
that labels are whole numbers (rows that are one-hot are read as well), and that the clips of `zsl`
are those of their classes in `gzsl`. There are no logits, and nothing for a validation phase.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from zsar.data.files import archive
from zsar.data.files.arrays import Table, labels, tables
from zsar.data.files.feature_folders import finite_numbers
from zsar.data.recording import Damaged

GROUPS = ("train", "gzsl", "zsl")
NOVEL = "zsl"
KEPT = "features.npz"  # the name of a copy that is kept beside the clips
SUBJECTS = {"train": 1, "gzsl": 2}  # the groups whose clips are the rows of a data set, in order


@dataclass(frozen=True)
class FeatureGroup:
    """The features of a group of clips, on disk, and the label of each."""

    features: Table
    labels: tuple[int, ...]


def archives(place: Path) -> list[Path]:
    """The npz archives that hold one of these groups."""
    parts = (part.path for part in archive.parts(place, ".npz") if not part.member)
    return [path for path in parts if f"{NOVEL}_data" in tables(path)]


def groups(path: Path) -> dict[str, FeatureGroup]:
    """All groups of an archive, which fit together."""
    held = tables(path)
    found = {name: _group(path, held, name) for name in GROUPS}
    widths = {each.features.shape[1] for each in found.values()}
    if len(widths) > 1:
        raise Damaged(path, f"features have the widths {sorted(widths)}, expected one width")
    novel = set(found[NOVEL].labels)
    if both := novel & set(found["train"].labels):
        what = f"class {min(both)} is in train and in zsl; expected labels counted over all classes"
        raise Damaged(path, what)
    among = sorted(label for label in found["gzsl"].labels if label in novel)
    if sorted(found[NOVEL].labels) != among:
        what = f"zsl holds {len(found[NOVEL].labels)} clips, but gzsl {len(among)} of their classes"
        raise Damaged(path, what)
    return found


def numbers(path: Path) -> Float32[np.ndarray, "clip dim"]:
    """The features of all clips, in the order of the rows of a data set."""
    found = groups(path)
    return np.concatenate([finite_numbers(found[name].features) for name in SUBJECTS])


def _group(path: Path, held: dict[str, Table], name: str) -> FeatureGroup:
    for wanted in (f"{name}_data", f"{name}_label"):
        if wanted not in held:
            raise Damaged(path, f"has no array {wanted}; it holds: {', '.join(held)}")
    table, known = held[f"{name}_data"], labels(held[f"{name}_label"])
    if len(table.shape) != 2 or table.shape[0] != len(known):
        expected = f"({len(known)}, width), as long as its labels"
        raise Damaged(table.place, f"has the shape {table.shape}, expected {expected}")
    return FeatureGroup(table, known)
