"""What a network is shown of a skeleton: its joints, its bones, or the motion of either."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.data.skeleton import BONES

Skeletons = Float[Tensor, "clip xyz frame joint body"]


def joint(skeletons: Skeletons) -> Skeletons:
    return skeletons


def bone(skeletons: Skeletons) -> Skeletons:
    """Every joint minus its parent; the joint all others grow from has no bone and stays zero."""
    children, parents = torch.tensor(BONES, device=skeletons.device).T
    bones = torch.zeros_like(skeletons)
    bones[:, :, :, children] = skeletons[:, :, :, children] - skeletons[:, :, :, parents]
    return bones


def motion(skeletons: Skeletons) -> Skeletons:
    """The next frame minus this one; the last frame has no next and stays zero."""
    moved = torch.zeros_like(skeletons)
    moved[:, :, :-1] = skeletons[:, :, 1:] - skeletons[:, :, :-1]
    return moved


def bone_motion(skeletons: Skeletons) -> Skeletons:
    return motion(bone(skeletons))


STREAMS: dict[str, Callable[[Skeletons], Skeletons]] = {
    "joint": joint,
    "bone": bone,
    "motion": motion,
    "bone_motion": bone_motion,
}
