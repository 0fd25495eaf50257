"""A body whose motion is known: hands, hips and feet go where a test says, in trunk lengths."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from zsar.data.skeleton import JOINTS
from zsar.demo.rig import SIDES, limb
from zsar.kinematics.timeline import Motion

HANGING = (0.45, -0.25, 0.1)
UPPER_ARM, FOREARM, THIGH, SHANK = 0.58, 0.58, 0.84, 0.86  # T, the forearm with the palm
SHOULDERS = 1 / 1.15  # T above the hips: the joints of the arms lie below the beginning of the neck
WRIST = 1 / 1.28  # of the way from the elbow to the hand
Curve = Float[np.ndarray, "frame"]


def seconds(duration: float, fps: float = 30.0) -> Curve:
    return np.arange(round(duration * fps) + 1) / fps


@dataclass(frozen=True)
class Mannequin:
    """Numbers are the same in all frames, arrays one for each; hands are (out, up, fwd) of the
    hips, sideways to their own side."""

    time: Curve
    right_hand: tuple = HANGING
    left_hand: tuple = HANGING
    hips: tuple = (0.0, 0.0, 0.0)  # to the right, up and forward of where it stands
    feet: Mapping[str, tuple] = field(default_factory=dict)  # moved so from where they stand
    lean: Curve | float = 0.0  # forward, in degrees
    tilt: Curve | float = 0.0  # to the right
    twist: Curve | float = 0.0  # of the shoulders, to the left
    yaw: Curve | float = 0.0  # of everything, to the left
    nod: Curve | float = 0.0  # T that the head is forward
    shake: Curve | float = 0.0  # T that it is to the right
    trunk: float = 0.5  # metres
    place: tuple[float, float] = (0.0, 3.0)  # on the floor, before the camera
    towards: float = 0.0  # degrees that everything is turned about the vertical
    fps: float = 30.0

    def but(self, **changes) -> "Mannequin":
        return replace(self, **changes)

    def motion(self) -> Motion:
        return Motion(self.bodies()[:, None].astype(np.float32), self.fps, np.zeros(25, dtype=bool))

    def beside(self, other: "Mannequin") -> Motion:
        """A recording of two."""
        both = np.stack([self.bodies(), other.bodies()], axis=1)
        return Motion(both.astype(np.float32), self.fps, np.zeros(25, dtype=bool))

    def bodies(self) -> Float[np.ndarray, "frame joint xyz"]:
        """In metres, for a camera that the performer faces: right is x, up y, forward -z."""
        frames = len(self.time)

        def points(right, up, fwd) -> np.ndarray:
            each = (np.broadcast_to(np.asarray(v, float), frames) for v in (right, up, fwd))
            return np.stack(list(each), axis=1)

        def turned(vectors: np.ndarray, degrees) -> np.ndarray:
            angle = np.radians(np.broadcast_to(np.asarray(degrees, float), frames))
            right, up, fwd = vectors.T
            return np.stack(
                [
                    right * np.cos(angle) - fwd * np.sin(angle),
                    up,
                    right * np.sin(angle) + fwd * np.cos(angle),
                ],
                axis=1,
            )

        lean, tilt = np.radians(self.lean), np.radians(self.tilt)
        hips = points(*self.hips) + [0, 1.75, 0]
        up = points(np.sin(tilt), np.cos(tilt) * np.cos(lean), np.cos(tilt) * np.sin(lean))
        head = points(self.shake, 0, 0) + points(
            0, -self.nod * np.sin(lean), self.nod * np.cos(lean)
        )
        joints = {
            "spine_base": hips,
            "spine_mid": hips + 0.5 * up,
            "spine_shoulder": hips + up,
            "neck": hips + 1.15 * up,
            "head": hips + 1.4 * up + head,
        }
        for side, sign in SIDES.items():
            hand = getattr(self, f"{side}_hand")
            goal = hips + points(sign * np.asarray(hand[0]), *hand[1:])
            shoulder = hips + SHOULDERS * up + turned(points(sign * 0.36, 0, 0), self.twist)
            pole = points(sign * 0.3, -1, -0.3)
            elbow, _ = limb(shoulder, goal, pole, UPPER_ARM, FOREARM)
            wrist = elbow + WRIST * (goal - elbow)
            hip = hips + points(sign * 0.18, 0, 0)
            ankle = points(sign * 0.22, 0.08, 0) + points(*self.feet.get(side, (0, 0, 0)))
            knee, ankle = limb(hip, ankle, points(0, 0, 1), THIGH, SHANK)
            joints |= {
                f"{side}_shoulder": shoulder,
                f"{side}_elbow": elbow,
                f"{side}_wrist": wrist,
                f"{side}_hand": goal,
                f"{side}_hand_tip": goal,
                f"{side}_thumb": goal,
                f"{side}_hip": hip,
                f"{side}_knee": knee,
                f"{side}_ankle": ankle,
                f"{side}_foot": ankle + points(0, -0.08, 0.25),
            }
        body = np.stack([turned(joints[name], self.yaw) for name in JOINTS], axis=1)
        body = np.stack([turned(each, self.towards) for each in body.swapaxes(0, 1)], axis=1)
        return body * self.trunk * [1, 1, -1] + [self.place[0], -0.2, self.place[1]]
