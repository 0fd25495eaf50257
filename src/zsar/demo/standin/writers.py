"""Writers of stand-ins: the archives as distributed, and arrays as public code prepares them."""

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from zsar.atomic import atomic_write
from zsar.data import protocols
from zsar.data.files import feature_folders
from zsar.data.files.arrays import save
from zsar.data.skeleton import CENTRE, JOINTS
from zsar.demo import write
from zsar.demo.config import DemoConfig
from zsar.demo.sessions import ClipName, recording, views
from zsar.demo.standin.motions import random_action, settings
from zsar.demo.standin.plan import CAMERAS, LATE, SIXTY, StandIn, clip_names, trains, videos
from zsar.demo.write import EPOCH
from zsar.errors import UserError

SHORTEST = 0.75  # of the frames of the longest clip
# The archive, the folder in it, and whether it holds the classes of NTU RGB+D 60.
NTU = (
    ("nturgbd_skeletons_s001_to_s017.zip", "nturgb+d_skeletons", True),
    ("nturgbd_skeletons_s018_to_s032.zip", "nturgb+d_skeletons120", False),
)
PKU = ("PKU_Skeleton_Renew", "Train_Label_PKU_final")


def raw(standin: StandIn, folder: Path, notice: dict[str, str]) -> None:
    """The archives of a data set; each of them holds the notice, too."""
    varied = settings(round(SHORTEST * standin.frames), standin.frames, LATE[1])
    {"ntu": _ntu, "pku": _pku}[standin.raw_format](standin, varied, folder, notice)


def _ntu(standin: StandIn, varied: DemoConfig, folder: Path, notice: dict[str, str]) -> None:
    planned = clip_names(standin)

    def members(inside: str, early: bool) -> Iterator[tuple[str, str]]:
        yield from notice.items()
        for clip in planned:
            if (clip.label in SIXTY) == early:
                motion = random_action(clip.label, standin.bodies(clip.label))
                tracks = recording(standin.seed, clip, motion, varied)
                yield f"{inside}/{clip}.skeleton", write.ntu(tracks)

    for name, inside, early in NTU:
        if any((clip.label in SIXTY) == early for clip in planned):
            write.archive(folder / name, members(inside, early))


def _pku(standin: StandIn, varied: DemoConfig, folder: Path, notice: dict[str, str]) -> None:
    taken = [
        video
        for number, labels in videos(standin)
        for video in views(
            standin.seed,
            number,
            [(label, random_action(label, standin.bodies(label))) for label in labels],
            varied,
        )
    ]
    clips, labels = PKU
    bodies = ((f"{clips}/{video.name}.txt", write.pku(video.bodies)) for video in taken)
    lists = ((f"{labels}/{video.name}.txt", write.pku_labels(video.labels)) for video in taken)
    write.archive(folder / f"{clips}.zip", [*notice.items(), *bodies])
    write.archive(folder / f"{labels}.zip", [*notice.items(), *lists])


WIDTH = 256  # of SynSE's features
FEATURES = 61  # of the streams of random numbers, the one that features are drawn from
SPREAD = 2.0  # of the features of a class around its centre; that of the centres is 1
PADDED = 300  # frames of a clip of CTR-GCN

Bodies = Float32[np.ndarray, "frame two joint xyz"]


def smie(standin: StandIn, folder: Path, notice: dict[str, str]) -> None:
    """Clips of equal length in three groups; those of unseen classes are all from the test side."""
    unseen = protocols.classes(standin.dataset, standin.split, "test").unseen
    groups: dict[str, list[tuple[int, Bodies]]] = {"seen_train": [], "seen_test": [], "unseen": []}
    for train, label, bodies in _clips(standin):
        if label not in unseen:
            groups["seen_train" if train else "seen_test"].append((label, bodies))
        elif not train:
            groups["unseen"].append((label, bodies))
    for group, found in groups.items():
        labels, clips = zip(*found, strict=True)
        centred = (bodies - bodies[:, :, [CENTRE]] for bodies in clips)
        save(
            folder / f"{group}_data.npy", np.stack([each.transpose(3, 0, 2, 1) for each in centred])
        )
        save(folder / f"{group}_label.npy", np.array(labels))


def ctrgcn(standin: StandIn, folder: Path, notice: dict[str, str]) -> None:
    """Padded clips and one-hot labels of the cross-subject division."""
    found = list(_clips(standin))
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "test"):
        mine = [(label, clip) for train, label, clip in found if train == (part == "train")]
        padded = np.zeros((len(mine), PADDED, 150), np.float32)
        for row, (_, clip) in zip(padded, mine, strict=True):
            row[: len(clip)] = clip.reshape(len(clip), -1)
        arrays[f"x_{part}"] = padded
        arrays[f"y_{part}"] = np.eye(standin.dataset.count)[[label for label, _ in mine]]
    _save_npz(folder / f"{standin.dataset.name.upper()}_CS.npz", arrays)


