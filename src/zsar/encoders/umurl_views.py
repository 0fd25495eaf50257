"""Augmented views of clips, sampled and computed on the device, a batch at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from zsar.bounds import Frames, Probability, Share, Whole
from zsar.data.skeleton import JOINTS

FrameMajor = Float[Tensor, "clip frame body joint xyz"]  # views are contiguous runs of frames
View = Float[Tensor, "view moment body joint xyz"]


@dataclass(frozen=True)
class ViewConfig:
    least_share: Share  # of a clip that a crop keeps
    least_frames: Frames  # that a crop keeps, if the clip has so many
    corruption: Probability  # chance that joints are corrupted; a view without is sheared
    joints: Whole  # that are corrupted
    zeroing: Probability  # chance that corrupted joints are zeroed, not transformed at random


@dataclass(frozen=True)
class ViewSample:
    """The random choices of each view: its first frame, its length, the transform of each joint."""

    start: Int[Tensor, " view"]
    count: Int[Tensor, " view"]
    warp: Float[Tensor, "view joint xyz xyz"]

    def __getitem__(self, views: Int[Tensor, " some"]) -> "ViewSample":
        return ViewSample(self.start[views], self.count[views], self.warp[views])


def to_frame_major(skeletons: Float[Tensor, "clip xyz frame joint body"]) -> FrameMajor:
    return skeletons.permute(0, 2, 4, 3, 1).contiguous()


def lengths(clips: FrameMajor) -> Int[Tensor, " clip"]:
    """The number of frames up to the last one with a body; 1 for a clip without any."""
    shown = (clips != 0).flatten(2).any(2)
    places = torch.arange(1, clips.shape[1] + 1, device=clips.device)
    return (shown * places).amax(1).clamp(min=1)


def sample_views(length: Int[Tensor, " view"], config: ViewConfig) -> ViewSample:
    """A sample for each view, independent of all others; `length` is that of its clip."""
    start, count = crops(length, config)
    return ViewSample(start, count, joint_transforms(len(length), config, length.device))


def crops(
    length: Int[Tensor, " view"], config: ViewConfig
) -> tuple[Int[Tensor, " view"], Int[Tensor, " view"]]:
    """Where each view begins, and how many frames it covers."""
    share, place = torch.rand(2, len(length), device=length.device)
    share = config.least_share + (1 - config.least_share) * share
    count = (share * length).long().clamp(min=config.least_frames).minimum(length)
    spare = length - count
    return (place * (spare + 1)).long().minimum(spare), count


def joint_transforms(
    views: int, config: ViewConfig, device: torch.device
) -> Float[Tensor, "view joint xyz xyz"]:
    """The matrix that each joint of a view is multiplied with.

    Some joints are corrupted, all of them by one matrix, or all joints are sheared.
    """
    corrupted, hidden = torch.rand(2, views, 1, 1, 1, device=device)
    ranks = torch.rand(views, len(JOINTS), device=device).argsort(1)
    chosen = (ranks < config.joints)[..., None, None]
    scramble, shear = 2 * torch.rand(2, views, 1, 3, 3, device=device) - 1
    same = torch.eye(3, device=device)
    scramble = torch.where(hidden < config.zeroing, 0.0, scramble)
    shear = torch.where(same > 0, 1.0, shear)
    return torch.where(corrupted < config.corruption, torch.where(chosen, scramble, same), shear)


def apply_views(
    clips: FrameMajor, rows: Int[Tensor, " view"], sample: ViewSample, frames: int
) -> View:
    """The sampled views of these rows, each resampled to `frames`."""
    resized = stretched(clips, rows, sample.start, sample.count, frames)
    warp = sample.warp[:, None, None]
    # A sum of three products is as fast as memory; a batch of tiny matrix products is not.
    along, up, away = (resized[..., axis, None] * warp[..., axis] for axis in range(3))
    return along + up + away


def whole_clips(clips: FrameMajor, frames: int) -> View:
    """Each clip from its first frame to its last, resampled to `frames`."""
    rows = torch.arange(len(clips), device=clips.device)
    return stretched(clips, rows, torch.zeros_like(rows), lengths(clips), frames)


def stretched(
    clips: FrameMajor,
    rows: Int[Tensor, " view"],
    start: Int[Tensor, " view"],
    count: Int[Tensor, " view"],
    frames: int,
) -> View:
    """Parts of clips by linear interpolation between frames: half-pixel centres, clamped ends."""
    last = (count - 1)[:, None]
    place = (torch.arange(frames, device=clips.device) + 0.5) * (count[:, None] / frames) - 0.5
    place = place.clamp(min=0).minimum(last)
    before = place.long()
    after = (before + 1).minimum(last)
    origin = (rows * clips.shape[1] + start)[:, None]
    flat = clips.flatten(0, 1)
    weight = (place - before)[..., None, None, None]
    return torch.lerp(flat[origin + before], flat[origin + after], weight)
