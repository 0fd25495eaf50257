"""NTU skeleton text as the readers of AimCLR and UmURL take it: to the last bit."""

from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

from parity._published import Published
from zsar.data.files.archive import content
from zsar.data.files.ntu_text import scan
from zsar.data.recording import Part
from zsar.preprocess.sequence import SkeletonSequence
from zsar.preprocess.steps import widest_bodies

AXES = (3, 0, 2, 1)  # xyz, frame, joint, body


def check(arrays: Published, note: dict, folder: Path) -> None:
    for number, name in enumerate(sorted(note["files"])):
        coordinates, ids = scan(content(Part(folder / name)), name)
        present = arrays[f"y/bodies_per_frame_{number}"]
        assert_array_equal((ids != 0).sum(1), present)
        assert_array_equal(coordinates.any((2, 3)), ids != 0)
        aimclr, umurl = arrays[f"y/aimclr_{number}"], arrays[f"y/umurl_{number}"]
        energy = arrays[f"y/energy_{number}"]
        assert_array_equal(slots(coordinates, aimclr.shape[-1]).transpose(AXES), aimclr)
        four = slots(coordinates, len(energy))
        spreads = np.array([spread(four[:, slot]) for slot in range(len(energy))])
        arrays.close(spreads, energy, "energy")
        widest = np.argsort(spreads)[::-1][: umurl.shape[-1]]
        assert_array_equal(four[:, widest].transpose(AXES), umurl)
        clip = SkeletonSequence(name, coordinates.astype(np.float32), ids, len(ids))
        kept = widest_bodies(clip, candidates=len(energy), bodies=umurl.shape[-1])
        assert_array_equal(kept.bodies.transpose(AXES), umurl.astype(np.float32))


def slots(coordinates: np.ndarray, count: int) -> np.ndarray:
    """The first bodies, and zeros for those that never come."""
    room = np.zeros((len(coordinates), count, *coordinates.shape[2:]))
    room[:, : coordinates.shape[1]] = coordinates[:, :count]
    return room


def spread(track: np.ndarray) -> float:
    shown = track[track.sum((1, 2)) != 0]
    return float(shown.std((0, 1)).sum()) if len(shown) else 0.0
