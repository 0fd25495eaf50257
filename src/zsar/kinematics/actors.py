"""Who acts in a recording: one or two people, each whole, whatever bodies a sensor made of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from zsar.data.recording import Recording
from zsar.data.skeleton import JOINTS
from zsar.kinematics.timeline import Motion

LEAST = 0.3  # share of the recording's frames that the second person is seen in
WIDE, OFTEN = 0.8, 0.7  # wider than so much of its height in so many frames: furniture
GAP = 1.0  # metres between the end of one body and the beginning of the next, if they are one


@dataclass(frozen=True)
class Track:
    """One body: where it is seen and its joints, zero elsewhere."""

    seen: Bool[np.ndarray, " frame"]
    joints: Float32[np.ndarray, "frame joint xyz"]

    @property
    def frames(self) -> int:
        return int(self.seen.sum())

    @property
    def motion(self) -> float:
        return float(self.joints[self.seen].std(0, dtype=np.float64).sum())

    @property
    def is_furniture(self) -> bool:
        """Flat: also somebody who lies, so it is no reason to drop the only body."""
        if not self.frames:
            return False
        across, up = (np.ptp(self.joints[self.seen, :, axis], axis=1) for axis in (0, 1))
        return float((across > WIDE * up).mean()) > OFTEN

    def continued(self, other: "Track") -> "Track":
        return Track(self.seen | other.seen, self.joints + other.joints)

    def precedes(self, other: "Track") -> bool:
        """Whether the other can be the same person, later."""
        if not self.frames or not other.frames or (self.seen & other.seen).any():
            return False
        last, first = np.flatnonzero(self.seen)[-1], np.flatnonzero(other.seen)[0]
        apart = self.joints[last].mean(0) - other.joints[first].mean(0)
        return bool(last < first and np.sqrt((apart**2).sum()) < GAP)


def motion_of(recording: Recording) -> Motion:
    """The one or two people of a recording, in the order of how long they are seen."""
    tracks = sorted(_joined(_tracks(recording)), key=lambda each: (each.is_furniture, -each.frames))
    people = tracks[:1]
    for track in sorted(tracks[1:], key=lambda each: -each.motion):
        if track.frames >= LEAST * people[0].frames and not track.is_furniture:
            people.append(track)
            break
    bodies = np.stack([each.joints for each in people], axis=1)
    return Motion(bodies, recording.fps, recording.derived)


def _tracks(recording: Recording) -> list[Track]:
    """One for each body id; a slot without a body holds zeros."""
    shown = recording.bodies.any((2, 3)) & (recording.ids != 0)
    found = []
    for body in np.unique(recording.ids[shown]):
        here = shown & (recording.ids == body)
        slot = here.argmax(1)
        seen = here.any(1)
        joints = recording.bodies[np.arange(len(slot)), slot] * seen[:, None, None]
        found.append(Track(seen, joints.astype(np.float32)))
    return found or [_nobody(len(recording.bodies))]


def _nobody(frames: int) -> Track:
    return Track(np.zeros(frames, dtype=bool), np.zeros((frames, len(JOINTS), 3), np.float32))


def _joined(tracks: list[Track]) -> list[Track]:
    """Bodies that follow one another at one place are one person, whom the sensor lost."""
    found: list[Track] = []
    for track in sorted(tracks, key=lambda each: int(each.seen.argmax())):
        for place, before in enumerate(found):
            if before.precedes(track):
                found[place] = before.continued(track)
                break
        else:
            found.append(track)
    return found
