"""Maps of features by time and joint, and ways to make one of those of a clip's bodies."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

BodyMaps = Float[Tensor, "clip body dim time joint"]
Maps = Float[Tensor, "clip dim time joint"]


def mean_body(maps: BodyMaps) -> Maps:
    return maps.mean(1)


def scrambled(maps: BodyMaps) -> Maps:
    """As STAR is published: the memory of the maps is read as if the bodies came last."""
    clips, bodies, dim, time, joints = maps.shape
    return maps.reshape(clips, dim, time, joints, bodies).mean(4)


BODIES: dict[str, Callable[[BodyMaps], Maps]] = {"mean": mean_body, "scrambled": scrambled}
