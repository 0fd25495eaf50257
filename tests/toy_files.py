"""Small files as people hold them: recordings of NTU RGB+D, one's own, features, arrays."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from zsar.cells import PHASES
from zsar.data import protocols
from zsar.data.files.feature_folders import PIECES

ACTIONS = ("wave", "sit down", "run", "jump", "bow", "clap")
OUTLINE = np.random.default_rng(0).uniform(-1, 1, size=(4, 25, 3)).round(4) + [0, 0, 3]
SHEET = 'layout: ntu25\nunit: metre\nclasses: [{}]\nnames: "{}"\n'


def skeleton(frames: int = 30, x: float = 0.1) -> str:
    """A recording of NTU RGB+D: one body that moves."""
    body = "72057594037931101 0 1 1 1 1 0 0.0 0.0 2\n25\n"
    lines = [str(frames)]
    for frame in range(frames):
        joints = "".join(
            f"{x * joint + 0.01 * frame:.4f} {0.05 * joint:.4f} {2 + 0.02 * joint:.4f}"
            " 1 1 1 1 0 0 0 0 2\n"
            for joint in range(25)
        )
        lines.append(f"1\n{body}{joints}".rstrip("\n"))
    return "\n".join(lines) + "\n"


def ntu(path: Path, performers: Iterable[int], beside: Iterable[str] = ()) -> Path:
    """An archive with a clip of each of 60 actions by each performer, and those named."""
    names = [f"S001C001P{who:03d}R001A{k:03d}" for who in performers for k in range(1, 61)]
    with zipfile.ZipFile(path, "w") as file:
        for name in [*names, *beside]:
            file.writestr(f"s/{name}.skeleton", skeleton(6, 0.01 * int(name[17:20])))
    return path


def own(
    folder: Path,
    actions: Sequence[str] = ACTIONS,
    names: str = "{label}/{subject}_{}",
    takes: str = "a",
) -> Path:
    """Clips of each action by performers 1 and 2, one for each letter."""
    folder.mkdir(parents=True)
    (folder / "clips.yaml").write_text(SHEET.format(", ".join(actions), names))
    for action in actions:
        (folder / action).mkdir()
        for clip in (f"{who}_{take}.npz" for who in (1, 2) for take in takes):
            np.savez(folder / action / clip, OUTLINE)
    return folder


def features(folder: Path, dataset: str, split: str) -> tuple[Path, Path]:
    """The two folders of SynSE for a split: a clip of each class for each purpose."""
    known = protocols.dataset(dataset)
    for phase in PHASES:
        group = protocols.classes(known, split, phase)
        both = np.sort(np.concatenate((group.seen, group.unseen)))
        labels = {"train": group.seen, "gtest": both, "val": group.seen, "ztest": group.unseen}
        place = folder / f"{split}_{phase}"
        place.mkdir(parents=True)
        pieces = [each for each in PIECES.values() if each.phase == phase]
        for name, label in [(p.features, p.labels) for p in pieces] + [("ztest", "z_label")]:
            np.save(place / f"{name}.npy", np.ones((len(labels[name]), 4), dtype=np.float32))
            np.save(place / f"{label}.npy", labels[name])
        for piece in pieces:
            if piece.logits:
                logits = np.zeros((len(labels[piece.features]), known.count), dtype=np.float32)
                np.save(place / f"{piece.logits}.npy", logits)
    return folder / f"{split}_test", folder / f"{split}_validation"


def clips(folder: Path, dataset: str, split: str) -> Path:
    """The six arrays of SMIE for a split: two training clips, and a test clip, of each class."""
    group = protocols.classes(protocols.dataset(dataset), split, "test")
    folder.mkdir(parents=True)
    for name, some, number in (
        ("seen_train", group.seen, 3),
        ("seen_test", group.seen, 1),
        ("unseen", group.unseen, 1),
    ):
        labels = np.repeat(some, number)
        data = np.tile(OUTLINE.transpose(2, 0, 1)[None, ..., None], (len(labels), 1, 1, 1, 2))
        np.save(folder / f"{name}_data.npy", data.astype(np.float32))
        np.save(folder / f"{name}_label.npy", labels)
    return folder