def pyskl(standin: StandIn, folder: Path, notice: dict[str, str]) -> None:
    """The pickle of NTU RGB+D, which has clip names with performers and cameras."""
    if standin.raw_format != "ntu":
        raise UserError(f"pyskl has no pickle of {standin.dataset.name}; expected ntu60 or ntu120")
    annotations = []
    for clip in clip_names(standin):
        bodies = _bodies(standin, clip)
        keypoints = bodies[:, : standin.bodies(clip.label)].transpose(1, 0, 2, 3)
        annotations.append(
            {
                "frame_dir": str(clip),
                "label": clip.label,
                "keypoint": np.ascontiguousarray(keypoints, dtype=np.float16),
                "total_frames": len(bodies),
            }
        )
    content = {"split": {}, "annotations": annotations, "notice": "".join(notice.values())}
    with atomic_write(folder / f"{standin.dataset.name}_3danno.pkl") as draft:
        draft.write_bytes(pickle.dumps(content, protocol=4))


def synse(standin: StandIn, folder: Path, notice: dict[str, str]) -> None:
    """Features of both phases: each class is a cloud around a random centre, without skeletons."""
    many = sum(map(trains, range(standin.clips)))
    few = standin.clips - many
    for stream, piece in enumerate(feature_folders.PIECES.values()):
        group = protocols.classes(standin.dataset, standin.split, piece.phase)
        amounts = {
            "train": (group.seen, many),
            "gtest": (np.union1d(group.seen, group.unseen), few),
            "val": (group.seen, few),
            "ztest": (group.unseen, few),
        }
        labels = np.repeat(*amounts[piece.features])
        features = _features(labels, np.random.default_rng((standin.seed, FEATURES, stream)))
        logits = features @ _centres(group.seen).T / WIDTH**0.5
        wide = feature_folders.widened(logits, group.seen, standin.dataset.count)
        _save(folder / piece.phase, piece, feature_folders.EncodedClips(features, labels, wide))
        if piece.features == "gtest":
            rows = np.isin(labels, group.unseen)
            novel = feature_folders.EncodedClips(features[rows], labels[rows], None)
            _save(folder / piece.phase, feature_folders.NOVEL, novel)


def _save(folder: Path, piece: feature_folders.Piece, clips: feature_folders.EncodedClips) -> None:
    save(folder / f"{piece.features}.npy", clips.features)
    save(folder / f"{piece.labels}.npy", clips.labels)
    if piece.logits and clips.logits is not None:
        save(folder / f"{piece.logits}.npy", clips.logits)


def _features(
    labels: Int64[np.ndarray, " clip"], rng: np.random.Generator
) -> Float32[np.ndarray, "clip dim"]:
    away = rng.standard_normal((len(labels), WIDTH), dtype=np.float32)
    return _centres(labels) + np.float32(SPREAD) * away


def _centres(labels: Int64[np.ndarray, " clip"]) -> Float32[np.ndarray, "clip dim"]:
    """The centre of each clip's class, by its number alone."""
    draws = (np.random.default_rng((FEATURES, label)) for label in labels.tolist())
    return np.stack([rng.standard_normal(WIDTH, dtype=np.float32) for rng in draws])


def _clips(standin: StandIn) -> Iterator[tuple[bool, int, Bodies]]:
    """Whether a clip trains, its class, and its bodies."""
    for label in standin.classes:
        for turn in range(standin.clips):
            camera = CAMERAS[turn % len(CAMERAS)]
            clip = ClipName(setup=1, camera=camera, subject=turn, repetition=1, label=label)
            yield trains(turn), label, _bodies(standin, clip)


def _bodies(standin: StandIn, clip: ClipName) -> Bodies:
    """Zeros in the second slot for a single person."""
    motion = random_action(clip.label, standin.bodies(clip.label))
    tracks = recording(
        standin.seed, clip, motion, settings(standin.frames, standin.frames, LATE[1])
    )
    bodies = np.zeros((standin.frames, 2, len(JOINTS), 3), np.float32)
    for place, track in enumerate(tracks):
        bodies[:, place] = track.joints
    return bodies


def _save_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """As numpy does, but with the same bytes at any time."""
    with atomic_write(path) as draft, zipfile.ZipFile(draft, "w") as file:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
