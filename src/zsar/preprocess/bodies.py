"""Steps that decide who is in the clip."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32

from zsar.data.recording import Damaged
from zsar.preprocess.scene import Count, Positive, Scene, Share, shown, with_slots

Track = Float32[np.ndarray, "frame joint xyz"]


def first_bodies(scene: Scene, *, bodies: Count) -> Scene:
    """So many bodies in the order of the file, whatever their ids; missing ones are zeros."""
    return with_slots(scene, list(range(scene.bodies.shape[1]))[:bodies], bodies)


def widest_bodies(scene: Scene, *, candidates: Count, bodies: Count) -> Scene:
    """Of the first candidates those whose coordinates spread most, the widest first."""
    # Trap: the spread is that of the body's extent and place, not of its motion; a ghost may win.
    order = np.argsort([spread(track) for track in _tracks(scene)[:candidates]])[::-1]
    return with_slots(scene, order[:bodies].tolist(), bodies)


def spread(track: Track) -> float:
    """Standard deviation over all frames and joints, summed over the axes; 0 for nobody."""
    return float(track.std((0, 1), dtype=np.float64).sum()) if len(track) else 0.0


def follow_ids(scene: Scene) -> Scene:
    """A slot per body id, in order of appearance."""
    present = shown(scene.bodies) & (scene.ids != 0)
    known, first = np.unique(scene.ids[present], return_index=True)
    bodies = np.zeros((len(present), len(known), *scene.bodies.shape[2:]), np.float32)
    ids = np.zeros(bodies.shape[:2], np.int64)
    for slot, body in enumerate(known[np.argsort(first)]):
        here = present & (scene.ids == body)
        if here.sum(1).max() > 1:
            frame = here.sum(1).argmax()
            raise Damaged(scene.name, f"body {body} appears more than once in frame {frame}")
        # Trap: a body that vanishes and returns has its later frames moved up into the gap.
        start = here.any(1).argmax()
        place = slice(start, start + here.sum())
        bodies[place, slot], ids[place, slot] = scene.bodies[here], body
    return replace(scene, bodies=bodies, ids=ids)


def drop_short(scene: Scene, *, frames: Count) -> Scene:
    """Without bodies that stay for at most so many frames, unless there is only one body."""
    if scene.bodies.shape[1] == 1:
        return scene
    stays = shown(scene.bodies).sum(0)
    return _only(scene, np.flatnonzero(stays > frames).tolist())


def liveliest_first(scene: Scene, *, width: Positive, share: Share) -> Scene:
    """Bodies by falling motion, without those that are mostly wider than `width` of their height.

    A body is dropped where at least this share of its frames is too wide, unless it is the last
    one left; where fewer are, its motion is the smaller of with and without them.
    """
    if scene.bodies.shape[1] < 2:
        return scene
    tracks = _tracks(scene)
    wide = [_too_wide(track, width) for track in tracks]
    left = [slot for slot, frames in enumerate(wide) if frames.mean() < share]
    motion = {
        slot: min(_variance(tracks[slot]), _variance(tracks[slot][~wide[slot]])) for slot in left
    }
    return _only(scene, sorted(left, key=lambda slot: -motion[slot]) or [len(tracks) - 1])


def two_actors(scene: Scene) -> Scene:
    """The first body is one actor; a further one continues an actor that leaves room, or goes."""
    if scene.bodies.shape[1] < 2:
        return scene
    seen = shown(scene.bodies)
    starts = seen.argmax(0)
    ends = starts + seen.sum(0) - 1
    actors = with_slots(scene, [], bodies=2)
    # Trap: the second actor counts as present from frame 0 on, so nobody can stand in before.
    taken = [(starts[0], starts[0]), (0, 0)]
    for slot, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for actor, (since, until) in enumerate(taken):
            if min(until, end) <= max(since, start):
                place = slice(start, end + 1)
                actors.bodies[place, actor] = scene.bodies[place, slot]
                actors.ids[place, actor] = scene.ids[place, slot]
                taken[actor] = (min(since, start), max(until, end))
                break
    return actors


def copy_lone_body(scene: Scene, *, bodies: Count) -> Scene:
    """A body that is alone stands in every slot."""
    alone = scene.bodies.shape[1] == 1
    return with_slots(scene, [0] * bodies, bodies) if alone else scene


def _only(scene: Scene, slots: list[int]) -> Scene:
    return with_slots(scene, slots, len(slots))


def _tracks(scene: Scene) -> list[Track]:
    """Each body in the frames that show it."""
    return [scene.bodies[here, slot] for slot, here in enumerate(shown(scene.bodies).T)]


def _too_wide(track: Track, width: float) -> Bool[np.ndarray, " frame"]:
    across, up = (np.ptp(track[..., axis], axis=1) for axis in (0, 1))
    return across > width * up


def _variance(track: Track) -> float:
    return float(track.var((0, 1), dtype=np.float64).sum()) if len(track) else 0.0
