"""Places as the performer has them: sideways, up and forward of the hips, in trunk lengths."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from zsar.kinematics import moments
from zsar.kinematics.moments import Curve, PerClip, When
from zsar.kinematics.timeline import USED, Batch, held

STRIDE = 3  # frames
FACING = 15  # frames over which the direction that somebody faces is averaged
NECK_ABOVE_SHOULDERS = 1.15  # of the way from the hips, where a layout has no such joint
SIDES = ("left", "right")
Path = Float64[np.ndarray, "frame clip xyz"]


class Place(NamedTuple):
    """Of a joint in every frame; `side` is to the performer's right, or to a hand's own side."""

    side: Curve
    up: Curve
    fwd: Curve

    def mirrored(self, sign: PerClip | float) -> "Place":
        return Place(self.side * sign, self.up, self.fwd)

    def minus(self, other: "Place") -> "Place":
        return Place(self.side - other.side, self.up - other.up, self.fwd - other.fwd)

    def velocity(self) -> "Place":
        return Place(*(moments.velocity(each) for each in self))

    @property
    def length(self) -> Curve:
        return moments.length(*self)

    @property
    def way(self) -> Curve:
        """What each frame adds to the length of the path: a part of the next tenth of a second, so
        that a sensor's jitter adds little."""
        ahead = (moments.steps(each, STRIDE) for each in self)
        return moments.length(*ahead) / STRIDE

    def path(self, inside: When) -> PerClip:
        """Its length."""
        return moments.total(self.way, inside)


@dataclass(frozen=True)
class Body:
    """One person in every clip of a batch."""

    batch: Batch

    @property
    def inside(self) -> When:
        return self.batch.inside

    def world(self, joint: str) -> Path:
        return self.batch.joint(joint)

    def middle(self, joint: str) -> Path:
        """Between the left and the right one."""
        return (self.world(f"left_{joint}") + self.world(f"right_{joint}")) / 2

    @cached_property
    def hips(self) -> Path:
        return self.middle("hip")

    @cached_property
    def shoulders(self) -> Path:
        """Between the shoulders, where the neck begins; that lies above the joints of the arms."""
        middle = self.world("spine_shoulder")
        derived = self.batch.derived[:, USED.index("spine_shoulder")]
        raised = np.where(derived, NECK_ABOVE_SHOULDERS, 1.0)[:, None]
        return self.hips + raised * (middle - self.hips)

    @cached_property
    def trunk(self) -> PerClip:
        """Its length in metres, the median."""
        size = distance(self.shoulders, self.hips)
        found = moments.quantile(size, 0.5, self.inside)
        return np.where(found > 1e-3, found, np.nan)

    @cached_property
    def right(self) -> tuple[Curve, Curve]:
        """The horizontal direction to the performer's right, as x and z of length 1."""
        across = sum(
            self.world(f"right_{each}") - self.world(f"left_{each}") for each in ("hip", "shoulder")
        )
        x, z = (held(_running_mean(across[..., axis]), self.inside) for axis in (0, 2))
        size = moments.length(x, z)
        safe = np.where(size > 1e-9, size, 1.0)
        return np.where(size > 1e-9, x / safe, 1.0), np.where(size > 1e-9, z / safe, 0.0)

    @cached_property
    def facing(self) -> Curve:
        """Radians turned since the first frame."""
        x, z = self.right
        return moments.unwrapped(z, x)

    def place(self, point: str | Path) -> Place:
        """Of a joint or of a point in space, relative to the hips."""
        path = self.world(point) if isinstance(point, str) else point
        return self.turned(path - self.hips)

    def turned(self, vector: Path) -> Place:
        """A vector in the performer's directions."""
        scaled = vector / self.trunk[:, None]
        x, z = self.right
        # Forward is up cross right: with y up, right (x, z) has forward (z, -x) behind the sign.
        return Place(
            scaled[..., 0] * x + scaled[..., 2] * z,
            scaled[..., 1],
            scaled[..., 0] * z - scaled[..., 2] * x,
        )

    @cached_property
    def floor(self) -> Curve:
        """The height of the lowest point of the feet, in metres."""
        feet = [self.world(f"{side}_{each}") for side in SIDES for each in ("ankle", "foot")]
        return np.minimum.reduce([each[..., 1] for each in feet])

    def flexion(self, upper: str, joint: str, lower: str) -> Curve:
        """Of an elbow or knee: 0 straight, 1 at 150 degrees."""
        return _angle(
            self.world(joint) - self.world(upper), self.world(lower) - self.world(joint)
        ) / np.radians(150)

    def inclination(self, start: Path, end: Path) -> Curve:
        """Of a line from the vertical, 1 at 90 degrees."""
        line = end - start
        return np.arctan2(moments.length(line[..., 0], line[..., 2]), line[..., 1]) / (np.pi / 2)


def distance(one: Path, other: Path) -> Curve:
    apart = one - other
    return moments.length(apart[..., 0], apart[..., 1], apart[..., 2])


def _angle(one: Path, other: Path) -> Curve:
    dot = one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2]
    cross = moments.length(
        one[..., 1] * other[..., 2] - one[..., 2] * other[..., 1],
        one[..., 2] * other[..., 0] - one[..., 0] * other[..., 2],
        one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0],
    )
    return np.arctan2(cross, dot)


def _running_mean(curve: Curve) -> Curve:
    half = FACING // 2
    padded = np.concatenate([curve[:1]] * half + [curve] + [curve[-1:]] * half)
    found = np.zeros_like(curve)
    for shift in range(FACING):
        found += padded[shift : shift + len(curve)]
    return found / FACING
