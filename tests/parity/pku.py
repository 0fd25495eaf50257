"""PKU-MMD videos, cut into clips of 50 frames."""

from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

from parity._published import Published
from parity._variants import lengths, prepared, skeletons
from zsar.data.recording import Recording


def check(arrays: Published, note: dict, folder: Path) -> None:
    clips = {clip.name: clip for path in folder.glob("pku_raw_*.txt") for clip in cut(path)}
    assert sorted(clips) == arrays["y/names"].tolist()
    clips = [clips[name] for name in arrays["y/names"].tolist()]
    labels = np.array([clip.label for clip in clips])
    assert_array_equal(labels, arrays["y/label"])
    assert_array_equal(labels - labels.min(), arrays["y/label_as_published"])
    whole = prepared(clips, "smie50", until="first_bodies")
    assert [clip.length for clip in whole] == arrays["y/frames"].tolist()
    for clip, ours in zip(clips, whole, strict=True):
        assert_array_equal(ours.skeletons, arrays[f"y/clip_{clip.name}"].astype(np.float32))
    assert lengths(clips, "smie50") == arrays["y/length"].tolist()
    arrays.close(skeletons(clips, "smie50"), arrays["y/position"], "50-frame")
    arrays.close(skeletons(clips, "smie50_motion"), arrays["y/motion"], "50-frame")


def cut(path: Path) -> list[Recording]:
    """The clips of a video, as the label file beside it says."""
    video, view = path.stem.removeprefix("pku_raw_").split("-")
    rows = np.loadtxt(path).reshape(-1, 2, 25, 3).astype(np.float32)
    labels = np.loadtxt(
        path.with_name(f"pku_label_{video}-{view}.txt"), delimiter=",", dtype=int, ndmin=2
    )
    clips = []
    for number, (label, start, end, _) in enumerate(labels, start=1):
        bodies = rows[start - 1 : end]
        ids = np.where(bodies.any((2, 3)), [1, 2], 0)
        name = f"F{int(video):03}V{'LMR'.index(view) + 1:03}C{label:03}L{number:03}"
        clips.append(Recording(name, int(label) - 1, 0, 0, 0, bodies, ids))
    return clips
