"""Steps that decide which moments the clip consists of."""

from dataclasses import replace

import numpy as np

from zsar.data.recording import Damaged
from zsar.data.skeleton import JOINTS
from zsar.preprocess.scene import Count, Joint, Scene, Share, shown, with_frames


def drop_empty_frames(scene: Scene) -> Scene:
    return with_frames(scene, np.flatnonzero(shown(scene.bodies).any(1)))


def crop_centre(scene: Scene, *, frames: Count) -> Scene:
    """The middle of a clip that is longer than so many frames."""
    surplus = max(len(scene.bodies) - frames, 0)
    return with_frames(scene, slice(surplus // 2, surplus // 2 + frames))


def count_frames(scene: Scene, *, joint: Joint) -> Scene:
    """The clip becomes as long as the number of frames that show this joint of the first body."""
    # Trap: a count, used as a prefix: empty frames before the end stay, and the tail is cut.
    length = int(scene.bodies[:, 0, joint].any(1).sum())
    if not length:
        raise Damaged(scene.name, f"no frame shows the {JOINTS[joint]} of the first body")
    return replace(scene, length=length)


def keep_counted(scene: Scene) -> Scene:
    """Without the padding behind the clip."""
    return with_frames(scene, slice(scene.length))


def crop_ends(scene: Scene, *, keep: Share) -> Scene:
    """About this share of the frames, from the middle; the length stays that of the whole."""
    frames = len(scene.bodies)
    bias = int((1 - keep) * frames / 2)
    return replace(with_frames(scene, slice(bias, frames - bias)), length=scene.length)


def repeat(scene: Scene, *, frames: Count) -> Scene:
    """So many frames, in which each body starts over whenever it has left for good."""
    bodies = np.zeros((frames, *scene.bodies.shape[1:]), np.float32)
    ids = np.zeros(bodies.shape[:2], np.int64)
    for slot, here in enumerate(shown(scene.bodies).T):
        order = np.flatnonzero(here)
        if len(order):
            # Trap: gaps inside are closed only for a body that is absent from the first frame.
            cycle = np.arange(order[-1] + 1) if here[0] else order
            turn = cycle[np.arange(frames) % len(cycle)]
            bodies[:, slot], ids[:, slot] = scene.bodies[turn, slot], scene.ids[turn, slot]
    return Scene(scene.name, bodies, ids, min(scene.length, frames))


def pad(scene: Scene, *, frames: Count) -> Scene:
    """So many frames: behind a shorter clip empty ones, of a longer one the first."""
    surplus = [(0, max(frames - len(scene.bodies), 0))]
    bodies = np.pad(scene.bodies[:frames], surplus + 3 * [(0, 0)])
    ids = np.pad(scene.ids[:frames], [*surplus, (0, 0)])
    return Scene(scene.name, bodies, ids, min(scene.length, frames))


def resize(scene: Scene, *, frames: Count) -> Scene:
    """So many frames by linear interpolation: half-pixel centres, clamped ends, no smoothing.

    The same as OpenCV's INTER_LINEAR and torch's bilinear without aligned corners. The length stays
    that of the clip before.
    """
    last = len(scene.bodies) - 1
    centres = (np.arange(frames) + 0.5) * ((last + 1) / frames) - 0.5
    at = centres.clip(0, last)
    lower = at.astype(np.int64)
    weight = (at - lower).astype(np.float32)[:, None, None, None]
    before, after = scene.bodies[lower], scene.bodies[np.minimum(lower + 1, last)]
    nearest = np.rint(at).astype(np.int64)
    return replace(scene, bodies=before + weight * (after - before), ids=scene.ids[nearest])
