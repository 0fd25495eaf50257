"""Random augmentation of clips on the device, a batch at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from zsar.bounds import Amount, Share

Skeletons = Float[Tensor, "clip xyz frame joint body"]


@dataclass(frozen=True)
class AugmentationConfig:
    """A body that is absent, all zeros, stays absent."""

    least_share: Share  # of its frames that a crop keeps; 1: no crop
    rotation: Amount  # largest angle about each axis in radians; 0: no rotation
    shear: Amount  # largest off-diagonal entry of the shear; 0: no shear


def augment(skeletons: Skeletons, settings: AugmentationConfig) -> Skeletons:
    if settings.least_share < 1:
        skeletons = cropped(skeletons, settings.least_share)
    if settings.rotation > 0:
        skeletons = transformed(
            rotations(len(skeletons), settings.rotation, skeletons.device), skeletons
        )
    if settings.shear > 0:
        skeletons = transformed(shears(len(skeletons), settings.shear, skeletons.device), skeletons)
    return skeletons


def cropped(skeletons: Skeletons, least_share: float) -> Skeletons:
    """A random run of frames of each clip, resampled to the length of the clip."""
    share, place = torch.rand(2, len(skeletons), 1, device=skeletons.device)
    frames = skeletons.shape[2]
    kept = frames * (least_share + (1 - least_share) * share)
    start = place * (frames - kept)
    return resampled(skeletons, start + _middles(frames, kept))


def stretched(
    skeletons: Float[Tensor, "clip xyz frame joint body"], frames: int
) -> Float[Tensor, "clip xyz later joint body"]:
    """Each clip resampled to `frames`, from its first frame to its last."""
    if skeletons.shape[2] == frames:
        return skeletons
    kept = skeletons.new_full((len(skeletons), 1), skeletons.shape[2])
    return resampled(skeletons, _middles(frames, kept))


def _middles(frames: int, kept: Float[Tensor, "clip 1"]) -> Float[Tensor, "clip later"]:
    """Where the middles of so many frames lie among those that are kept."""
    return (torch.arange(frames, device=kept.device) + 0.5) * kept / frames - 0.5


def resampled(
    skeletons: Float[Tensor, "clip xyz frame joint body"], places: Float[Tensor, "clip later"]
) -> Float[Tensor, "clip xyz later joint body"]:
    """Each clip at positions between its frames, interpolated; clamped at its ends."""
    places = places.clamp(0, skeletons.shape[2] - 1)
    before = places.long()
    after = (before + 1).clamp(max=skeletons.shape[2] - 1)
    shape = (-1, skeletons.shape[1], -1, *skeletons.shape[3:])
    first, second = (
        skeletons.gather(2, index[:, None, :, None, None].expand(shape))
        for index in (before, after)
    )
    return first.lerp(second, (places - before)[:, None, :, None, None])


def transformed(maps: Float[Tensor, "clip new xyz"], skeletons: Skeletons) -> Skeletons:
    return torch.matmul(maps, skeletons.flatten(2)).view_as(skeletons)


def rotations(clips: int, largest: float, device: torch.device) -> Float[Tensor, "clip new xyz"]:
    """A rotation about x, then y, then z, by uniform angles up to the largest."""
    angles = largest * (2 * torch.rand(3, clips, device=device) - 1)
    x, y, z = (_turn(angle, axis) for axis, angle in enumerate(angles))
    return z @ y @ x


def shears(clips: int, largest: float, device: torch.device) -> Float[Tensor, "clip new xyz"]:
    lean = largest * (2 * torch.rand(clips, 3, 3, device=device) - 1)
    same = torch.eye(3, device=device)
    return torch.where(same > 0, same, lean)


def _turn(angles: Float[Tensor, " clip"], axis: int) -> Float[Tensor, "clip new xyz"]:
    turn = torch.eye(3, device=angles.device).repeat(len(angles), 1, 1)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    turn[:, one, one] = turn[:, two, two] = angles.cos()
    turn[:, two, one] = angles.sin()
    turn[:, one, two] = -angles.sin()
    return turn
