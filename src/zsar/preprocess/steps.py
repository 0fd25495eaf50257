"""Preprocessing steps: who is in a clip, which frames it has, and where its joints are.

Where published code does something surprising, a step does the same, marked as a trap.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Float32

from zsar.bounds import Count, Positive, Share
from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS
from zsar.preprocess.sequence import (
    Axis,
    Joint,
    SkeletonSequence,
    shown,
    with_frames,
    with_slots,
)

# Who is in the clip.

Track = Float32[np.ndarray, "frame joint xyz"]


def first_bodies(clip: SkeletonSequence, *, bodies: Count) -> SkeletonSequence:
    """The first bodies in the order of the file, whatever their ids; missing ones are zeros."""
    return with_slots(clip, list(range(clip.bodies.shape[1]))[:bodies], bodies)


def widest_bodies(clip: SkeletonSequence, *, candidates: Count, bodies: Count) -> SkeletonSequence:
    """Of the first candidates those whose coordinates spread most, the widest first."""
    # Trap: the spread is that of the body's extent and place, not of its motion, so a spurious body
    # may be chosen.
    order = np.argsort([spread(track) for track in _tracks(clip)[:candidates]])[::-1]
    return with_slots(clip, order[:bodies].tolist(), bodies)


def spread(track: Track) -> float:
    """Standard deviation over all frames and joints, summed over the axes; 0 without frames."""
    return float(track.std((0, 1), dtype=np.float64).sum()) if len(track) else 0.0


def follow_ids(clip: SkeletonSequence) -> SkeletonSequence:
    """A slot per body id, in order of appearance."""
    present = shown(clip.bodies) & (clip.ids != 0)
    known, first = np.unique(clip.ids[present], return_index=True)
    bodies = np.zeros((len(present), len(known), *clip.bodies.shape[2:]), np.float32)
    ids = np.zeros(bodies.shape[:2], np.int64)
    for slot, body in enumerate(known[np.argsort(first)]):
        here = present & (clip.ids == body)
        if here.sum(1).max() > 1:
            frame = here.sum(1).argmax()
            raise Damaged(clip.name, f"body {body} appears more than once in frame {frame}")
        # Trap: a body that vanishes and returns has its later frames moved up into the gap.
        start = here.any(1).argmax()
        place = slice(start, start + here.sum())
        bodies[place, slot], ids[place, slot] = clip.bodies[here], body
    return replace(clip, bodies=bodies, ids=ids)


def drop_short(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """Drop bodies that are present in at most so many frames, unless there is only one body."""
    if clip.bodies.shape[1] == 1:
        return clip
    stays = shown(clip.bodies).sum(0)
    return _only(clip, np.flatnonzero(stays > frames).tolist())


def most_motion_first(clip: SkeletonSequence, *, width: Positive, share: Share) -> SkeletonSequence:
    """Bodies in order of falling motion, without those mostly wider than `width` of their height.

    A body is dropped where at least this share of its frames is too wide, unless it is the last
    one left; where fewer are, its motion is the smaller of with and without them.
    """
    if clip.bodies.shape[1] < 2:
        return clip
    tracks = _tracks(clip)
    wide = [_too_wide(track, width) for track in tracks]
    left = [slot for slot, frames in enumerate(wide) if frames.mean() < share]
    motion = {
        slot: min(_variance(tracks[slot]), _variance(tracks[slot][~wide[slot]])) for slot in left
    }
    return _only(clip, sorted(left, key=lambda slot: -motion[slot]) or [len(tracks) - 1])


def two_actors(clip: SkeletonSequence) -> SkeletonSequence:
    """Two actors: the first body is one, and each further body continues an actor or is dropped."""
    if clip.bodies.shape[1] < 2:
        return clip
    present = shown(clip.bodies)
    starts = present.argmax(0)
    ends = starts + present.sum(0) - 1
    actors = with_slots(clip, [], bodies=2)
    # Trap: the second actor counts as present from frame 0 on, so no body can precede it.
    intervals = [(starts[0], starts[0]), (0, 0)]
    for slot, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for actor, (since, until) in enumerate(intervals):
            if min(until, end) <= max(since, start):
                place = slice(start, end + 1)
                actors.bodies[place, actor] = clip.bodies[place, slot]
                actors.ids[place, actor] = clip.ids[place, slot]
                intervals[actor] = (min(since, start), max(until, end))
                break
    return actors


def copy_lone_body(clip: SkeletonSequence, *, bodies: Count) -> SkeletonSequence:
    """If there is only one body, it is copied into every slot."""
    alone = clip.bodies.shape[1] == 1
    return with_slots(clip, [0] * bodies, bodies) if alone else clip


def _only(clip: SkeletonSequence, slots: list[int]) -> SkeletonSequence:
    return with_slots(clip, slots, len(slots))


def _tracks(clip: SkeletonSequence) -> list[Track]:
    """Each body in the frames that show it."""
    return [clip.bodies[here, slot] for slot, here in enumerate(shown(clip.bodies).T)]


def _too_wide(track: Track, width: float) -> Bool[np.ndarray, " frame"]:
    across, up = (np.ptp(track[..., axis], axis=1) for axis in (0, 1))
    return across > width * up


def _variance(track: Track) -> float:
    return float(track.var((0, 1), dtype=np.float64).sum()) if len(track) else 0.0


# Which frames the clip has.


def drop_empty_frames(clip: SkeletonSequence) -> SkeletonSequence:
    return with_frames(clip, np.flatnonzero(shown(clip.bodies).any(1)))


def crop_centre(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """The middle of a clip that is longer than so many frames."""
    surplus = max(len(clip.bodies) - frames, 0)
    return with_frames(clip, slice(surplus // 2, surplus // 2 + frames))


def count_frames(clip: SkeletonSequence, *, joint: Joint) -> SkeletonSequence:
    """The clip becomes as long as the number of frames that show this joint of the first body."""
    # Trap: a count, used as a prefix: empty frames before the end stay, and the tail is cut.
    length = int(clip.bodies[:, 0, joint].any(1).sum())
    if not length:
        raise Damaged(clip.name, f"no frame shows the {JOINTS[joint]} of the first body")
    return replace(clip, length=length)


def keep_counted(clip: SkeletonSequence) -> SkeletonSequence:
    """Drop the padding behind the clip."""
    return with_frames(clip, slice(clip.length))


def crop_ends(clip: SkeletonSequence, *, keep: Share) -> SkeletonSequence:
    """About this share of the frames, from the middle; the length stays that of all frames."""
    frames = len(clip.bodies)
    bias = int((1 - keep) * frames / 2)
    return replace(with_frames(clip, slice(bias, frames - bias)), length=clip.length)


def repeat(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """So many frames; each body starts again after its last frame."""
    bodies = np.zeros((frames, *clip.bodies.shape[1:]), np.float32)
    ids = np.zeros(bodies.shape[:2], np.int64)
    for slot, here in enumerate(shown(clip.bodies).T):
        order = np.flatnonzero(here)
        if len(order):
            # Trap: gaps inside are closed only for a body that is absent from the first frame.
            cycle = np.arange(order[-1] + 1) if here[0] else order
            turn = cycle[np.arange(frames) % len(cycle)]
            bodies[:, slot], ids[:, slot] = clip.bodies[turn, slot], clip.ids[turn, slot]
    return SkeletonSequence(clip.name, bodies, ids, min(clip.length, frames))


def pad(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """So many frames: behind a shorter clip empty ones, of a longer one the first."""
    surplus = [(0, max(frames - len(clip.bodies), 0))]
    bodies = np.pad(clip.bodies[:frames], surplus + 3 * [(0, 0)])
    ids = np.pad(clip.ids[:frames], [*surplus, (0, 0)])
    return SkeletonSequence(clip.name, bodies, ids, min(clip.length, frames))


def resize(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """So many frames by linear interpolation: half-pixel centres, clamped ends, no smoothing.

    The same as OpenCV's INTER_LINEAR and torch's bilinear without aligned corners. The length stays
    that of the clip before.
    """
    last = len(clip.bodies) - 1
    centres = (np.arange(frames) + 0.5) * ((last + 1) / frames) - 0.5
    at = centres.clip(0, last)
    lower = at.astype(np.int64)
    weight = (at - lower).astype(np.float32)[:, None, None, None]
    before, after = clip.bodies[lower], clip.bodies[np.minimum(lower + 1, last)]
    nearest = np.rint(at).astype(np.int64)
    return replace(clip, bodies=before + weight * (after - before), ids=clip.ids[nearest])


# Where the joints are.


def motion(clip: SkeletonSequence, *, frames: Count) -> SkeletonSequence:
    """From each frame to the next, in a clip that is followed by empty frames up to so many."""
    ahead = np.zeros_like(clip.bodies)
    ahead[:-1] = clip.bodies[1:]
    if len(ahead) >= frames:
        ahead[-1] = clip.bodies[-1]
    # Trap: where bodies come and go, also at the end of the clip, they move from and to the origin.
    return replace(clip, bodies=ahead - clip.bodies)


def centre_each_body(clip: SkeletonSequence, *, joint: Joint) -> SkeletonSequence:
    """Every body relative to its own joint, frame by frame."""
    return replace(clip, bodies=clip.bodies - clip.bodies[:, :, joint, None])


def centre_on_first_body(clip: SkeletonSequence, *, joint: Joint) -> SkeletonSequence:
    """Every body relative to the first body's joint, frame by frame; zero joints stay zero."""
    # Trap: where the first body is absent the others keep their absolute coordinates.
    present = np.logical_or.reduce([clip.bodies[..., axis] != 0 for axis in range(3)])
    moved = clip.bodies - clip.bodies[:, :1, joint, None]
    return replace(clip, bodies=moved * present[..., None])


