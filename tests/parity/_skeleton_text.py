"""A plain reader of NTU skeleton text, slow and obvious."""

from pathlib import Path

import numpy as np

from zsar.data.recording import Recording


def recording(path: Path) -> Recording:
    lines = iter(path.read_text().split("\n"))
    frames = []  # of the bodies of a frame, of id and joints
    for _ in range(int(next(lines))):
        frames.append([])
        for _ in range(int(next(lines))):
            identity = int(next(lines).split()[0])
            joints = [next(lines).split()[:3] for _ in range(int(next(lines)))]
            frames[-1].append((identity, np.array(joints, np.float64)))
    bodies = np.zeros((len(frames), max(map(len, frames)), 25, 3), np.float32)
    ids = np.zeros(bodies.shape[:2], np.int64)
    for frame, present in enumerate(frames):
        for slot, (identity, joints) in enumerate(present):
            bodies[frame, slot], ids[frame, slot] = joints, identity
    return Recording(path.stem, 0, 0, 0, 0, bodies, ids)
