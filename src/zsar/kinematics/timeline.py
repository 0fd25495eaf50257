"""Recordings of any frame rate as one batch in equal steps of time, time first.

Frames come first so that sums over time add frame after frame: a clip's numbers do not depend on
the clips that it is measured beside, nor on the processor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from zsar.data.skeleton import JOINTS

RATE = 30.0  # frames per second that everything is measured at
USED = (  # the joints that are measured
    *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot"),
    *("right_hip", "right_knee", "right_ankle", "right_foot"),
    *("head", "spine_shoulder"),
)
COLUMNS = np.array([JOINTS.index(joint) for joint in USED])
SMOOTHING = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


@dataclass(frozen=True)
class Motion:
    """A recording before it is measured; an absent body holds zeros, an unseen joint as well."""

    bodies: Float[np.ndarray, "frame body joint xyz"]  # the 25 joints, metres, y up
    fps: float  # NaN if nobody knows
    derived: Bool[np.ndarray, " joint"]  # computed from other joints


@dataclass(frozen=True)
class Batch:
    """One body of each clip; after the end of a clip its last frame is repeated."""

    joints: Float64[np.ndarray, "frame clip used xyz"]
    inside: Bool[np.ndarray, "frame clip"]
    derived: Bool[np.ndarray, "clip used"]

    def joint(self, name: str) -> Float64[np.ndarray, "frame clip xyz"]:
        return self.joints[:, :, USED.index(name)]


def shows(motion: Motion, body: int) -> bool:
    """Whether a body of this number is there at all."""
    return bool(_shown(motion, body).any())


def batch(motions: Sequence[Motion], body: int) -> Batch:
    """This body of each clip; a clip begins with the first frame that shows a body and ends with
    the last."""
    spans = [_span(each) for each in motions]
    counts = np.array([samples for _, samples in spans])
    inside = np.arange(counts.max())[:, None] < counts
    joints = held(_smoothed(_resampled(motions, spans, body, int(counts.max()))), inside)
    return Batch(joints, inside, np.array([each.derived[COLUMNS] for each in motions]))


def held(
    values: Float64[np.ndarray, "frame clip *rest"], inside: Bool[np.ndarray, "frame clip"]
) -> Float64[np.ndarray, "frame clip *rest"]:
    """After the end of a clip its last value again: a mean over moments carries on into what fills
    up the batch, and would depend on how much of that there is."""
    last = inside.sum(0) - 1
    ended = ~inside
    clips = np.nonzero(ended)[1]
    found = values.copy()
    found[ended] = values[last[clips], clips]
    return found


def _shown(motion: Motion, body: int) -> Bool[np.ndarray, " frame"]:
    if body >= motion.bodies.shape[1]:
        return np.zeros(len(motion.bodies), dtype=bool)
    return np.asarray(motion.bodies[:, body].any((1, 2)))


def _rate(motion: Motion) -> float:
    return motion.fps if motion.fps > 0 else RATE


def _span(motion: Motion) -> tuple[float, int]:
    """When a clip begins, in seconds, and how many samples it has."""
    shown = np.flatnonzero(motion.bodies.any((1, 2, 3)))
    if not len(shown):
        return 0.0, 1
    first, last = shown[[0, -1]] / _rate(motion)
    return float(first), int((last - first) * RATE + 1e-6) + 1


def _resampled(
    motions: Sequence[Motion], spans: Sequence[tuple[float, int]], body: int, frames: int
) -> Float64[np.ndarray, "frame clip used xyz"]:
    """By linear interpolation between the frames that show the body, held before and after."""
    before = np.empty((frames, len(motions)), np.int64)
    weight = np.empty((frames, len(motions)))
    tracks, start = [], 0
    for column, (motion, (begin, samples)) in enumerate(zip(motions, spans, strict=True)):
        times, track = _track(motion, body)
        at = begin + np.minimum(np.arange(frames), samples - 1) / RATE
        lower, share = _between(times, at)
        before[:, column], weight[:, column] = start + lower, share
        tracks += [track, track[-1:]]  # the last frame twice: there is one after each
        start += len(track) + 1
    everything = np.concatenate(tracks)
    found = everything[before]
    found += weight[:, :, None, None] * (everything[before + 1] - found)
    return found


def _between(
    times: Float64[np.ndarray, " n"], at: Float64[np.ndarray, " frame"]
) -> tuple[Int64[np.ndarray, " frame"], Float64[np.ndarray, " frame"]]:
    """The last of the times that is not after each moment, and the share of the way to the next."""
    if len(times) == 1:
        return np.zeros(len(at), np.int64), np.zeros(len(at))
    lower = np.clip(np.searchsorted(times, at + 1e-9, "right") - 1, 0, len(times) - 2)
    share = (at - times[lower]) / (times[lower + 1] - times[lower])
    return lower, np.clip(share, 0, 1)


def _track(
    motion: Motion, body: int
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n used xyz"]]:
    """The frames that show a body; NaN for a joint that no frame shows."""
    shown = np.flatnonzero(_shown(motion, body))
    if not len(shown):
        return np.zeros(1), np.full((1, len(USED), 3), np.nan)
    track = motion.bodies[shown, body][:, COLUMNS].astype(np.float64)
    unseen = ~track.any(2)
    for joint in np.flatnonzero(unseen.any(0)):
        track[:, joint] = _bridged(track[:, joint], unseen[:, joint])
    return shown / _rate(motion), track


def _bridged(
    path: Float64[np.ndarray, "n xyz"], unseen: Bool[np.ndarray, " n"]
) -> Float64[np.ndarray, "n xyz"]:
    """A joint's path with straight lines where it was not seen."""
    if unseen.all():
        return np.full_like(path, np.nan)
    every, seen = np.arange(len(path)), np.flatnonzero(~unseen)
    return np.stack([np.interp(every, seen, path[seen, axis]) for axis in range(3)], axis=1)


def _smoothed(joints: Float64[np.ndarray, "frame clip used xyz"]) -> np.ndarray:
    """Against a sensor's jitter, over a sixth of a second."""
    half = len(SMOOTHING) // 2
    padded = np.concatenate([joints[:1]] * half + [joints] + [joints[-1:]] * half)
    found = np.zeros_like(joints)
    for shift, weight in enumerate(SMOOTHING):
        found += weight * padded[shift : shift + len(joints)]
    return found