def centre_on_start(clip: SkeletonSequence, *, joint: Joint) -> SkeletonSequence:
    """Relative to the first body's joint in the first frame with it; absent bodies stay zero."""
    present = shown(clip.bodies)
    origin = clip.bodies[present[:, 0].argmax(), 0, joint]
    return replace(clip, bodies=(clip.bodies - origin) * present[..., None, None])


def face_forward(
    clip: SkeletonSequence, *, left: Joint, right: Joint, softening: Positive
) -> SkeletonSequence:
    """Turn every body in every frame about y until the line from left to right lies along x."""
    across = clip.bodies[:, :, right] - clip.bodies[:, :, left]
    cosine = across[..., 0] / (np.hypot(across[..., 0], across[..., 2]) + np.float32(softening))
    # Trap: a body is turned in one direction in all frames, which is right for most of them.
    sign = np.where(across[..., 2].sum(0) >= 0, np.float32(-1), np.float32(1))
    sine = sign * np.sqrt(np.maximum(1 - cosine**2, 0))
    cosine, sine = cosine[..., None], sine[..., None]
    x, y, z = np.moveaxis(clip.bodies, 3, 0)
    return replace(clip, bodies=np.stack([cosine * x - sine * z, y, sine * x + cosine * z], axis=3))


def align_bone(clip: SkeletonSequence, *, start: Joint, end: Joint, axis: Axis) -> SkeletonSequence:
    """Turn the whole clip until the first body's bone lies along the axis in the first frame."""
    bone = clip.bodies[0, 0, end] - clip.bodies[0, 0, start]
    turn = _rotation(bone.astype(np.float64), np.eye(3)[axis]).astype(np.float32)
    return replace(clip, bodies=clip.bodies @ turn.T)


def _rotation(
    vector: Float[np.ndarray, " xyz"], onto: Float[np.ndarray, " xyz"]
) -> Float[np.ndarray, "xyz xyz"]:
    """The shortest turn from one direction to another; none where the two are parallel."""
    # Trap: that leaves a bone as it is which points exactly the opposite way.
    normal = np.cross(vector, onto)
    sine, cosine = np.linalg.norm(normal), vector @ onto
    if sine == 0:
        return np.eye(3)
    x, y, z = normal / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.arctan2(sine, cosine)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
